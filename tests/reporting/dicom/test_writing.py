"""Results on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from brainscan.errors import BrainScanError
from brainscan.reporting.dicom import KINDS, Findings, make_results, write_results
from tests.imaging import patient
from tests.reporting.dicom import answers, sources
from tests.reporting.dicom.sources import Phantom


@pytest.fixture
def findings(phantom: Phantom) -> Findings:
    volume = sources.volume_of(phantom())
    mask = volume.voxels >= 0.7 * volume.voxels.max()
    return Findings.of_volume(volume, answers.volume_prediction(volume, mask=mask))


def test_names_carry_no_identity(tmp_path: Path, findings: Findings) -> None:
    written = write_results(tmp_path / "a" / "b", findings, KINDS)
    digest = findings.answer.sha256[:12]
    assert [path.name for path in written.paths] == [
        f"brainscan-{digest}-{rest}.dcm"
        for rest in ("sc-01", "sc-02", "sr", "seg", "evidence", "rtstruct")
    ]
    assert not written.refusals
    for path in written.paths:
        assert pydicom.dcmread(path).PatientID == patient.PATIENT_ID


def test_nothing_is_written_over(tmp_path: Path, findings: Findings) -> None:
    [first] = write_results(tmp_path, findings, ["sr"]).paths
    before = first.read_bytes()
    [second] = write_results(tmp_path, findings, ["sr"]).paths
    [third] = write_results(tmp_path, findings, ["sr"]).paths
    assert [second.name, third.name] == [f"{first.stem}-2.dcm", f"{first.stem}-3.dcm"]
    assert first.read_bytes() == before


def test_one_refusal_does_not_stop_the_others(tmp_path: Path, phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    low = np.full(volume.shape, 0.1, np.float32)
    findings = Findings.of_volume(volume, answers.volume_prediction(volume, evidence=low))
    written = write_results(tmp_path / "out", findings, ("seg", "sr", "evidence"))
    assert list(written.refusals) == ["seg"] and "nothing to segment" in written.refusals["seg"]
    assert len(written.paths) == 2


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, findings: Findings) -> None:
    (tmp_path / "file").write_text("taken")
    with pytest.raises(BrainScanError, match="cannot be written to"):
        write_results(tmp_path / "file" / "out", findings, ["sr"])


def test_an_unknown_kind(findings: Findings) -> None:
    with pytest.raises(ValueError, match="kind must be one of sc, sr, seg, evidence"):
        make_results(findings, "pdf")
