"""Results as DICOM: each kind asked for is made or says why not, with no name in file names."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from streamlit.testing.v1 import AppTest

from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.reading import read_scan
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Prediction
from brainscan.inference.release import Release
from brainscan.reporting.dicom import Findings
from brainscan.ui.dicom_results import CHOICES, make
from tests.imaging import patient
from tests.pages.fake_model import FakeClassifier, list_fake_models

RELEASE: Release = list_fake_models()[0]


def _dicom(pixels: np.ndarray) -> Scan:
    dataset = patient.header(InstanceNumber=1, StudyID="1", SeriesNumber=2)
    dataset.ImagePositionPatient = [0, 0, 0]
    dataset.ImageOrientationPatient = list(patient.AXIAL)
    dataset.PixelSpacing, dataset.SliceThickness = [1.0, 1.0], 5
    dataset.FrameOfReferenceUID = "1.2.3.4.6"
    return read_scan(patient.to_bytes(patient.with_pixels(dataset, pixels)), name="Doe.dcm")


def _answer(scan: Scan) -> Prediction:
    return FakeClassifier("resnet50").predict(scan)


def _lesion(kind: str) -> np.ndarray:
    return phantom_slice(13, lesion=kind).pixels.astype(np.uint16) * 10  # type: ignore[arg-type]


def _findings(scan: Scan) -> Callable[[], Findings]:
    return lambda: Findings.of_slice(scan, _answer(scan), release=RELEASE)


def test_every_kind_asked_for_is_made() -> None:
    scan = _dicom(_lesion("meningioma"))
    made = make(_findings(scan), CHOICES, "key")
    assert made.refusals == ()
    found = {pydicom.dcmread(io.BytesIO(data)).Modality for _, _, data in made.files}
    assert [label for label, _, _ in made.files] == list(CHOICES.values())
    assert found == {"OT", "SR", "SEG", "RTSTRUCT"} and len(made.files) == 5
    names = " ".join(name for _, name, _ in made.files)
    assert not [secret for secret in patient.SECRETS if secret in names + repr(made)]


def _interrupted() -> None:
    import streamlit as st

    from brainscan.ui.dicom_results import panel
    from tests.ui.test_dicom_results import _dicom, _findings, _lesion

    def findings() -> object:
        st.session_state["tries"] = st.session_state.get("tries", 0) + 1
        if st.session_state["tries"] == 1:
            st.rerun()  # as when the reader touches something else meanwhile
        return _findings(_dicom(_lesion("meningioma")))()

    panel(findings, "key", page="slice", archive="results.zip")  # type: ignore[arg-type]


def test_what_was_asked_for_is_made_even_if_the_run_is_cut_off() -> None:
    app = AppTest.from_function(_interrupted, default_timeout=60).run()
    app.button(key="slice_make").click().run()
    assert app.session_state["tries"] == 2
    assert [label for label, _, _ in app.session_state["slice_made"].files] == ["Picture", "Report"]
    app.run()
    assert app.session_state["tries"] == 2  # and once only


def test_what_cannot_be_made_keeps_nothing_else_from_it() -> None:
    scan = _dicom(_lesion("none"))
    made = make(_findings(scan), ["seg", "sr"], "key")
    assert [name.endswith("-sr.dcm") for _, name, _ in made.files] == [True]
    assert len(made.refusals) == 1 and made.refusals[0].endswith(".")


@pytest.mark.parametrize("kinds", [["sr"], ["sc", "seg"]])
def test_a_picture_that_is_no_dicom_says_so(kinds: list[str]) -> None:
    scan = read_scan(phantom_png(phantom_slice(13, lesion="meningioma")), name=str(Path("a.png")))
    made = make(_findings(scan), kinds, "key")
    assert made.files == () and len(made.refusals) == 1
