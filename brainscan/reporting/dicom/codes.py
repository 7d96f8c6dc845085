"""Coded concepts of results: the standard's own where it has one, otherwise BrainScan's.

No standard code says "the probability that a model gives a slice"; the near ones, such as
"Probability of cancer", say something else. Codes of a private scheme with a plain meaning are
honest: a viewer shows the meaning, and no software mistakes it for another measurement.
"""

from __future__ import annotations

import re

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from brainscan.inference.decision import Decision

SCHEME = "99BRAINSCAN"
CODING_SCHEME = CodingSchemeIdentificationItem(
    designator=SCHEME, name="BrainScan concepts", responsible_organization="BrainScan"
)
"""Names the private scheme in an object (PS3.3 C.12.1.1.6)."""

_LONGEST_VALUE = 16
_LONGEST_MEANING = 64


def _own(value: str, meaning: str) -> Code:
    return Code(value, SCHEME, meaning)


EVIDENCE = _own("EVIDENCE", "Model evidence of tumour tissue")
EVIDENCE_AT_PLACE = _own("EVIDENCE-PEAK", "Model evidence at this place")
SLICE_PROBABILITY = _own("SLICE-PROB", "Tumour probability of the slice")
SCAN_SCORE = _own("SCAN-SCORE", "Tumour score of the whole scan")
THRESHOLD = _own("THRESHOLD", "Operating threshold")
BAND_LOW = _own("BAND-LOW", "Lower end of the indeterminate range")
BAND_HIGH = _own("BAND-HIGH", "Upper end of the indeterminate range")
AGREEMENT = _own("AGREEMENT", "Share of slices that decide as the scan")
DECISION = _own("DECISION", "Tumour, decision of the model")
POSSIBLE_TYPE = _own("POSSIBLE-TYPE", "Possible tumour type, given a tumour")
RESEARCH_USE = _own("RESEARCH-USE", "Research use statement")
RULE = _own("RULE", "How the slices decide for the scan")
REMARK = _own("REMARK", "Remark")
LESIONS = _own("LESIONS", "Number of separate pieces of the outline")

DECISIONS: dict[Decision, Code] = {
    "tumor": codes.cid240.Present,
    "no_tumor": codes.cid240.Absent,
    "indeterminate": codes.cid240.Undetermined,
}
"""Values of :data:`DECISION` (CID 240, Present-Absent)."""


def tumor_type(name: str) -> Code:
    """Return the concept of a type that a release names."""
    return _own(_value("TYPE", name), name.capitalize()[:_LONGEST_MEANING])


def type_probability(name: str) -> Code:
    """Return the name of the probability of a type."""
    meaning = f"Probability of {name}, given a tumour"
    return _own(_value("PROB", name), meaning[:_LONGEST_MEANING])


def _value(prefix: str, name: str) -> str:
    """Return a code value: 16 characters, as Code Value (SH) allows."""
    return f"{prefix}-{re.sub(r'[^A-Z0-9]+', '-', name.upper())}"[:_LONGEST_VALUE].strip("-")
