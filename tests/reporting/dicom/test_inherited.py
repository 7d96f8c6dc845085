"""Patient and study come from the source, whatever state it is in."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID

from brainscan.imaging.dicom import read_dicom_scan
from brainscan.reporting.dicom import KINDS, Findings, make_results, structured_report
from tests.imaging import patient
from tests.reporting.dicom import answers, sources
from tests.reporting.dicom.sources import Phantom


def results(path: Path) -> tuple[list[Dataset], Findings]:
    """Make every kind of result of a series."""
    volume = sources.volume_of(path)
    mask = volume.voxels >= 0.7 * volume.voxels.max()
    findings = Findings.of_volume(volume, answers.volume_prediction(volume, keys=1, mask=mask))
    files = [file for kind in KINDS for file in make_results(findings, kind)]
    assert len(files) == 5
    return [sources.opened(file) for file in files], findings


def test_patient_and_study_are_those_of_the_source(tmp_path: Path) -> None:
    path = sources.series(
        tmp_path, PatientAge="063Y", PatientWeight="71.5", StudyDescription="Head"
    )
    source = pydicom.dcmread(next(path.iterdir()))
    made, findings = results(path)
    for one in made:
        for keyword in (
            "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PatientAge",
            "PatientWeight", "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID",
            "StudyDescription", "AccessionNumber", "ReferringPhysicianName",
        ):  # fmt: skip
            assert one[keyword].value == source[keyword].value, keyword
        assert one.SpecificCharacterSet == "ISO_IR 192"
    assert findings.warnings == ()


def test_each_kind_is_a_new_series_made_by_brainscan(phantom: Phantom) -> None:
    path = phantom()
    images = sources.stored_images(path)
    made, _ = results(path)
    assert len({one.SeriesInstanceUID for one in made}) == 5
    assert [int(one.SeriesNumber) for one in made] == [491, 492, 493, 494, 495]
    for one in made:
        for uid in (one.SeriesInstanceUID, one.SOPInstanceUID):
            assert uid.startswith("2.25.") and UID(uid).is_valid
        assert one.SeriesInstanceUID not in {image.SeriesInstanceUID for image in images.values()}
        assert one.Manufacturer == "BrainScan"
        assert one.ManufacturerModelName == answers.MODEL
        assert one.SoftwareVersions[0].startswith("BrainScan ")
        assert one.DeviceSerialNumber == "unknown"  # no release of this name is at hand
        acquired = one.ContributingEquipmentSequence[0]
        assert acquired.PurposeOfReferenceCodeSequence[0].CodeMeaning == "Acquisition Equipment"
        assert (acquired.Manufacturer, acquired.ManufacturerModelName) == (
            "Phantom Works",
            "Marker 3000",
        )


BROKEN = {
    "PatientBirthDate": ("1961.02.03", ""),
    "StudyDate": ("20241340", ""),
    "StudyTime": ("10:11", ""),
    "PatientSex": ("FEMALE", ""),
    "PatientAge": ("63", None),
    "PatientWeight": ("-1", None),
    "PatientName": ("Doe", "Doe"),
    "PatientID": (None, ""),
    "StudyID": ("a much longer number than allowed", "a much longer number than allowed"),
}
UNUSUAL = {
    "PatientName": ("Müller^Jörg", "Müller^Jörg"),
    "StudyTime": ("101112.123456", "101112.123456"),
    "PatientSex": ("m", "M"),
    "PatientBirthDate": (None, ""),
    "ReferringPhysicianName": (None, ""),
    "StudyDescription": ("long " * 20, ("long " * 20)[:64].strip()),
}


@pytest.mark.parametrize("values", [BROKEN, UNUSUAL], ids=["broken", "unusual"])
def test_broken_values_are_left_out_never_repaired(tmp_path: Path, values: dict) -> None:
    stated = {keyword: value for keyword, (value, _) in values.items()}
    made, _ = results(sources.series(tmp_path, SpecificCharacterSet="ISO_IR 100", **stated))
    for one in made:
        for keyword, (_, expected) in values.items():
            found = one.get(keyword)
            assert (found if expected is None else str(found or "")) == expected, keyword


def test_names_in_other_scripts(tmp_path: Path) -> None:
    name = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    path = sources.series(
        tmp_path,
        PatientName=name,
        SpecificCharacterSet=["", "ISO 2022 IR 87"],
    )
    for one in results(path)[0]:
        assert str(one.PatientName) == name


def test_images_without_study_and_patient(tmp_path: Path) -> None:
    path = sources.series(tmp_path, StudyInstanceUID=None, PatientID=None, SeriesNumber=None)
    made, findings = results(path)
    assert len({one.StudyInstanceUID for one in made}) == 1
    assert made[0].StudyInstanceUID.startswith("2.25.")
    assert any("which study they belong to" in one for one in findings.warnings)
    assert any("no patient ID" in one for one in findings.warnings)
    assert [int(one.SeriesNumber) for one in made] == [91, 92, 93, 94, 95]


def test_an_image_without_series(tmp_path: Path) -> None:
    path = sources.series(tmp_path, SeriesInstanceUID=None)
    scan = read_dicom_scan(next(path.iterdir()))
    findings = Findings.of_slice(scan, answers.prediction(scan))
    assert any("which series they belong to" in one for one in findings.warnings)
    made = sources.opened(structured_report(findings))
    [study] = made.CurrentRequestedProcedureEvidenceSequence
    [series] = study.ReferencedSeriesSequence
    assert series.SeriesInstanceUID.startswith("2.25.")
    assert series.SeriesInstanceUID != made.SeriesInstanceUID


def test_a_scanner_that_is_not_named(tmp_path: Path) -> None:
    for one in results(sources.series(tmp_path, Manufacturer=None))[0]:
        purposes = [
            item.PurposeOfReferenceCodeSequence[0].CodeMeaning
            for item in one.get("ContributingEquipmentSequence", ())
        ]
        assert "Acquisition Equipment" not in purposes


@pytest.mark.parametrize("codes", [False, True])
def test_deidentified_images_stay_marked_as_such(tmp_path: Path, codes: bool) -> None:
    facts: dict[str, Any] = {"PatientIdentityRemoved": "YES"}
    if codes:
        code = Dataset()
        code.CodeValue, code.CodingSchemeDesignator = "113100", "DCM"
        code.CodeMeaning = "Basic Application Confidentiality Profile"
        facts["DeidentificationMethodCodeSequence"] = [code]
    for one in results(sources.series(tmp_path, **facts))[0]:
        assert one.PatientIdentityRemoved == "YES"
        if codes:
            assert one.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
        else:
            assert one.DeidentificationMethod == "Not stated in the source images"


def test_nothing_of_the_patient_is_logged_or_warned_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    path = sources.series(tmp_path, PatientName="Secretia", PatientBirthDate="1961.02.03")
    with caplog.at_level(logging.DEBUG):
        results(path)
    said = caplog.text + "".join(str(one.message) for one in recwarn)
    # The year alone also stands in one of many random UIDs.
    born = ("1961.02.03", "19610203", "1961-02-03")
    assert not any(secret in said for secret in (*patient.SECRETS, *born))
