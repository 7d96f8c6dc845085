"""Which sources carry results, and sentences for those that do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from brainscan.errors import FileUnreadable, InputRejected
from brainscan.imaging.dicom import read_dicom_scan
from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.scan import Scan
from brainscan.reporting.dicom import (
    Findings,
    evidence_segmentation,
    mask_segmentation,
    secondary_captures,
    structured_report,
)
from tests.imaging import patient
from tests.reporting.dicom import answers, sources
from tests.reporting.dicom.sources import Phantom


def findings_of(path: Path) -> Findings:
    volume = sources.volume_of(path)
    return Findings.of_volume(volume, answers.volume_prediction(volume))


def test_a_picture_that_is_no_dicom() -> None:
    scan = Scan(np.eye(40, dtype=np.uint8), "slice.png", "ab" * 32, "PNG", "L")
    with pytest.raises(InputRejected, match=r"slice\.png is no DICOM image.*as PNG instead"):
        Findings.of_slice(scan, answers.prediction(scan))


def test_a_volume_that_is_no_dicom() -> None:
    affine = np.diag([-2.0, -2, 2, 1])
    affine[:3, 3] = [39, 43, -35]
    volume = read_nifti(patient.nifti_bytes(affine), "t1.nii.gz")
    with pytest.raises(InputRejected, match=r"t1\.nii\.gz is no DICOM series.*as NIfTI"):
        Findings.of_volume(volume, answers.volume_prediction(volume))


def test_a_cut_across_the_slices(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    scan = volume.to_scan("coronal", 20)
    with pytest.raises(InputRejected, match=r"cut across the slices .* whole volume instead"):
        Findings.of_slice(scan, answers.prediction(scan))


def test_an_answer_for_another_scan(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    scan = volume.to_scan("axial", 12)
    with pytest.raises(ValueError, match="The answer is for abababababab, not for"):
        Findings.of_slice(scan, answers.prediction(scan, sha256="ab" * 32))
    with pytest.raises(ValueError, match="The answer is for abababababab, not for"):
        Findings.of_volume(volume, answers.volume_prediction(volume, sha256="ab" * 32))


def test_images_of_two_studies_or_patients(tmp_path: Path) -> None:
    def other_study(dataset: Dataset, index: int) -> Dataset:
        dataset.StudyInstanceUID = f"1.2.3.{1 + index % 2}"
        return dataset

    def other_patient(dataset: Dataset, index: int) -> Dataset:
        dataset.PatientID = f"PID-{index % 2}"
        return dataset

    def other_name(dataset: Dataset, index: int) -> Dataset:
        dataset.PatientName = f"Doe^Number{index % 2}"
        return dataset

    for name, change, noun in (
        ("study", other_study, "2 different studies"),
        ("name", other_name, "2 different patient names"),
        ("patient", other_patient, "2 different patient identifiers"),
    ):
        path = sources.series(tmp_path / name)
        volume = sources.volume_of(path)
        for number, file in enumerate(sorted(path.iterdir())):
            change(pydicom.dcmread(file), number).save_as(file)
        with pytest.raises(InputRejected, match=noun) as error:
            Findings.of_volume(volume, answers.volume_prediction(volume))
        assert not any(secret in str(error.value) for secret in patient.SECRETS)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"SOPClassUID": "1.3.46.670589.11.0.0.12.1"}, "MR image of a standard kind"),
        ({"SOPInstanceUID": "not a number"}, "no usable identifier"),
        ({"SOPInstanceUID": "1.2." + "3" * 64}, "no usable identifier"),
        ({"SOPInstanceUID": ""}, "no usable identifier"),
    ],
)
def test_images_that_nothing_can_refer_to(tmp_path: Path, facts: dict, sentence: str) -> None:
    dataset = patient.header(**facts, PixelSpacing=[2, 2])
    pixels = patient.slice_pixels(patient.AXIAL, 4.0)[10][0]
    path = tmp_path / "image.dcm"
    path.write_bytes(patient.to_bytes(patient.with_pixels(dataset, pixels), bare=True))
    scan = read_dicom_scan(path)
    with pytest.raises(InputRejected, match=sentence):
        Findings.of_slice(scan, answers.prediction(scan))


def test_a_file_that_changed_or_vanished(tmp_path: Path) -> None:
    path = sources.enhanced(tmp_path / "enhanced.dcm")
    volume = sources.volume_of(path)
    answer = answers.volume_prediction(volume)
    dataset = pydicom.dcmread(path)
    dataset.PerFrameFunctionalGroupsSequence = dataset.PerFrameFunctionalGroupsSequence[:3]
    dataset.NumberOfFrames = 3
    dataset.save_as(path)
    with pytest.raises(InputRejected, match="changed since it was read"):
        Findings.of_volume(volume, answer)
    dataset.SOPInstanceUID = "1.2.3"
    dataset.save_as(path)
    with pytest.raises(InputRejected, match="no longer holds the image that the answer is about"):
        Findings.of_volume(volume, answer)
    path.unlink()
    with pytest.raises(FileUnreadable, match="cannot be opened"):
        Findings.of_volume(volume, answer)


def test_a_file_that_was_turned(tmp_path: Path) -> None:
    path = next(sources.series(tmp_path).iterdir())
    scan = read_dicom_scan(path)
    dataset = pydicom.dcmread(path)
    dataset.ImageOrientationPatient = list(patient.SAGITTAL)
    dataset.save_as(path)
    with pytest.raises(InputRejected, match="is not the image that its file"):
        Findings.of_slice(scan, answers.prediction(scan))


def mosaic(path: Path) -> Path:
    """Write the phantom as a Siemens mosaic."""
    slices = patient.slice_pixels(patient.AXIAL, 4.0)
    whole = np.zeros((5 * 48, 5 * 44), np.uint16)
    for index, (pixels, _) in enumerate(slices):
        row, column = divmod(index, 5)
        whole[row * 48 : (row + 1) * 48, column * 44 : (column + 1) * 44] = pixels
    image_type = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
    dataset = patient.header(**(sources.COMPLETE | {"ImageType": image_type}))
    corner = slices[0][1] - np.array([(5 * 44 - 44) / 2 * 2, (5 * 48 - 48) / 2 * 2, 0])
    dataset.ImagePositionPatient = list(corner)
    dataset.ImageOrientationPatient = list(patient.AXIAL)
    dataset.PixelSpacing = [2, 2]
    dataset.SliceThickness = dataset.SpacingBetweenSlices = 4
    dataset.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
    tags = {
        "NumberOfImagesInMosaic": ("US", ["20"]),
        "SliceNormalVector": ("FD", ["0.0", "0.0", "1.0"]),
    }
    header = patient.csa_header(tags)
    dataset.add_new(0x00291010, "OB", header + bytes(len(header) % 2))
    path.write_bytes(patient.to_bytes(patient.with_pixels(dataset, whole)))
    return path


def test_a_mosaic_has_pictures_and_a_report_but_no_segmentation(tmp_path: Path) -> None:
    path = mosaic(tmp_path / "mosaic.ima")
    volume = sources.volume_of(path)
    scan = read_dicom_scan(path)
    evidence = np.zeros(scan.pixels.shape, np.float32)
    evidence[20, 30] = 1.0
    single = Findings.of_slice(scan, answers.prediction(scan, evidence))
    for findings in (Findings.of_volume(volume, answers.volume_prediction(volume)), single):
        for make in (mask_segmentation, evidence_segmentation):
            with pytest.raises(InputRejected, match=r"a mosaic, and .* whole images only"):
                make(findings)
        for file in secondary_captures(findings):
            [source] = sources.opened(file).SourceImageSequence
            assert source.ReferencedSOPInstanceUID in sources.stored_images(path)
    # A tile is no image: its point is one in space, where the tile lies.
    [key] = single.key_slices
    assert key.peak is not None and scan.instance is not None and scan.instance.position
    expected = np.add(scan.instance.position, (30 * 2, 20 * 2, 0))
    np.testing.assert_allclose(key.peak.position, expected, atol=1e-4)
    points = _graphics(sources.opened(structured_report(single)))
    assert points == [("SCOORD3D", pytest.approx(list(expected), abs=1e-3))]


def _graphics(item: Any) -> list[tuple[str, list[float]]]:
    found = []
    for child in item.get("ContentSequence", ()):
        if child.ValueType.startswith("SCOORD"):
            found.append((child.ValueType, list(child.GraphicData)))
        found += _graphics(child)
    return found


def test_a_secondary_capture_as_source(tmp_path: Path) -> None:
    """What a scanner's workstation saved: pixels, a patient, and no place in space."""
    dataset = patient.header(SOPClassUID="1.2.840.10008.5.1.4.1.1.7", ConversionType="WSD")
    pixels = patient.slice_pixels(patient.AXIAL, 4.0)[12][0]
    path = tmp_path / "capture.dcm"
    path.write_bytes(patient.to_bytes(patient.with_pixels(dataset, pixels)))
    scan = read_dicom_scan(path)
    findings = Findings.of_slice(scan, answers.prediction(scan))
    [(kind, point)] = _graphics(sources.opened(structured_report(findings)))
    row, column = np.argwhere(pixels >= 1000)[0]
    assert kind == "SCOORD" and point == [column + 0.5, row + 0.5]
    assert len(secondary_captures(findings)) == 1


def test_nothing_shows_the_patient_by_accident(phantom: Phantom) -> None:
    findings = findings_of(phantom())
    shown = repr(findings) + repr(findings.origin) + repr(findings.key_slices)
    assert not any(secret in shown for secret in (*patient.SECRETS, "1.2.3.4"))
