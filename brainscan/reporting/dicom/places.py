"""The places of strongest evidence as points in a structured report (TID 1410, PS3.16)."""

from __future__ import annotations

import highdicom as hd
import numpy as np
from pydicom.sr.codedict import codes

from brainscan.reporting.dicom.codes import EVIDENCE_AT_PLACE
from brainscan.reporting.dicom.findings import Findings
from brainscan.reporting.dicom.identifiers import new_uid
from brainscan.reporting.dicom.key_slices import KeySlice, Peak

_DIGITS = 6


def place_group(
    findings: Findings,
    key: KeySlice,
    peak: Peak,
    number: int,
    algorithm: hd.sr.AlgorithmIdentification,
) -> hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations | None:
    """Return the strongest evidence on a key slice, and where it lies.

    It is a point that stands for the region around it (CID 219, Representative point), not its
    outline. ``None`` where the images do not say where they lie and none of them is the slice.
    """
    region = _region(findings, key, peak)
    if region is None:
        return None
    which = f"key slice {number}, {key.title}" if key.title else "slice"
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=new_uid(), identifier=f"BrainScan: strongest evidence, {which}"
        ),
        referenced_region=region,
        algorithm_id=algorithm,
        finding_sites=[hd.sr.FindingSite(codes.SCT.Brain)],
        measurements=[
            hd.sr.Measurement(
                name=EVIDENCE_AT_PLACE,
                value=round(peak.value, _DIGITS),
                unit=codes.UCUM.NoUnits,
            )
        ],
        geometric_purpose=codes.cid219.RepresentativePoint,
    )


def _region(
    findings: Findings, key: KeySlice, peak: Peak
) -> hd.sr.ImageRegion | hd.sr.ImageRegion3D | None:
    """Return a point on the stored image, or one in space where no image is the slice."""
    if key.source is not None and not findings.packed:
        _, row, column = peak.voxel
        return hd.sr.ImageRegion(
            graphic_type=hd.sr.GraphicTypeValues.POINT,
            # Column, row; the centre of the first pixel is 0.5, 0.5 (PS3.3 C.18.6.1.1).
            graphic_data=np.array([[column + 0.5, row + 0.5]]),
            source_image=hd.sr.SourceImageForRegion(
                referenced_sop_class_uid=key.source.image.sop_class_uid,
                referenced_sop_instance_uid=key.source.image.sop_instance_uid,
                referenced_frame_numbers=key.source.frames,
            ),
        )
    if peak.position is None or not findings.origin.frame_of_reference:
        return None
    return hd.sr.ImageRegion3D(
        graphic_type=hd.sr.GraphicTypeValues3D.POINT,
        graphic_data=np.array([peak.position]),
        frame_of_reference_uid=findings.origin.frame_of_reference,
    )
