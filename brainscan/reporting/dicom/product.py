"""BrainScan and the model, as DICOM names the equipment and the algorithm behind a result."""

from __future__ import annotations

from typing import Any

import highdicom as hd
from pydicom.sr.codedict import codes

import brainscan
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.reporting.dicom.findings import Findings

NAME = "BrainScan"
_LONGEST = 64


def equipment(findings: Findings) -> dict[str, Any]:
    """Return the arguments of highdicom that name the creating equipment (PS3.3 C.7.5.1).

    The serial number is the release's fingerprint, which tells one set of weights from another.
    """
    return {
        "manufacturer": NAME,
        "manufacturer_model_name": findings.answer.model[:_LONGEST],
        "software_versions": (f"{NAME} {brainscan.__version__}", findings.answer.model[:_LONGEST]),
        "device_serial_number": findings.fingerprint or "unknown",
        "contributing_equipment": list(findings.origin.equipment),
    }


def algorithm(model: str) -> tuple[str, str]:
    """Return name and version of the algorithm that a release is."""
    name, _, version = model.rpartition(" ")
    return f"{NAME} {name}".strip(), version or "unknown"


def parameters(findings: Findings, model: str) -> dict[str, str]:
    """Return which weights the algorithm has, and the sensitivity asked of it.

    Empty for another model than the one that answered, of which nothing is known: a reader may
    have corrected its outline before.
    """
    found: dict[str, str] = {}
    answer = findings.answer
    if model != answer.model:
        return found
    if answer.sensitivity is not None:
        kept = not isinstance(answer, VolumePrediction) or answer.promised
        found["sensitivity asked for"] = (
            f"{answer.sensitivity:g}{'' if kept else ' (not promised)'}"
        )
    if findings.fingerprint:
        found["release sha256"] = findings.fingerprint
    return found


def algorithm_sequence(findings: Findings, model: str) -> hd.AlgorithmIdentificationSequence:
    """Return the algorithm as images state it (PS3.3 table 10-19)."""
    name, version = algorithm(model)
    return hd.AlgorithmIdentificationSequence(
        name=name,
        family=codes.cid7162.ArtificialIntelligence,
        version=version,
        source=NAME,
        parameters=parameters(findings, model) or None,
    )
