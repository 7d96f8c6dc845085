"""The answer as a DICOM structured report: Comprehensive 3D SR, template TID 1500 (PS3.16).

The report is complete but preliminary and unverified (PS3.3 C.17.2): the model has said all it
has to say, and no person has looked at it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import highdicom as hd
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.dicom.authors import person_name
from brainscan.reporting.dicom.codes import (
    AGREEMENT,
    BAND_HIGH,
    BAND_LOW,
    CODING_SCHEME,
    DECISION,
    DECISIONS,
    POSSIBLE_TYPE,
    REMARK,
    SCAN_SCORE,
    SLICE_PROBABILITY,
    THRESHOLD,
    tumor_type,
    type_probability,
)
from brainscan.reporting.dicom.codes import RESEARCH_USE as RESEARCH_USE_CONCEPT
from brainscan.reporting.dicom.codes import RULE as RULE_CONCEPT
from brainscan.reporting.dicom.file import DicomFile, finish, series_number
from brainscan.reporting.dicom.findings import Findings
from brainscan.reporting.dicom.identifiers import device_uid, new_uid
from brainscan.reporting.dicom.images import evidence_images
from brainscan.reporting.dicom.inherited import CHARACTER_SET
from brainscan.reporting.dicom.key_slices import KeySlice
from brainscan.reporting.dicom.objects import SourceSlice
from brainscan.reporting.dicom.outline_groups import outline_groups
from brainscan.reporting.dicom.places import place_group
from brainscan.reporting.dicom.product import NAME, algorithm, equipment, parameters
from brainscan.reporting.dicom.references import source_images
from brainscan.reporting.dicom.wording import (
    decision_sentence,
    outline_sentences,
    type_sentence,
)

_NO_UNITS = codes.UCUM.NoUnits
_DIGITS = 6


def structured_report(findings: Findings) -> DicomFile:
    """Return the answer as a structured report.

    It holds one group of measurements for the answer, for a volume one more for each key slice,
    one with a point for each place of strongest evidence, and groups with the size of the outline
    where there is one; then remarks and the research-use
    statement as text.
    """
    made = hd.sr.Comprehensive3DSR(
        evidence=evidence_images(findings.origin),
        content=_content(findings),
        series_instance_uid=new_uid(),
        series_number=series_number(findings, "sr"),
        series_description="BrainScan report, unverified, research use only",
        sop_instance_uid=new_uid(),
        instance_number=1,
        is_complete=True,
        is_final=False,
        is_verified=False,
        specific_character_set=CHARACTER_SET,
        coding_schemes=[CODING_SCHEME],
        **equipment(findings),
    )
    return finish(made, findings, "sr")


def _content(findings: Findings) -> hd.sr.MeasurementReport:
    model = findings.answer.model
    context = hd.sr.ObservationContext(
        observer_person_context=_corrector(findings),
        observer_device_context=hd.sr.ObserverContext(
            observer_type=codes.DCM.Device,
            observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
                uid=device_uid(model, findings.fingerprint),
                name=NAME,
                manufacturer_name=NAME,
                model_name=model,
                serial_number=findings.fingerprint,
            ),
        ),
    )
    groups: list[Any] = [_answer_group(findings)]
    for number, key in enumerate(findings.key_slices, start=1):
        if findings.of_whole_volume:
            groups.append(_slice_group(findings, key, number))
        if key.peak is not None:
            found = place_group(findings, key, key.peak, number, _algorithm(findings, model))
            groups.append(found)
    drawn = findings.outline
    if drawn is not None:
        # What a reader drew is no measure of the network's, also where it was the start.
        derived = _algorithm(findings, drawn.model) if drawn.by != "person" else None
        groups += outline_groups(findings, derived)
    report = hd.sr.MeasurementReport(
        observation_context=context,
        procedure_reported=codes.LN.BrainMRI,
        imaging_measurements=[group for group in groups if group is not None],
        title=codes.DCM.ImagingMeasurementReport,
    )
    report[0].ContentSequence.append(_remarks(findings))
    return report


def _corrector(findings: Findings) -> hd.sr.ObserverContext | None:
    """Return the reader who corrected the outline; ``None`` where nobody did."""
    drawn = findings.outline
    if drawn is None or drawn.by != "person":
        return None
    return hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name=person_name(drawn.author)
        ),
    )


def _answer_group(findings: Findings) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    """Return figures and decision for the whole slice or volume (TID 1501)."""
    answer = findings.answer
    name = SCAN_SCORE if findings.of_whole_volume else SLICE_PROBABILITY
    measured = [(name, answer.tumor_probability), (THRESHOLD, answer.threshold)]
    low, high = answer.band
    if high > low:
        measured += [(BAND_LOW, low), (BAND_HIGH, high)]
    if isinstance(answer, VolumePrediction):
        measured.append((AGREEMENT, answer.agreement))
    if answer.type_set and answer.types_learned:
        shares = answer.type_probabilities.items()
        measured += [(type_probability(name), share) for name, share in shares]
    evaluations = [hd.sr.QualitativeEvaluation(DECISION, DECISIONS[answer.decision])]
    evaluations += [
        hd.sr.QualitativeEvaluation(POSSIBLE_TYPE, tumor_type(name))
        for name in answer.type_set
        if answer.types_learned
    ]
    title = "Whole scan" if findings.of_whole_volume else "Slice"
    return _group(findings, f"BrainScan: {title}", measured, evaluations, findings.origin.slices)


def _slice_group(
    findings: Findings, key: KeySlice, number: int
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    """Return the figures of one slice of a volume."""
    return _group(
        findings,
        f"BrainScan: key slice {number}, {key.title}",
        [(SLICE_PROBABILITY, key.probability), (THRESHOLD, key.threshold)],
        [],
        () if key.source is None else (key.source,),
    )


def _group(
    findings: Findings,
    title: str,
    measured: Iterable[tuple[Code, float]],
    evaluations: list[hd.sr.QualitativeEvaluation],
    slices: Iterable[SourceSlice],
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=new_uid(), identifier=title),
        algorithm_id=_algorithm(findings, findings.answer.model),
        finding_sites=[hd.sr.FindingSite(codes.SCT.Brain)],
        measurements=[measurement(name, value) for name, value in measured],
        qualitative_evaluations=evaluations,
        source_images=source_images(slices),
    )


def measurement(name: Code, value: float) -> hd.sr.Measurement:
    """Return a number between 0 and 1 (unit ``1``, no units)."""
    return hd.sr.Measurement(name=name, value=round(value, _DIGITS), unit=_NO_UNITS)


def _algorithm(findings: Findings, model: str) -> hd.sr.AlgorithmIdentification:
    """Return the algorithm without its family: readers list that code among the findings."""
    name, version = algorithm(model)
    return hd.sr.AlgorithmIdentification(
        name=name,
        version=version,
        parameters=[f"{key}: {value}" for key, value in parameters(findings, model).items()],
        manufacturer=NAME,
    )


def _remarks(findings: Findings) -> hd.sr.ContainerContentItem:
    """Return the text of the report (TID 1500 rows 12 to 14, Qualitative Evaluations)."""
    container = hd.sr.ContainerContentItem(
        name=Code("C0034375", "UMLS", "Qualitative Evaluations"),
        relationship_type=hd.sr.RelationshipTypeValues.CONTAINS,
    )
    lines = [(RESEARCH_USE_CONCEPT, RESEARCH_USE), (REMARK, decision_sentence(findings))]
    if isinstance(findings.answer, VolumePrediction):
        lines.append((RULE_CONCEPT, findings.answer.rule))
    if findings.answer.type_set:
        lines.append((REMARK, type_sentence(findings)))
    if findings.outline is not None:
        lines += [(REMARK, sentence) for sentence in outline_sentences(findings)]
    lines += [(REMARK, sentence) for sentence in findings.warnings]
    container.ContentSequence = hd.sr.ContentSequence(
        [
            hd.sr.TextContentItem(
                name=name, value=line, relationship_type=hd.sr.RelationshipTypeValues.CONTAINS
            )
            for name, line in lines
        ]
    )
    return container
