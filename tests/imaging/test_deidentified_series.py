"""De-identified copies of whole series: geometry, references, pixels, and an independent judge."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from brainscan.imaging.dicom import find_series, read_series
from brainscan.imaging.dicom.deidentify import NO_REPORT, Deidentifier
from brainscan.imaging.dicom.pseudonyms import Pseudonyms
from brainscan.imaging.source import Source
from tests.imaging import patient
from tests.imaging.bad_inputs import PIXELS
from tests.imaging.planted import KEY, copy, source


def references(uids: list[str], kind: str) -> Dataset:
    """Return a report or a segmentation that refers to a series as the standard has it."""
    items = []
    for uid in uids:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = patient.MR_CLASS, uid
        items.append(item)
    series = Dataset()
    series.SeriesInstanceUID = "1.2.3.4.5"
    if kind == "SEG":
        series.ReferencedInstanceSequence = items
        dataset = patient.with_pixels(patient.header(), PIXELS)
        dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.66.4", "SEG"
        dataset.ReferencedSeriesSequence = [series]
    else:
        series.ReferencedSOPSequence = items
        study = Dataset()
        study.StudyInstanceUID, study.ReferencedSeriesSequence = "1.2.3.4", [series]
        dataset = patient.header(
            SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33", Modality="SR", VerificationFlag="VERIFIED"
        )
        dataset.CurrentRequestedProcedureEvidenceSequence = [study]
        content = Dataset()
        content.ValueType, content.TextValue = "TEXT", f"{patient.NAME} has a headache"
        dataset.ContentSequence = [content]
    dataset.SeriesInstanceUID = f"1.2.3.4.5.{kind == 'SEG'}".replace("True", "1").replace(
        "False", "2"
    )
    return dataset


def test_a_series_stays_one_series_and_references_find_it(tmp_path: Path) -> None:
    before = patient.classic_series(tmp_path / "before", patient.OBLIQUE)
    deidentifier = Deidentifier(Pseudonyms())
    after = tmp_path / "after"
    after.mkdir()
    made = {}
    for path in before.iterdir():
        made[path] = deidentifier.copy(Source.of_path(path))
        (after / path.name).write_bytes(made[path].data)
    ours, theirs = (find_series(folder).series for folder in (after, before))
    assert [one.slices for one in ours] == [20] and ours[0].warnings == ()
    new, old = read_series(ours[0]), read_series(theirs[0])
    np.testing.assert_array_equal(new.voxels, old.voxels)
    np.testing.assert_allclose(new.affine, old.affine)
    uids = {str(pydicom.dcmread(path).SOPInstanceUID): one for path, one in made.items()}
    for kind in ("SEG", "SR"):
        copied = deidentifier.copy(source(references(list(uids), kind)))
        result = pydicom.dcmread(io.BytesIO(copied.data))
        (series,) = (
            result.ReferencedSeriesSequence
            if kind == "SEG"
            else result.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
        )
        items = series.ReferencedInstanceSequence if kind == "SEG" else series.ReferencedSOPSequence
        expected = [uids[uid].sop_instance_uid for uid in uids]
        assert [item.ReferencedSOPInstanceUID for item in items] == expected
        assert series.SeriesInstanceUID == next(iter(made.values())).series_uid
        assert copied.study_uid == next(iter(made.values())).study_uid
        assert copied.patient == next(iter(made.values())).patient
        if kind == "SR":
            assert copied.warnings == (NO_REPORT,) and "ContentSequence" not in result
            assert result.VerificationFlag == "UNVERIFIED"


def test_overlong_numbers_keep_the_place_of_a_slice() -> None:
    place = [f"-{'1234567890' * 2}.5", "1.25e+01", " +3.0000000000000000 "]
    dataset = patient.with_pixels(patient.header(ImagePositionPatient=place), PIXELS)
    _, result = copy(dataset)
    expected = [float(one) for one in place]
    assert [float(one) for one in result.ImagePositionPatient] == expected


def test_real_series_keep_their_geometry(data_dir: Path, tmp_path: Path) -> None:
    deidentifier = Deidentifier(Pseudonyms(KEY))
    for name in ("series-brain-20", "series-defaced-t1"):
        (tmp_path / name).mkdir()
        paths = sorted((data_dir / "dicom" / name).iterdir())[3:9]
        for path in paths:
            made = deidentifier.copy(Source.of_path(path))
            (tmp_path / name / path.name).write_bytes(made.data)
        (new,), (old,) = (find_series(given).series for given in (tmp_path / name, paths))
        assert new.slices == old.slices and new.warnings == old.warnings
        assert new.stack.affine is not None and old.stack.affine is not None
        np.testing.assert_array_equal(new.stack.affine, old.stack.affine)


def test_compressed_pixels_stay_byte_for_byte(data_dir: Path) -> None:
    for path in sorted((data_dir / "dicom" / "wg04").iterdir()):
        made = Deidentifier(Pseudonyms(KEY)).copy(Source.of_path(path))
        new, old = pydicom.dcmread(io.BytesIO(made.data)), pydicom.dcmread(path)
        assert new.file_meta.TransferSyntaxUID == old.file_meta.TransferSyntaxUID
        digests = {hashlib.sha256(one.PixelData).hexdigest() for one in (new, old)}
        assert len(digests) == 1
        names = [part for part in str(old.PatientName).split("^") if len(part) > 3]
        assert not any(name.encode() in made.data for name in names)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize(
    "name", ["MR_small.dcm", "CT_small.dcm", "JPEG2000.dcm", "reportsi.dcm", "liver_1frame.dcm"]
)
def test_an_independent_validator_finds_nothing_new(name: str, tmp_path: Path) -> None:
    path = Path(str(get_testdata_file(name)))
    target = tmp_path / name
    target.write_bytes(Deidentifier(Pseudonyms(KEY)).copy(Source.of_path(path)).data)

    def errors(file: Path) -> set[str]:
        done = subprocess.run(["dciodvfy", str(file)], capture_output=True, check=False)
        lines = (done.stdout + done.stderr).decode("ascii", "replace").splitlines()
        return {line for line in lines if line.startswith("Error")}

    assert errors(target) - errors(path) == set()
