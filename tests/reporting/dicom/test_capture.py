"""Secondary captures: the picture, what it says of itself, and what it refers to."""

from __future__ import annotations

import io
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from brainscan.errors import InputRejected
from brainscan.imaging.correction import Correction
from brainscan.imaging.dicom import read_dicom_scan
from brainscan.imaging.intake import find_scans
from brainscan.imaging.overlay import MARGIN
from brainscan.imaging.source import Source
from brainscan.imaging.volume import as_displayed
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.dicom import Findings, secondary_captures
from brainscan.reporting.dicom.capture import picture
from tests.imaging.patient import AXIAL, CORONAL, OBLIQUE, SAGITTAL
from tests.reporting.dicom import answers, sources
from tests.reporting.dicom.sources import Phantom


def middle(path: Path) -> Findings:
    """Return findings of the series' eleventh slice, which shows the marker."""
    for file in sorted(path.iterdir()):
        scan = read_dicom_scan(file)
        if scan.pixels.max() >= 1000:
            return Findings.of_slice(scan, answers.prediction(scan))
    raise AssertionError


def test_the_key_slices_in_the_order_of_suspicion(phantom: Phantom) -> None:
    path = phantom()
    volume = sources.volume_of(path)
    answer = answers.volume_prediction(volume, keys=3)
    findings = Findings.of_volume(volume, answer)
    made = [sources.opened(file) for file in secondary_captures(findings)]
    assert [int(one.InstanceNumber) for one in made] == [1, 2, 3]
    assert len({one.SeriesInstanceUID for one in made}) == 1
    assert len({one.SOPInstanceUID for one in made}) == 3
    images = sources.stored_images(path)
    for one, key, index in zip(made, findings.key_slices, answer.key_slices, strict=True):
        np.testing.assert_array_equal(one.pixel_array, picture(findings, key))
        [source] = one.SourceImageSequence
        stored = images[source.ReferencedSOPInstanceUID]
        assert source.ReferencedSOPClassUID == stored.SOPClassUID
        shown = volume.to_scan("axial", index)
        np.testing.assert_array_equal(stored.pixel_array, shown.pixels)  # AXIAL: as displayed
        assert f"Axial slice {index + 1} of 20" in one.ImageComments
        [series] = one.ReferencedSeriesSequence
        assert series.SeriesInstanceUID == stored.SeriesInstanceUID
        named = {item.ReferencedSOPInstanceUID for item in series.ReferencedInstanceSequence}
        assert named == set(images)


def test_a_picture_with_the_answer_on_it_is_no_scan(phantom: Phantom) -> None:
    [file] = secondary_captures(middle(phantom()))
    with pytest.raises(InputRejected, match="a picture that BrainScan made"):
        read_dicom_scan(file.data, name=file.name)
    found = find_scans([*sorted(phantom().iterdir()), Source.of_bytes(file.data, file.name)])
    assert [scan.kind for scan in found.scans] == ["series"]
    assert [one.name for one in found.rejected] == [file.name]


def test_a_picture_states_no_geometry_and_is_no_original(phantom: Phantom) -> None:
    [file] = secondary_captures(middle(phantom()))
    made = sources.opened(file)
    assert made.SOPClassUID == SecondaryCaptureImageStorage
    assert (made.Modality, made.ConversionType) == ("OT", "WSD")
    assert list(made.ImageType)[:2] == ["DERIVED", "SECONDARY"]
    assert (made.PhotometricInterpretation, made.BitsAllocated) == ("RGB", 8)
    for keyword in ("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"):
        assert keyword not in made
    assert made.SourceImageSequence[0].SpatialLocationsPreserved == "NO"
    assert RESEARCH_USE in made.DerivationDescription
    assert "research use only" in made.SeriesDescription
    assert "Tumour suspected: tumour probability 0.87, threshold 0.40" in made.ImageComments
    assert answers.MODEL in made.ImageComments
    image = hd.imread(io.BytesIO(file.data))
    np.testing.assert_array_equal(image.get_frame(1, apply_icc_profile=False), made.pixel_array)


def test_evidence_and_text_are_burned_in(phantom: Phantom) -> None:
    findings = middle(phantom())
    [key] = findings.key_slices
    shown = picture(findings, key).astype(int)
    colored = shown.max(axis=-1) - shown.min(axis=-1) > 60
    scale = round(640 / 48)
    height, width = (part * scale for part in key.evidence.shape)
    there = colored[MARGIN : MARGIN + height, MARGIN : MARGIN + width]
    expected = np.kron(key.evidence >= 0.5, np.ones((scale, scale), bool))
    assert (there == expected).mean() > 0.99  # the edge is interpolated
    below = shown[MARGIN + height :].min(axis=-1) > 150
    assert (below.any(axis=1).sum()) > 40  # four lines of caption and the notice


@pytest.mark.parametrize(
    ("orientation", "letters"),
    [
        (AXIAL, ["L", "P"]),
        (CORONAL, ["L", "F"]),
        (SAGITTAL, ["P", "F"]),
        (OBLIQUE, ["L", "P"]),
        ((*AXIAL[:3], 0, 0.8, 0.6), ["L", "PH"]),
    ],
)
def test_patient_orientation(phantom: Phantom, orientation: tuple, letters: list) -> None:
    [file] = secondary_captures(middle(phantom(orientation)))
    assert list(sources.opened(file).PatientOrientation) == letters


def test_a_cut_across_the_slices_refers_to_all_of_them(phantom: Phantom) -> None:
    path = phantom()
    volume = sources.volume_of(path)
    findings = Findings.of_volume(volume, answers.volume_prediction(volume, "coronal"))
    file, *_ = secondary_captures(findings)
    made = sources.opened(file)
    referred = [item.ReferencedSOPInstanceUID for item in made.SourceImageSequence]
    assert sorted(referred) == sorted(sources.stored_images(path))
    assert list(made.PatientOrientation) == ["L", "F"]


def test_frames_of_an_enhanced_object(tmp_path: Path) -> None:
    volume = sources.volume_of(sources.enhanced(tmp_path / "enhanced.dcm"))
    findings = Findings.of_volume(volume, answers.volume_prediction(volume))
    for file, key in zip(secondary_captures(findings), findings.key_slices, strict=True):
        [source] = sources.opened(file).SourceImageSequence
        assert key.source is not None
        assert source.ReferencedFrameNumber == key.source.frame


@pytest.mark.parametrize(
    ("stated", "image_type", "expected"),
    [
        ("YES", "ORIGINAL", "YES"),
        ("NO", "DERIVED", "NO"),
        (None, "ORIGINAL", "NO"),
        (None, "DERIVED", None),
    ],
)
def test_burned_in_annotation_is_about_the_patient(
    tmp_path: Path, stated: str | None, image_type: str, expected: str | None
) -> None:
    path = sources.series(
        tmp_path, BurnedInAnnotation=stated, ImageType=[image_type, "PRIMARY", "M"]
    )
    [file] = secondary_captures(middle(path))
    assert sources.opened(file).get("BurnedInAnnotation") == expected


def test_lossy_compression_of_the_source_is_stated(tmp_path: Path) -> None:
    path = sources.series(
        tmp_path,
        LossyImageCompression="01",
        LossyImageCompressionRatio="12.5",
        LossyImageCompressionMethod="ISO_10918_1",
        RecognizableVisualFeatures="NO",
    )
    [file] = secondary_captures(middle(path))
    made = sources.opened(file)
    assert made.LossyImageCompression == "01" and made.LossyImageCompressionRatio == 12.5
    assert made.RecognizableVisualFeatures == "NO"


def test_unknown_orientation_and_no_slice(tmp_path: Path) -> None:
    def unplaced(dataset: Dataset, index: int) -> Dataset | None:
        del dataset.ImagePositionPatient, dataset.ImageOrientationPatient
        return dataset if index == 12 else None

    path = sources.series(tmp_path, change=unplaced)
    [file] = secondary_captures(middle(path))
    assert not sources.opened(file).PatientOrientation
    volume = sources.volume_of(sources.series(tmp_path / "whole"))
    answer = answers.volume_prediction(volume, key_slices=())
    with pytest.raises(InputRejected, match="no picture to save"):
        secondary_captures(Findings.of_volume(volume, answer))


@pytest.mark.parametrize("by", ["model", "person", "nobody"])
def test_the_outline_is_drawn_where_it_lies(phantom: Phantom, by: str) -> None:
    volume = sources.volume_of(phantom())
    mask = np.zeros(volume.shape, bool)
    mask[10:20, 12:30, 9] = True
    none = np.zeros(volume.shape, np.float32)
    none[2, 2, 9] = 0.45  # the slice to look at; no evidence is shown
    drawn = {"model": mask, "person": ~mask, "nobody": None}[by]
    answer = answers.volume_prediction(volume, evidence=none, mask=drawn, key_slices=(9,))
    reader = Correction(mask, "Reader Red", "2026-11-26T12:00:00+00:00", answers.MODEL)
    findings = Findings.of_volume(volume, answer, correction=reader if by == "person" else None)
    [key] = findings.key_slices
    shown = picture(findings, key).astype(int)
    scale = round(640 / 48)
    size = (48 * scale, 44 * scale)
    within = shown[MARGIN : MARGIN + size[0], MARGIN : MARGIN + size[1]]
    colored = within.max(axis=-1) - within.min(axis=-1) > 60
    [file] = secondary_captures(findings)
    made = sources.opened(file)
    if by == "nobody":
        assert not colored.any() and "outline" not in made.SeriesDescription
        return
    expected = np.kron(as_displayed(mask[:, :, 9]), np.ones((scale, scale), bool))
    rows, columns = np.nonzero(expected)
    there = np.argwhere(colored)
    half = scale / 2
    np.testing.assert_allclose(there.min(axis=0), (rows.min(), columns.min()), atol=half)
    np.testing.assert_allclose(there.max(axis=0), (rows.max(), columns.max()), atol=half)
    assert "evidence and outline overlay" in made.SeriesDescription
    whose = "corrected by Reader Red" if by == "person" else f"Outlined by {answers.MODEL}"
    unseen = "Its answer was not verified" if by == "person" else f"{answers.MODEL}. Not verified"
    assert unseen in made.ImageComments
    assert whose in made.DerivationDescription and RESEARCH_USE in made.DerivationDescription
