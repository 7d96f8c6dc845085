"""Pictures with evidence and outline laid over, as Secondary Capture images (PS3.3 A.8.1).

A volume becomes one single-frame object for each key slice, the most suspicious first, in one
series. Viewers and archives show single-frame captures side by side like any other series; many
play the multi-frame kind as a film, show its first frame only or do not store it.

The pictures carry text and margins, so they state no position and no pixel spacing: nothing can
be measured on them by mistake. They refer to the images they were made from.
"""

from __future__ import annotations

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian

from brainscan.errors import InputRejected
from brainscan.imaging.orientation import Letters
from brainscan.imaging.outline_drawing import OutlineDrawing
from brainscan.imaging.overlay import overlay_image
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.dicom.codes import CODING_SCHEME
from brainscan.reporting.dicom.file import DicomFile, finish, series_number
from brainscan.reporting.dicom.findings import Findings
from brainscan.reporting.dicom.identifiers import new_uid
from brainscan.reporting.dicom.inherited import CHARACTER_SET, lossy_compression
from brainscan.reporting.dicom.key_slices import KeySlice
from brainscan.reporting.dicom.origin import Origin
from brainscan.reporting.dicom.product import equipment
from brainscan.reporting.dicom.wording import (
    decision_sentence,
    measured_sentences,
    model_sentence,
    slice_sentence,
    type_sentence,
)
from brainscan.reporting.outline import EVIDENCE_THRESHOLD

_OPACITY = 0.45
_FEET_HEAD = str.maketrans("SI", "HF")  # DICOM says head and feet


def secondary_captures(findings: Findings) -> tuple[DicomFile, ...]:
    """Return a colour picture of each key slice with evidence, outline and answer burned in.

    Raises
    ------
    InputRejected
        If there is no slice to show.
    """
    if not findings.key_slices:
        raise InputRejected(
            "No slice of the scan was read, so there is no picture to save. Choose another series."
        )
    series = new_uid()
    return tuple(
        _capture(findings, key, series, number)
        for number, key in enumerate(findings.key_slices, start=1)
    )


def _capture(findings: Findings, key: KeySlice, series: str, number: int) -> DicomFile:
    origin = findings.origin
    made = hd.sc.SCImage(
        pixel_array=picture(findings, key),
        photometric_interpretation=hd.PhotometricInterpretationValues.RGB,
        bits_allocated=8,
        coordinate_system=hd.CoordinateSystemNames.PATIENT,
        patient_orientation=("L", "P"),  # replaced below: it may be unknown or oblique
        study_instance_uid=origin.study_uid,
        series_instance_uid=series,
        series_number=series_number(findings, "sc"),
        series_description=f"BrainScan {_shown(findings)} overlay, research use only",
        sop_instance_uid=new_uid(),
        instance_number=number,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        specific_character_set=CHARACTER_SET,
        coding_schemes=[CODING_SCHEME],
        **equipment(findings),
    )
    made.BodyPartExamined = "BRAIN"
    made.ConversionType = hd.sc.ConversionTypeValues.WSD.value
    made.PatientOrientation = _orientation(key.scan.letters)
    drawn = "" if findings.outline is None else f" {findings.outline.sentence}"
    made.DerivationDescription = (
        f"Model evidence from {EVIDENCE_THRESHOLD} laid over the image in colour; answer and "
        f"research-use label burned in.{drawn} {RESEARCH_USE}"
    )
    made.ImageComments = " ".join(
        (decision_sentence(findings), slice_sentence(key), model_sentence(findings))
    )
    made.SourceImageSequence = _sources(origin, key)
    made.ReferencedSeriesSequence = _series(origin)
    if origin.burned_in is not None:
        # It asks for text that identifies the patient; what is burned in here names nobody.
        made.BurnedInAnnotation = origin.burned_in
    visible = origin.stated_by_all("RecognizableVisualFeatures").upper()
    if visible in ("YES", "NO"):
        made.RecognizableVisualFeatures = visible
    for image in origin.objects:
        made.update(lossy_compression(image.header))
    return finish(made, findings, "sc", number)


def picture(findings: Findings, key: KeySlice) -> np.ndarray:
    """Return the picture of a key slice: ``(height, width, 3)`` uint8 RGB."""
    lines = (
        decision_sentence(findings),
        slice_sentence(key),
        type_sentence(findings),
        *measured_sentences(findings, key),
        model_sentence(findings),
    )
    image = overlay_image(
        key.scan,
        key.evidence,
        window=key.window,
        opacity=_OPACITY,
        threshold=EVIDENCE_THRESHOLD,
        caption=[line for line in lines if line],
        outline=_drawing(findings, key),
    )
    return np.asarray(image, np.uint8)


def _shown(findings: Findings) -> str:
    return "evidence" if findings.outline is None else "evidence and outline"


def _drawing(findings: Findings, key: KeySlice) -> OutlineDrawing | None:
    """Return the outline as it is drawn, with its diameters; dashed where the answer is unsure."""
    if findings.outline is None or key.measured is None:
        return None
    across = key.measured.measures.diameters
    return OutlineDrawing(
        mask=key.measured.mask,
        lengths=() if across is None else (across.longest_ends, across.perpendicular_ends),
        possible=findings.outline.by == "model" and findings.answer.decision == "indeterminate",
    )


def _orientation(letters: Letters | None) -> list[str]:
    """Return Patient Orientation (PS3.3 C.7.6.1.1.1): towards the right and the bottom edge."""
    if letters is None:
        return []
    return [letters.right.translate(_FEET_HEAD), letters.bottom.translate(_FEET_HEAD)]


def _sources(origin: Origin, key: KeySlice) -> list[Dataset]:
    """Refer to the image that is shown, or to all of which the picture is a cut."""
    purpose = hd.sr.CodedConcept.from_code(codes.cid7202.SourceImageForImageProcessingOperation)
    found = []
    for piece in origin.slices if key.source is None else (key.source,):
        item = Dataset()
        item.ReferencedSOPClassUID = piece.image.sop_class_uid
        item.ReferencedSOPInstanceUID = piece.image.sop_instance_uid
        if piece.frames is not None:
            item.ReferencedFrameNumber = piece.frames
        item.SpatialLocationsPreserved = "NO"
        item.PurposeOfReferenceCodeSequence = [purpose]
        found.append(item)
    return found


def _series(origin: Origin) -> list[Dataset]:
    """Name the series of the images (PS3.3 C.12.2, Common Instance Reference)."""
    item = Dataset()
    item.SeriesInstanceUID = origin.series_uid
    item.ReferencedInstanceSequence = []
    for image in origin.objects:
        reference = Dataset()
        reference.ReferencedSOPClassUID = image.sop_class_uid
        reference.ReferencedSOPInstanceUID = image.sop_instance_uid
        item.ReferencedInstanceSequence.append(reference)
    return [item]
