"""The outline as a DICOM segmentation: the model's, and one that a reader corrected."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest

from brainscan.errors import InputRejected
from brainscan.imaging.correction import UNNAMED, Correction
from brainscan.imaging.dicom import read_dicom_scan
from brainscan.imaging.volume import Volume
from brainscan.reporting.dicom import (
    DicomFile,
    Findings,
    evidence_segmentation,
    mask_segmentation,
    structured_report,
)
from tests.imaging.patient import AXIAL, OBLIQUE, SAGITTAL
from tests.reporting.dicom import answers, sources
from tests.reporting.dicom.sources import Phantom

WHEN = "2026-11-26T12:00:00+00:00"


def read(file: DicomFile) -> Any:
    return hd.seg.segread(io.BytesIO(file.data))


def voxels_of(made: Any, volume: Volume, path: Path) -> np.ndarray:
    """Return the segment on the source grid, each frame put where its source image lies."""
    images = sources.stored_images(path)
    order = [one.sop_instance_uid for one in volume.instances]
    found = np.zeros(volume.source.shape, bool)
    pixels = made.pixel_array.reshape(-1, made.Rows, made.Columns)
    for frame, group in zip(pixels, made.PerFrameFunctionalGroupsSequence, strict=True):
        reference = group.DerivationImageSequence[0].SourceImageSequence[0]
        uid = reference.ReferencedSOPInstanceUID
        position = group.PlanePositionSequence[0].ImagePositionPatient
        np.testing.assert_allclose(position, images[uid].ImagePositionPatient, atol=1e-4)
        found[order.index(uid)] = frame
    return found


def scattered(volume: Volume) -> np.ndarray:
    """Return an outline that no turn or reversal leads into itself."""
    mask = np.random.default_rng(3).random(volume.shape) < 0.2
    mask[: volume.shape[0] // 2] = False
    return mask


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, OBLIQUE])
def test_every_voxel_of_the_outline(phantom: Phantom, orientation: tuple) -> None:
    path = phantom(orientation)
    volume = sources.volume_of(path)
    mask = scattered(volume)
    answer = answers.volume_prediction(volume, mask=mask)
    expected = answer.mask_volume(volume)
    assert expected is not None and expected.any()
    made = read(mask_segmentation(Findings.of_volume(volume, answer)))
    np.testing.assert_array_equal(voxels_of(made, volume, path), volume.source.to_source(expected))


def test_a_correction_takes_the_place_of_the_outline(phantom: Phantom) -> None:
    path = phantom(OBLIQUE)
    volume = sources.volume_of(path)
    mask = scattered(volume)
    answer = answers.volume_prediction(volume, mask=~mask)
    correction = Correction(mask, "Åsa ^Lind", WHEN, answers.MODEL)
    findings = Findings.of_volume(volume, answer, correction=correction)
    made = read(mask_segmentation(findings))
    np.testing.assert_array_equal(voxels_of(made, volume, path), volume.source.to_source(mask))
    segment = made.get_segment_description(1)
    assert segment.algorithm_type == hd.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC
    assert segment.segment_label == "Tumour outline, corrected"
    assert "corrected by Åsa ^Lind" in segment.SegmentDescription and WHEN in str(
        segment.SegmentDescription
    )
    assert made.ContentCreatorName.family_name == "Åsa Lind"
    assert "corrected, research use only" in made.SeriesDescription
    # The evidence stays the model's.
    fractional = read(evidence_segmentation(findings)).get_segment_description(1)
    assert fractional.algorithm_type == hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC


def test_it_is_named_for_what_it_is(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    findings = Findings.of_volume(volume, answers.volume_prediction(volume, mask=scattered(volume)))
    made = read(mask_segmentation(findings))
    segment = made.get_segment_description(1)
    assert made.SegmentationType == "BINARY" and made.ContentLabel == "TUMOR_OUTLINE"
    assert segment.segment_label == "Tumour outline by a model"
    assert segment.segmented_property_type.meaning == "Neoplasm"
    assert segment.algorithm_type == hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC
    assert segment.SegmentDescription == f"Outlined by {answers.MODEL}. Not checked by a person."
    assert "Research use only" in made.ContentDescription
    assert not made.get("ContentCreatorName")
    # Report and segmentation follow the outline under one identifier.
    report = hd.sr.srread(io.BytesIO(structured_report(findings).data))
    [whole] = report.content.get_image_measurement_groups(tracking_uid=segment.tracking_uid)
    assert whole.tracking_identifier == "BrainScan: tumour outline, whole scan"


def test_what_no_model_had_a_part_in_is_manual(phantom: Phantom) -> None:
    path = phantom()
    scan = read_dicom_scan(next(iter(sorted(path.iterdir()))))
    drawn = np.zeros(scan.pixels.shape, bool)
    drawn[3, 5:9] = True
    correction = Correction(drawn, "", WHEN, "")
    findings = Findings.of_slice(scan, answers.prediction(scan), correction=correction)
    made = read(mask_segmentation(findings))
    segment = made.get_segment_description(1)
    assert segment.algorithm_type == hd.seg.SegmentAlgorithmTypeValues.MANUAL
    assert "SegmentAlgorithmName" not in segment
    assert made.ContentCreatorName.family_name == UNNAMED
    np.testing.assert_array_equal(made.pixel_array.reshape(drawn.shape), drawn)


def test_nothing_outlined_is_said_and_not_replaced_by_evidence(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    answer = answers.volume_prediction(volume, mask=scattered(volume), decision="no_tumor")
    with pytest.raises(InputRejected, match="The model's outline is empty"):
        mask_segmentation(Findings.of_volume(volume, answer))


def test_a_correction_of_another_size(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    wrong = Correction(np.zeros((2, 2, 2), bool), "", WHEN, answers.MODEL)
    with pytest.raises(ValueError, match="shape"):
        Findings.of_volume(volume, answers.volume_prediction(volume), correction=wrong)
