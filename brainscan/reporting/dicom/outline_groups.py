"""The size of the outline as measurement groups of a structured report (TID 1501, PS3.16)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import highdicom as hd
import numpy as np
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from brainscan.imaging.lesion_border import Chord
from brainscan.reporting.dicom.codes import LESIONS
from brainscan.reporting.dicom.findings import Findings
from brainscan.reporting.dicom.identifiers import new_uid
from brainscan.reporting.dicom.key_slices import KeySlice
from brainscan.reporting.dicom.references import source_images

_DIGITS = 4
# CID 7460 and 7461 know no pixels; annotations in braces are UCUM's units without dimension.
_UNITS = {
    "mm": (codes.UCUM.Millimeter, codes.UCUM.SquareMillimeter),
    "px": (Code("{pixels}", "UCUM", "pixels"), Code("{pixels}", "UCUM", "pixels")),
}
_RANO = Code("C114879", "NCIt", "RANO")
"""Response Assessment in Neuro-Oncology, CID 6147."""


def outline_groups(
    findings: Findings, algorithm: hd.sr.AlgorithmIdentification | None
) -> Iterator[hd.sr.MeasurementsAndQualitativeEvaluations]:
    """Yield the volume of the outline, then its size on slices.

    Nothing without an outline, and nothing of what is outlined nowhere: a group states a neoplasm,
    and one of 0 cm3 would still be one to whoever counts groups.

    Slices are the key slices and the one with the largest diameter, which is what RANO measures.

    Parameters
    ----------
    findings
        With the outline, and its measures.
    algorithm
        What derived the outline; ``None`` for one that a person drew or corrected.
    """
    if findings.outline is None:
        return
    if findings.drawn is not None and findings.drawn.measures.lesions:
        measures = findings.drawn.measures
        yield hd.sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=hd.sr.TrackingIdentifier(
                uid=findings.outline_uid, identifier="BrainScan: tumour outline, whole scan"
            ),
            finding_type=codes.SCT.Neoplasm,
            finding_sites=[hd.sr.FindingSite(codes.SCT.Brain)],
            algorithm_id=algorithm,
            measurements=[
                _number(
                    codes.SCT.Volume,
                    measures.milliliters,
                    codes.UCUM.CubicCentimeter,
                    method=codes.cid7474.SumOfSegmentedVoxelMethodForVolume,
                ),
                _number(LESIONS, measures.lesions, codes.UCUM.NoUnits),
            ],
            source_images=source_images(findings.origin.slices),
        )
    for which, key in _measured_slices(findings):
        if key.measured and key.measured.measures.lesions:
            yield _slice_group(findings, key, which, algorithm)


def _measured_slices(findings: Findings) -> Iterator[tuple[str, KeySlice]]:
    """Yield the key slices, and the slice of the largest diameter if it is none of them."""
    widest = findings.widest
    for number, key in enumerate(findings.key_slices, start=1):
        if not key.title:
            yield "slice", key
        elif widest is not None and key.title == widest.title:
            yield f"key slice {number} and largest diameter, {key.title}", key
        else:
            yield f"key slice {number}, {key.title}", key
    if widest is not None and all(widest.title != key.title for key in findings.key_slices):
        yield f"largest diameter, {widest.title}", widest


def _slice_group(
    findings: Findings,
    key: KeySlice,
    which: str,
    algorithm: hd.sr.AlgorithmIdentification | None,
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    """Return area and, of the largest lesion, the diameters of RANO."""
    assert key.measured is not None  # there is an outline
    found = key.measured.measures
    length, area = _UNITS[found.unit]
    measured = [
        _number(codes.SCT.Area, found.area, area),
        _number(LESIONS, found.lesions, codes.UCUM.NoUnits),
    ]
    if found.diameters is not None:
        ends = key.measured.ends if not findings.packed else ()
        for place, (name, value) in enumerate(
            (
                (codes.SCT.LongAxis, found.diameters.longest),
                (codes.SCT.PerpendicularAxis, found.diameters.perpendicular),
            )
        ):
            measured.append(
                _number(
                    name,
                    value,
                    length,
                    method=_RANO,
                    referenced_coordinates=[_line(key, ends[place])] if ends else None,
                )
            )
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            # A single slice is all of its outline; the slices of a volume are parts of one.
            uid=new_uid() if findings.of_whole_volume else findings.outline_uid,
            identifier=f"BrainScan: tumour outline, {which}",
        ),
        finding_type=codes.SCT.Neoplasm,
        finding_sites=[hd.sr.FindingSite(codes.SCT.Brain)],
        algorithm_id=algorithm,
        measurements=measured,
        source_images=source_images(() if key.source is None else (key.source,)),
    )


def _number(name: Code, value: float, unit: Code, **more: Any) -> hd.sr.Measurement:
    """Return a number that was derived, not read off by a person (CID 3627, Calculated)."""
    return hd.sr.Measurement(
        name=name,
        value=round(float(value), _DIGITS),
        unit=unit,
        derivation=codes.cid3627.Calculated,
        **more,
    )


def _line(key: KeySlice, ends: Chord) -> hd.sr.CoordinatesForMeasurement:
    """Return a diameter as a line on the stored image."""
    assert key.source is not None
    return hd.sr.CoordinatesForMeasurement(
        graphic_type=hd.sr.GraphicTypeValues.POLYLINE,
        # Column, row; the center of the first pixel is 0.5, 0.5 (PS3.3 C.18.6.1.1).
        graphic_data=np.array([[column + 0.5, row + 0.5] for row, column in ends]),
        source_image=hd.sr.SourceImageForRegion(
            referenced_sop_class_uid=key.source.image.sop_class_uid,
            referenced_sop_instance_uid=key.source.image.sop_instance_uid,
            referenced_frame_numbers=key.source.frames,
        ),
    )
