"""RT structure sets: contours that enclose exactly the pixels of the mask, on the right images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian, RTStructureSetStorage

from brainscan.errors import InputRejected
from brainscan.imaging.correction import Correction
from brainscan.imaging.dicom import read_dicom_scan
from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane
from brainscan.imaging.volume import Volume, as_displayed
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.dicom import Findings, structure_set
from tests.imaging import patient
from tests.imaging.patient import AXIAL, CORONAL, OBLIQUE, SAGITTAL
from tests.imaging.polygons import filled, wound
from tests.reporting.dicom import answers, sources
from tests.reporting.dicom.sources import Phantom

FLIPPED = (*AXIAL[:3], 0, -1, 0)


def with_holes(volume: Volume) -> np.ndarray:
    """Return an outline in canonical order: the marker with a hole on each stored slice."""
    stored = volume.source.to_source(volume.voxels)
    mask = np.stack([answers.ringed(one) for one in stored])
    return volume.source.to_canonical(mask)


def of_volume(volume: Volume, plane: Plane | None = None, **more: Any) -> Findings:
    mask = with_holes(volume)
    return Findings.of_volume(volume, answers.volume_prediction(volume, plane, mask=mask, **more))


def rings_by_image(made: Dataset) -> dict[tuple[str, int], list[np.ndarray]]:
    """Return the contours by image and frame, in millimetres."""
    found: dict[tuple[str, int], list[np.ndarray]] = {}
    [contours] = made.ROIContourSequence
    for contour in contours.ContourSequence:
        assert contour.ContourGeometricType == "CLOSED_PLANAR"
        [image] = contour.ContourImageSequence
        points = np.array(contour.ContourData, float).reshape(-1, 3)
        assert contour.NumberOfContourPoints == len(points)
        assert not np.array_equal(points[0], points[-1])
        key = image.ReferencedSOPInstanceUID, int(image.get("ReferencedFrameNumber", 1))
        found.setdefault(key, []).append(points)
    return found


def on_pixels(points: np.ndarray, image: Dataset, frame: int) -> np.ndarray:
    """Return rows and columns of points, pixel corners at integers, by highdicom's geometry."""
    multiframe = "PerFrameFunctionalGroupsSequence" in image
    transform = hd.spatial.ReferenceToImageTransformer.for_image(
        image, **({"frame_number": frame} if multiframe else {})
    )
    found = transform(points)
    np.testing.assert_allclose(found[:, 2], 0, atol=1e-3)  # in the image's plane
    return found[:, 1::-1]


def check(made: Dataset, path: Path, expected: int | None = None) -> None:
    """Every image's contours give back its mask pixel by pixel; no other image has any."""
    images = sources.stored_images(path)
    rings = rings_by_image(made)
    with_marker = 0
    for uid, image in images.items():
        frames = image.pixel_array.reshape(-1, image.Rows, image.Columns)
        for number, pixels in enumerate(frames, start=1):
            # The enhanced phantom stores half of what it shows.
            mask = answers.ringed(pixels)
            there = [on_pixels(one, image, number) for one in rings.pop((uid, number), ())]
            if there:
                with_marker += 1
                corners = np.concatenate(there)
                np.testing.assert_allclose(corners, np.rint(corners), atol=1e-3)
                np.testing.assert_array_equal(filled(there, mask.shape), mask)
                np.testing.assert_array_equal(abs(wound(there, mask.shape)), mask)
            else:
                assert expected is not None or not mask.any()
    assert not rings
    assert with_marker == (expected or with_marker) > 0


@pytest.mark.parametrize(
    ("orientation", "backwards"),
    [(AXIAL, False), (CORONAL, False), (SAGITTAL, False), (OBLIQUE, True), (FLIPPED, False)],
)
def test_contours_enclose_the_pixels_of_the_mask(
    phantom: Phantom, orientation: tuple, backwards: bool
) -> None:
    path = phantom(orientation, backwards)
    volume = sources.volume_of(path)
    made = sources.opened(structure_set(of_volume(volume)))
    check(made, path)
    [contours] = made.ROIContourSequence
    [planes] = contours.SourcePixelPlanesCharacteristicsSequence
    assert list(planes.PixelSpacing) == [2.0, 2.0]
    assert planes.SpacingBetweenSlices == pytest.approx(4.0)
    stored = list(sources.stored_images(path).values())
    size = stored[0].Rows, stored[0].Columns
    assert (planes.NumberOfFrames, planes.Rows, planes.Columns) == (len(stored), *size)
    # The planes run along the normal from the first to the last image (C.8.8.6.4).
    along = np.array(planes.ImageOrientationPatient, float).reshape(2, 3)
    steps = np.outer(4.0 * np.arange(len(stored)), np.cross(*along))
    grid = np.array(planes.ImagePositionPatient, float) + steps
    for image in stored:
        place = np.array(image.ImagePositionPatient, float)
        assert np.abs(grid - place).max(axis=1).min() < 0.01
    voxels = with_holes(volume).sum()
    [region] = made.StructureSetROISequence
    assert region.ROIVolume == pytest.approx(voxels * 2 * 2 * 4 / 1000, abs=1e-3)


@pytest.mark.parametrize("plane", ["sagittal", "coronal"])
def test_so_they_do_when_another_plane_was_read(phantom: Phantom, plane: Plane) -> None:
    path = phantom(OBLIQUE)
    check(sources.opened(structure_set(of_volume(sources.volume_of(path), plane))), path)


def test_frames_of_an_enhanced_object(tmp_path: Path) -> None:
    path = sources.enhanced(tmp_path / "enhanced.dcm", OBLIQUE)
    volume = sources.volume_of(path)
    made = sources.opened(structure_set(of_volume(volume)))
    check(made, path)
    [frame] = made.ReferencedFrameOfReferenceSequence
    [series] = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    numbers = [one.ReferencedFrameNumber for one in series.ContourImageSequence]
    assert sorted(numbers) == list(range(1, 21))


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, FLIPPED])
def test_a_slice_taken_out_of_a_volume_is_turned_back(phantom: Phantom, orientation: tuple) -> None:
    path = phantom(orientation)
    volume = sources.volume_of(path)
    voxel = np.linalg.solve(volume.affine, [*patient.MARKER, 1])
    axis = PLANE_OF_AXIS.index(volume.plane)
    index = round(voxel[axis])
    scan = volume.to_scan(volume.plane, index)
    mask = as_displayed(np.take(with_holes(volume), index, axis=axis))
    answer = answers.prediction(scan, segmentation=answers.exact_outline(mask))
    check(sources.opened(structure_set(Findings.of_slice(scan, answer))), path, expected=1)


def test_what_it_says_of_itself(phantom: Phantom) -> None:
    path = phantom()
    made = sources.opened(structure_set(of_volume(sources.volume_of(path))))
    assert made.SOPClassUID == RTStructureSetStorage and made.Modality == "RTSTRUCT"
    assert made.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert made.ApprovalStatus == "UNAPPROVED"
    assert (made.StudyInstanceUID, made.PatientID) == ("1.2.3.4", patient.PATIENT_ID)
    assert made.SeriesInstanceUID != "1.2.3.4.5" and made.SeriesNumber == 495
    assert made.FrameOfReferenceUID == sources.FRAME_OF_REFERENCE
    assert RESEARCH_USE in made.StructureSetDescription
    assert "research use only" in made.SeriesDescription
    [region] = made.StructureSetROISequence
    assert (region.ROIName, region.ROIGenerationAlgorithm) == (
        "Tumour outline by a model",
        "AUTOMATIC",
    )
    assert f"Outlined by {answers.MODEL}" in region.ROIDescription
    [derived] = region.ROIDerivationAlgorithmIdentificationSequence
    assert (derived.AlgorithmName, derived.AlgorithmVersion) == ("BrainScan testnet", "9.8.7")
    [seen] = made.RTROIObservationsSequence
    assert (seen.RTROIInterpretedType, seen.ROIInterpreter) == ("", "")
    assert seen.RTROIIdentificationCodeSequence[0].CodeMeaning == "Neoplasm"
    [contours] = made.ROIContourSequence
    assert {region.ROINumber, seen.ReferencedROINumber, contours.ReferencedROINumber} == {1}
    [frame] = made.ReferencedFrameOfReferenceSequence
    [series] = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    assert series.SeriesInstanceUID == "1.2.3.4.5"
    named = {one.ReferencedSOPInstanceUID for one in series.ContourImageSequence}
    assert named == set(sources.stored_images(path))


def test_a_correction_names_its_author_and_is_no_longer_automatic(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    mask = np.zeros(volume.shape, bool)
    mask[10:14, 20:23, 9] = True
    answer = answers.volume_prediction(volume, mask=with_holes(volume))
    correction = Correction(mask, "Åsa Lind=x", "2026-11-26T12:00:00+00:00", answers.MODEL)
    made = sources.opened(structure_set(Findings.of_volume(volume, answer, correction=correction)))
    [points] = [one for rings in rings_by_image(made).values() for one in rings]
    assert len(points) == 4
    [region] = made.StructureSetROISequence
    assert region.ROIGenerationAlgorithm == "SEMIAUTOMATIC"
    assert "Åsa Lind" in region.ROIDescription and "2026-11-26T12:00:00" in region.ROIDescription
    [seen] = made.RTROIObservationsSequence
    assert seen.ROIInterpreter.family_name == "Åsa Lind x"
    assert made.StructureSetLabel == "CORRECTED"


def test_a_long_contour_is_not_cut(phantom: Phantom) -> None:
    """Explicit representations hold 64 KiB a contour; a comb of fine teeth has more."""
    volume = sources.volume_of(phantom())
    findings = of_volume(volume)
    assert findings.outline is not None
    comb = np.zeros((20, 128, 128), bool)
    comb[0, :, 0] = comb[0, ::4] = comb[0, 1::4, ::2] = True
    drawn = findings.outline.placed(comb)
    made = sources.opened(structure_set(replace(findings, outline=drawn)))
    [contours] = made.ROIContourSequence
    [contour] = contours.ContourSequence
    assert sum(len(str(value)) + 1 for value in contour.ContourData) > 2**16
    # A tooth begins with each of 32 rows and has 64 bumps of four corners.
    assert contour.NumberOfContourPoints == len(contour.ContourData) / 3 > 32 * 64 * 4 - 200


def test_nothing_to_draw(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    with pytest.raises(InputRejected, match=r"testnet 9\.8\.7 draws no outline"):
        structure_set(Findings.of_volume(volume, answers.volume_prediction(volume)))
    empty = np.zeros(volume.shape, bool)
    for more, whose in (
        ({"decision": "no_tumor"}, "The model's outline is empty"),
        ({}, "The corrected outline is empty"),
    ):
        answer = answers.volume_prediction(volume, mask=with_holes(volume), **more)
        correction = None if more else Correction(empty, "", "2026-11-26T12:00:00+00:00", "m 1")
        with pytest.raises(InputRejected, match=whose):
            structure_set(Findings.of_volume(volume, answer, correction=correction))


def test_images_without_a_place(tmp_path: Path) -> None:
    volume = sources.volume_of(sources.series(tmp_path / "a", FrameOfReferenceUID=None))
    with pytest.raises(InputRejected, match="an RT structure set could not be laid over them"):
        structure_set(of_volume(volume))

    def unplaced(dataset: Dataset, index: int) -> Dataset | None:
        del dataset.ImagePositionPatient, dataset.ImageOrientationPatient
        return dataset if index == 10 else None

    scan = read_dicom_scan(next(sources.series(tmp_path / "b", change=unplaced).iterdir()))
    drawn = answers.exact_outline(scan.pixels > 0)
    with pytest.raises(InputRejected, match="do not state where they lie"):
        structure_set(Findings.of_slice(scan, answers.prediction(scan, segmentation=drawn)))


def test_missing_slices_leave_the_grid_out(tmp_path: Path) -> None:
    def some(dataset: Dataset, index: int) -> Dataset | None:
        return None if index in (3, 4) else dataset

    path = sources.series(tmp_path, change=some)
    made = sources.opened(structure_set(of_volume(sources.volume_of(path))))
    check(made, path)
    assert "SourcePixelPlanesCharacteristicsSequence" not in made.ROIContourSequence[0]
