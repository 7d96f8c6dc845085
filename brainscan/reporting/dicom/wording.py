"""The answer in words, for pictures and reports."""

from __future__ import annotations

from brainscan.inference.decision import Decision
from brainscan.reporting.dicom.findings import Findings
from brainscan.reporting.dicom.key_slices import KeySlice

_DECISIONS: dict[Decision, str] = {
    "tumor": "Tumour suspected",
    "no_tumor": "No tumour detected",
    "indeterminate": "Uncertain",
}


def decision_sentence(findings: Findings) -> str:
    """Return the decision with the figure it rests on, for example ``"Tumour suspected: ..."``."""
    answer = findings.answer
    what = "tumour score of the scan" if findings.of_whole_volume else "tumour probability"
    low, high = answer.band
    band = f", uncertain from {low:.2f} to {high:.2f}" if high > low else ""
    return (
        f"{_DECISIONS[answer.decision]}: {what} {answer.tumor_probability:.2f}, "
        f"threshold {answer.threshold:.2f}{band}."
    )


def type_sentence(findings: Findings) -> str:
    """Return the types that are possible; empty where none is reported."""
    types = findings.answer.type_set
    if not types:
        return ""
    if not findings.answer.types_learned:
        return "Type: not known. The types were not learned on scans of this sequence."
    shares = findings.answer.type_probabilities
    named = " or ".join(f"{name} ({shares[name]:.2f})" for name in types)
    return f"Type, if it is a tumour: {named}."


def slice_sentence(key: KeySlice) -> str:
    """Return what is said of one slice of a volume; empty for a single image."""
    if not key.title:
        return ""
    return (
        f"{key.title[0].upper()}{key.title[1:]}: tumour probability of this slice "
        f"{key.probability:.2f}, threshold {key.threshold:.2f}."
    )


def model_sentence(findings: Findings) -> str:
    """Return which model answered, and what of its answer no person has verified."""
    corrected = findings.outline is not None and findings.outline.by == "person"
    unseen = (
        "Its answer was not verified by a person." if corrected else "Not verified by a person."
    )
    return f"Model: BrainScan {findings.answer.model}. {unseen}"


def outline_sentences(findings: Findings) -> list[str]:
    """Return whose the outline is and how large it is; nothing where there is none."""
    if findings.outline is None:
        return []
    found = [findings.outline.sentence]
    if not findings.outline.mask.any():
        return [*found, "The outline is empty: nothing is marked as tumour."]
    if findings.drawn is not None:
        measures, (low, high) = findings.drawn.measures, findings.drawn.range_ml
        several = "" if measures.lesions == 1 else f" in {measures.lesions} pieces"
        unsure = f", from {low:.1f} to {high:.1f} by its uncertain border" if high > low else ""
        found.append(f"Outlined volume: {measures.milliliters:.1f} mL{unsure}{several}.")
    return found


def measured_sentences(findings: Findings, key: KeySlice) -> list[str]:
    """Return whose the outline on a slice is and how large it is there; nothing without one."""
    if findings.outline is None or key.measured is None:
        return []
    found = key.measured.measures
    if found.diameters is None:
        return [findings.outline.sentence, "Nothing is outlined on this slice."]
    unit = found.unit
    across = f"{found.diameters.longest:.1f} x {found.diameters.perpendicular:.1f} {unit}"
    area = f"{found.area:,.0f} mm²" if unit == "mm" else f"{found.area:,.0f} px²"
    pieces = "" if found.lesions == 1 else f", {found.lesions} pieces"
    return [findings.outline.sentence, f"Outline on this slice: {across}, area {area}{pieces}."]
