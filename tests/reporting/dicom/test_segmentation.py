"""Segmentations: each voxel lies where the source's voxel lies, whatever the source's order."""

from __future__ import annotations

import io
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom.dataset import Dataset

from brainscan.errors import InputRejected
from brainscan.imaging.dicom import read_dicom_scan
from brainscan.imaging.orientation import PLANES, Plane
from brainscan.reporting.dicom import (
    DicomFile,
    Findings,
    evidence_segmentation,
    mask_segmentation,
)
from tests.imaging import patient
from tests.imaging.patient import AXIAL, CORONAL, OBLIQUE, SAGITTAL
from tests.reporting.dicom import answers, sources
from tests.reporting.dicom.sources import Phantom

MARKER_LPS = patient.MARKER * [-1, -1, 1]
FLIPPED = (*AXIAL[:3], 0, -1, 0)
ORIENTATIONS = [AXIAL, CORONAL, SAGITTAL, OBLIQUE, FLIPPED]


def read(file: DicomFile) -> hd.seg.Segmentation:
    return hd.seg.segread(io.BytesIO(file.data))


def marker_of(segmentation: hd.seg.Segmentation) -> np.ndarray:
    """Return the centre of the segment in LPS+ millimetres, by highdicom's geometry."""
    volume = segmentation.get_volume(combine_segments=True, allow_missing_positions=True)
    inside = np.argwhere(volume.array > 0)
    return np.asarray(volume.map_indices_to_reference(inside).mean(axis=0))


def frames_of(segmentation: Dataset) -> list[tuple[str, int, np.ndarray, list[float]]]:
    """Return for each frame: source UID, source frame, pixels, and position."""
    pixels = segmentation.pixel_array.reshape(-1, segmentation.Rows, segmentation.Columns)
    found = []
    for number, group in enumerate(segmentation.PerFrameFunctionalGroupsSequence):
        reference = group.DerivationImageSequence[0].SourceImageSequence[0]
        found.append(
            (
                reference.ReferencedSOPInstanceUID,
                int(reference.get("ReferencedFrameNumber", 1)),
                pixels[number],
                [float(part) for part in group.PlanePositionSequence[0].ImagePositionPatient],
            )
        )
    return found


def source_frame(image: Dataset, frame: int) -> tuple[np.ndarray, list[float]]:
    """Return stored pixels and position of a frame of a source object."""
    if "PerFrameFunctionalGroupsSequence" not in image:
        return image.pixel_array, [float(part) for part in image.ImagePositionPatient]
    place = image.PerFrameFunctionalGroupsSequence[frame - 1].PlanePositionSequence[0]
    return image.pixel_array[frame - 1], [float(part) for part in place.ImagePositionPatient]


def check_frames(segmentation: Dataset, path: Path, *, slices: int | None = None) -> None:
    """Each frame is the marker of the very image it refers to, at that image's position."""
    images = sources.stored_images(path)
    frames = frames_of(segmentation)
    assert frames
    for uid, frame, pixels, position in frames:
        stored, place = source_frame(images[uid], frame)
        np.testing.assert_array_equal(pixels, stored >= 1000)
        np.testing.assert_allclose(position, place, atol=1e-4)
    with_marker = sum(
        int((source_frame(image, frame)[0] >= 1000).any())
        for image in images.values()
        for frame in range(1, int(image.get("NumberOfFrames", 1)) + 1)
    )
    assert len(frames) == (with_marker if slices is None else slices)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_marker_of_a_volume_stays_in_its_place(
    phantom: Phantom, orientation: tuple, backwards: bool
) -> None:
    path = phantom(orientation, backwards)
    volume = sources.volume_of(path)
    made = read(mask_segmentation(Findings.of_volume(volume, answers.volume_prediction(volume))))
    check_frames(made, path)
    np.testing.assert_allclose(marker_of(made), MARKER_LPS, atol=2.0)
    shared = made.SharedFunctionalGroupsSequence[0]
    across, down, _ = patient.directions(orientation)
    np.testing.assert_allclose(
        shared.PlaneOrientationSequence[0].ImageOrientationPatient, [*across, *down], atol=1e-6
    )
    measures = shared.PixelMeasuresSequence[0]
    assert list(measures.PixelSpacing) == [2.0, 2.0] and measures.SliceThickness == 4.0
    assert measures.SpacingBetweenSlices == pytest.approx(4.0)
    assert made.FrameOfReferenceUID == sources.FRAME_OF_REFERENCE


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE])
def test_so_it_does_when_another_plane_was_read(
    phantom: Phantom, orientation: tuple, plane: Plane
) -> None:
    path = phantom(orientation)
    volume = sources.volume_of(path)
    answer = answers.volume_prediction(volume, plane)
    made = read(mask_segmentation(Findings.of_volume(volume, answer)))
    check_frames(made, path)
    np.testing.assert_allclose(marker_of(made), MARKER_LPS, atol=2.0)


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, OBLIQUE])
def test_frames_of_an_enhanced_object_are_named_by_their_number(
    tmp_path: Path, orientation: tuple
) -> None:
    path = sources.enhanced(tmp_path / "enhanced.dcm", orientation)
    volume = sources.volume_of(path)
    made = read(mask_segmentation(Findings.of_volume(volume, answers.volume_prediction(volume))))
    check_frames(made, path)
    np.testing.assert_allclose(marker_of(made), MARKER_LPS, atol=2.0)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_single_slice(phantom: Phantom, orientation: tuple) -> None:
    path = phantom(orientation)
    images = sources.stored_images(path)
    by_marker = sorted(images, key=lambda uid: -int((images[uid].pixel_array >= 1000).sum()))
    for uid in by_marker[:2]:
        scan = read_dicom_scan(Path(images[uid].filename))
        answer = answers.prediction(scan)
        check_frames(read(mask_segmentation(Findings.of_slice(scan, answer))), path, slices=1)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_slice_taken_out_of_a_volume_is_turned_back(
    phantom: Phantom, orientation: tuple, backwards: bool
) -> None:
    path = phantom(orientation, backwards)
    volume = sources.volume_of(path)
    voxel = np.linalg.solve(volume.affine, [*patient.MARKER, 1])
    axis = ("sagittal", "coronal", "axial").index(volume.plane)
    scan = volume.to_scan(volume.plane, round(voxel[axis]))
    made = read(mask_segmentation(Findings.of_slice(scan, answers.prediction(scan))))
    check_frames(made, path, slices=1)


def test_the_middle_frame_of_an_enhanced_object(tmp_path: Path) -> None:
    path = sources.enhanced(tmp_path / "enhanced.dcm")
    scan = read_dicom_scan(path)
    evidence = np.zeros(scan.pixels.shape, np.float32)
    evidence[5, 7] = 1
    made = read(mask_segmentation(Findings.of_slice(scan, answers.prediction(scan, evidence))))
    [(uid, frame, pixels, _)] = frames_of(made)
    assert frame == 11 and uid in sources.stored_images(path)
    np.testing.assert_array_equal(pixels, evidence)


def test_evidence_is_stored_in_steps_of_one_255th(phantom: Phantom) -> None:
    path = phantom()
    volume = sources.volume_of(path)
    evidence = np.random.default_rng(5).random(volume.shape, dtype=np.float32)
    answer = answers.volume_prediction(volume, evidence=evidence)
    findings = Findings.of_volume(volume, answer)
    made = read(evidence_segmentation(findings))
    assert (made.SegmentationType, made.SegmentationFractionalType) == ("FRACTIONAL", "PROBABILITY")
    assert made.MaximumFractionalValue == 255
    stored = volume.source.to_source(evidence)
    by_uid = {piece.image.sop_instance_uid: n for n, piece in enumerate(findings.origin.slices)}
    frames = frames_of(made)
    assert len(frames) == len(stored) - 1  # one slice was not scored
    for uid, _, pixels, _ in frames:
        np.testing.assert_array_equal(pixels, np.rint(stored[by_uid[uid]] * 255))


def test_it_is_named_for_what_it_is(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    findings = Findings.of_volume(volume, answers.volume_prediction(volume))
    made = read(mask_segmentation(findings))
    segment = made.get_segment_description(1)
    assert made.SegmentationType == "BINARY"
    assert segment.segment_label == "Model evidence at or above 0.5"
    assert segment.algorithm_type == hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC
    assert segment.segmented_property_type.meaning == "Model evidence of tumour tissue"
    [algorithm] = segment.SegmentationAlgorithmIdentificationSequence
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("BrainScan testnet", "9.8.7")
    for one in (made, read(evidence_segmentation(findings))):
        assert "research use only" in one.SeriesDescription
        assert "Research use only" in one.ContentDescription
        assert "outline" not in one.get_segment_description(1).segment_label


def test_nothing_to_segment(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    low = np.full(volume.shape, 0.3, np.float32)
    findings = Findings.of_volume(volume, answers.volume_prediction(volume, evidence=low))
    with pytest.raises(InputRejected, match=r"reaches 0\.5 nowhere, so there is nothing"):
        mask_segmentation(findings)
    assert read(evidence_segmentation(findings)).NumberOfFrames == volume.depth("axial") - 1
    nothing = answers.volume_prediction(volume, evidence=np.zeros(volume.shape, np.float32))
    with pytest.raises(InputRejected, match="zero everywhere"):
        evidence_segmentation(Findings.of_volume(volume, nothing))


def _other_reference(dataset: Dataset, index: int) -> Dataset:
    dataset.FrameOfReferenceUID = f"1.2.3.{index}"
    return dataset


@pytest.mark.parametrize(
    "source",
    [
        {"FrameOfReferenceUID": None},
        {"FrameOfReferenceUID": "not a number"},
        {"change": _other_reference},
    ],
    ids=["none", "broken", "many"],
)
def test_images_without_a_common_coordinate_system(tmp_path: Path, source: dict) -> None:
    volume = sources.volume_of(sources.series(tmp_path, **source))
    findings = Findings.of_volume(volume, answers.volume_prediction(volume))
    with pytest.raises(InputRejected, match="no common coordinate system"):
        mask_segmentation(findings)


def test_an_image_that_does_not_say_where_it_lies(tmp_path: Path) -> None:
    path = sources.series(tmp_path, change=lambda dataset, index: _unplaced(dataset, index))
    scan = read_dicom_scan(next(path.iterdir()))
    findings = Findings.of_slice(scan, answers.prediction(scan, np.ones(scan.pixels.shape)))
    with pytest.raises(InputRejected, match="do not state where they lie"):
        evidence_segmentation(findings)


def _unplaced(dataset: Dataset, index: int) -> Dataset | None:
    del dataset.ImagePositionPatient, dataset.ImageOrientationPatient
    return dataset if index == 10 else None


def test_slices_of_several_multi_frame_objects(tmp_path: Path) -> None:
    path = sources.enhanced(tmp_path / "a.dcm")
    image = next(iter(sources.stored_images(path).values()))
    groups, pixels = list(image.PerFrameFunctionalGroupsSequence), image.pixel_array
    for name, part in (("a", slice(None, 9)), ("b", slice(9, None))):
        image.PerFrameFunctionalGroupsSequence = groups[part]
        image.NumberOfFrames = len(groups[part])
        image.PixelData = pixels[part].tobytes()
        image.SOPInstanceUID = f"1.2.3.4.5.{ord(name)}"
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        image.save_as(tmp_path / f"{name}.dcm")
    volume = sources.volume_of(tmp_path)
    assert len(volume.instances) == 20
    findings = Findings.of_volume(volume, answers.volume_prediction(volume))
    with pytest.raises(InputRejected, match="several multi-frame objects"):
        mask_segmentation(findings)


def test_a_thickness_that_is_not_stated(tmp_path: Path) -> None:
    """It is the distance between slices; of a single one nobody knows, and that is said."""

    def thin(dataset: Dataset, index: int) -> Dataset:
        del dataset.SliceThickness
        return dataset

    path = sources.series(tmp_path, change=thin)
    volume = sources.volume_of(path)
    whole = Findings.of_volume(volume, answers.volume_prediction(volume))
    scan = volume.to_scan("axial", 12)
    single = Findings.of_slice(scan, answers.prediction(scan))
    for findings, thickness in ((whole, 4.0), (single, 1.0)):
        shared = read(evidence_segmentation(findings)).SharedFunctionalGroupsSequence[0]
        assert shared.PixelMeasuresSequence[0].SliceThickness == pytest.approx(thickness)
    assert any("no slice thickness" in one for one in single.warnings)
    assert not whole.warnings


@pytest.mark.parametrize("lost", [(7, 8), (0, 3, 11)])
def test_missing_slices_leave_the_others_in_place(tmp_path: Path, lost: tuple) -> None:
    def some(dataset: Dataset, index: int) -> Dataset | None:
        return None if index in lost else dataset

    path = sources.series(tmp_path, change=some)
    volume = sources.volume_of(path)
    assert volume.warnings
    made = read(mask_segmentation(Findings.of_volume(volume, answers.volume_prediction(volume))))
    check_frames(made, path)
