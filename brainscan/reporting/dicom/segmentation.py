"""Outline and evidence as DICOM segmentations on the grid of the images (PS3.3 A.51)."""

from __future__ import annotations

from typing import Any

import highdicom as hd
import numpy as np
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from brainscan.errors import InputRejected
from brainscan.reporting.dicom.authors import algorithm_type, person_name, refuse_empty
from brainscan.reporting.dicom.codes import CODING_SCHEME, EVIDENCE
from brainscan.reporting.dicom.file import DicomFile, finish, series_number
from brainscan.reporting.dicom.findings import Findings
from brainscan.reporting.dicom.identifiers import new_uid
from brainscan.reporting.dicom.images import located_images
from brainscan.reporting.dicom.located import refuse_unlocated
from brainscan.reporting.dicom.product import algorithm_sequence, equipment
from brainscan.reporting.outline import EVIDENCE_THRESHOLD, Outline

_STEPS = 255
_ORANGE, _BLUE = (255, 159, 28), (86, 180, 233)
_ELSEWHERE = "Save it as NIfTI, PNG or an array instead."


def mask_segmentation(findings: Findings) -> DicomFile:
    """Return the outline of the tumor as a BINARY segmentation, or a level of the evidence.

    Where the model draws no outline, it is where the evidence reaches one half, and is named for
    what it is: no outline.

    Raises
    ------
    InputRejected
        If there is nothing to segment, or the images cannot carry a segmentation.
    """
    if findings.outline is not None:
        return _outline_segmentation(findings, findings.outline)
    mask = findings.evidence >= EVIDENCE_THRESHOLD
    if not mask.any():
        raise InputRejected(
            f"The model's evidence reaches {EVIDENCE_THRESHOLD} nowhere, so there is nothing to "
            "segment. The evidence itself can be saved as a fractional segmentation."
        )
    return _segmentation(
        findings,
        mask.astype(np.uint8),
        _evidence_segment(findings, f"Model evidence at or above {EVIDENCE_THRESHOLD}"),
        kind="seg",
        type_=hd.seg.SegmentationTypeValues.BINARY,
        content_label="MODEL_EVIDENCE",
        content_description="Where model evidence >= 0.5. No outline. Research use only",
        series_description="BrainScan evidence at or above 0.5, research use only",
    )


def _outline_segmentation(findings: Findings, outline: Outline) -> DicomFile:
    refuse_empty(outline)
    corrected = outline.by == "person"
    label = outline.label
    segment = _segment(
        label,
        codes.SCT.Neoplasm,
        tracking_uid=findings.outline_uid,
        algorithm_type=algorithm_type(outline),
        algorithm_identification=(
            algorithm_sequence(findings, outline.model) if outline.model else None
        ),
        color=_BLUE,
    )
    segment.SegmentDescription = outline.sentence
    return _segmentation(
        findings,
        outline.mask.astype(np.uint8),
        segment,
        kind="seg",
        type_=hd.seg.SegmentationTypeValues.BINARY,
        content_label="TUMOR_OUTLINE",
        content_description=f"{label}. Research use only",
        content_creator_name=person_name(outline.author) if corrected else None,
        series_description=f"BrainScan {label[0].lower()}{label[1:]}, research use only",
    )


def evidence_segmentation(findings: Findings) -> DicomFile:
    """Return the evidence as a FRACTIONAL segmentation of probabilities, in steps of 1/255.

    Raises
    ------
    InputRejected
        If there is no evidence at all, or the images cannot carry a segmentation.
    """
    evidence = np.clip(findings.evidence, 0.0, 1.0)
    if not bool((evidence * _STEPS >= 0.5).any()):
        raise InputRejected(
            "The model's evidence is zero everywhere, so there is nothing to save as a "
            "segmentation. The structured report says so."
        )
    return _segmentation(
        findings,
        evidence.astype(np.float32),
        _evidence_segment(findings, "Model evidence, probability of tumour tissue"),
        kind="evidence",
        type_=hd.seg.SegmentationTypeValues.FRACTIONAL,
        content_label="MODEL_EVIDENCE",
        content_description="Model evidence, 0 to 1. Research use only",
        series_description="BrainScan evidence map, research use only",
    )


def _evidence_segment(findings: Findings, label: str) -> hd.seg.SegmentDescription:
    return _segment(
        label,
        EVIDENCE,
        tracking_uid=new_uid(),
        algorithm_type="AUTOMATIC",
        algorithm_identification=algorithm_sequence(findings, findings.answer.model),
        color=_ORANGE,
    )


def _segment(
    label: str, what: Code, *, color: tuple[int, int, int], **more: Any
) -> hd.seg.SegmentDescription:
    return hd.seg.SegmentDescription(
        segment_number=1,
        segment_label=label,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=what,
        tracking_id=label,
        anatomic_regions=[codes.SCT.Brain],
        display_color=hd.color.CIELabColor.from_rgb(*color),
        **more,
    )


def _segmentation(
    findings: Findings,
    pixels: np.ndarray,
    segment: hd.seg.SegmentDescription,
    *,
    kind: str,
    type_: hd.seg.SegmentationTypeValues,
    **more: Any,
) -> DicomFile:
    refuse_unlocated(findings, "a DICOM segmentation", _ELSEWHERE)
    origin = findings.origin
    if len(origin.objects) > 1 and any(one.multiframe for one in origin.objects):
        raise InputRejected(
            "The slices come from several multi-frame objects, and a DICOM segmentation is laid "
            f"over one. {_ELSEWHERE}"
        )
    made = hd.seg.Segmentation(
        source_images=located_images(origin),
        pixel_array=pixels,
        segmentation_type=type_,
        segment_descriptions=[segment],
        series_instance_uid=new_uid(),
        series_number=series_number(findings, kind),
        sop_instance_uid=new_uid(),
        instance_number=1,
        max_fractional_value=_STEPS,
        coding_schemes=[CODING_SCHEME],
        **equipment(findings),
        **more,
    )
    if origin.slices[0].image.multiframe:
        _restore_frame_numbers(made, [piece.frame for piece in origin.slices])
    return finish(made, findings, kind)


def _restore_frame_numbers(made: hd.seg.Segmentation, stored: list[int]) -> None:
    """Refer to frames by their number in the file; highdicom was given the slices only."""
    for group in made.PerFrameFunctionalGroupsSequence:
        for derivation in group.DerivationImageSequence:
            for reference in derivation.SourceImageSequence:
                reference.ReferencedFrameNumber = stored[reference.ReferencedFrameNumber - 1]
