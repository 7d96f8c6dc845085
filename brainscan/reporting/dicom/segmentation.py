"""Evidence as DICOM segmentations on the grid of the images (PS3.3 A.51)."""

from __future__ import annotations

import highdicom as hd
import numpy as np
from pydicom.sr.codedict import codes

from brainscan.errors import InputRejected
from brainscan.reporting.dicom.codes import CODING_SCHEME, EVIDENCE
from brainscan.reporting.dicom.file import DicomFile, finish, series_number
from brainscan.reporting.dicom.findings import EVIDENCE_THRESHOLD, Findings
from brainscan.reporting.dicom.identifiers import new_uid
from brainscan.reporting.dicom.images import located_images
from brainscan.reporting.dicom.product import algorithm_sequence, equipment

_STEPS = 255
_ORANGE = (255, 159, 28)
_ELSEWHERE = "Save the evidence as NIfTI or as an array instead."


def mask_segmentation(findings: Findings) -> DicomFile:
    """Return where the evidence reaches one half, as a BINARY segmentation.

    It is named for what it is: a level of the model's evidence, not the outline of a tumor.

    Raises
    ------
    InputRejected
        If the evidence reaches one half nowhere, or the images cannot carry a segmentation.
    """
    mask = findings.evidence >= EVIDENCE_THRESHOLD
    if not mask.any():
        raise InputRejected(
            f"The model's evidence reaches {EVIDENCE_THRESHOLD} nowhere, so there is nothing to "
            "segment. The evidence itself can be saved as a fractional segmentation."
        )
    return _segmentation(
        findings,
        mask.astype(np.uint8),
        kind="seg",
        type_=hd.seg.SegmentationTypeValues.BINARY,
        label=f"Model evidence at or above {EVIDENCE_THRESHOLD}",
        description="Where model evidence >= 0.5. No outline. Research use only",
        series="BrainScan evidence at or above 0.5, research use only",
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
        kind="evidence",
        type_=hd.seg.SegmentationTypeValues.FRACTIONAL,
        label="Model evidence, probability of tumour tissue",
        description="Model evidence, 0 to 1. Research use only",
        series="BrainScan evidence map, research use only",
    )


def _segmentation(
    findings: Findings,
    pixels: np.ndarray,
    *,
    kind: str,
    type_: hd.seg.SegmentationTypeValues,
    label: str,
    description: str,
    series: str,
) -> DicomFile:
    _refuse_unlocated(findings)
    origin = findings.origin
    segment = hd.seg.SegmentDescription(
        segment_number=1,
        segment_label=label,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=EVIDENCE,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=algorithm_sequence(findings),
        tracking_uid=new_uid(),
        tracking_id=label,
        anatomic_regions=[codes.SCT.Brain],
        display_color=hd.color.CIELabColor.from_rgb(*_ORANGE),
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
        content_label="MODEL_EVIDENCE",
        content_description=description,
        series_description=series,
        coding_schemes=[CODING_SCHEME],
        **equipment(findings),
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


def _refuse_unlocated(findings: Findings) -> None:
    """Refuse images on whose grid nothing can be laid (PS3.3 C.8.20.2 and C.7.6.16.2)."""
    origin = findings.origin
    if findings.packed:
        raise InputRejected(
            "The slices are parts of one stored image, a mosaic, and a DICOM segmentation refers "
            f"to whole images only. {_ELSEWHERE}"
        )
    places = [piece.place for piece in origin.slices]
    if any(p.position is None or p.orientation is None or p.spacing is None for p in places):
        raise InputRejected(
            "The images do not state where they lie in the patient, so a DICOM segmentation "
            f"would have no place. {_ELSEWHERE}"
        )
    if not origin.frame_of_reference:
        raise InputRejected(
            "The images state no common coordinate system (Frame of Reference UID), so a DICOM "
            f"segmentation could not be laid over them. {_ELSEWHERE}"
        )
    if len(origin.objects) > 1 and any(one.multiframe for one in origin.objects):
        raise InputRejected(
            "The slices come from several multi-frame objects, and a DICOM segmentation is laid "
            f"over one. {_ELSEWHERE}"
        )
