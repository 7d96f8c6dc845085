"""Synthetic slices that a model gets wrong or leaves open, found by a seeded search.

Real test images may not be passed on with a release. BrainScan's own drawings may: the gallery
holds their seeds, and `brainscan.imaging.phantom` draws the very same pictures again. They show
how an error looks; how often a model errs on patients' images they cannot tell.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol, get_args

from brainscan.data.names import display_name
from brainscan.errors import Cancelled, InputRejected
from brainscan.imaging.phantom import Lesion, Phantom, phantom_slice
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Prediction
from brainscan.reporting.card_json import number, place, text, whole

GENERATOR = "brainscan.imaging.phantom"
SLICES = 240
SEED = 5000
SIZE = 256
_KEPT = 12
_LESIONS: tuple[Lesion, ...] = get_args(Lesion)
_UNSURE = "left indeterminate"


class Predictor(Protocol):
    """What the search asks of a model."""

    def predict(self, scan: Scan) -> Prediction:
        """Return the answer for one slice."""


def find_failures(
    classifier: Predictor,
    *,
    slices: int = SLICES,
    seed: int = SEED,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Search drawings for wrong and uncertain answers; the entry ``gallery`` of a manifest.

    Parameters
    ----------
    classifier
        The model; its own threshold and band decide.
    slices
        Drawings to try, an equal number without lesion and with each kind.
    seed
        Seed of the first drawing; the same numbers give the same drawings everywhere.
    progress
        Called with the number of drawings done and the total.
    cancel
        Asked before every drawing.

    Returns
    -------
    dict
        Plain values: how the search went, counts by lesion, and the cases to show, the most
        confident errors first. No pictures.

    Raises
    ------
    Cancelled
        When ``cancel`` returned true.
    """
    counts: dict[Lesion, Counter[str]] = {lesion: Counter() for lesion in _LESIONS}
    cases = []
    for index in range(slices):
        if cancel is not None and cancel():
            msg = f"The search was stopped after {index} of {slices} drawings."
            raise Cancelled(msg)
        lesion = _LESIONS[index % len(_LESIONS)]
        drawing = phantom_slice(seed + index, lesion=lesion, size=SIZE)
        problem, case = _judge(classifier, drawing, lesion)
        counts[lesion][problem or "right"] += 1
        if problem is not None:
            cases.append(case)
        if progress is not None:
            progress(index + 1, slices)
    return {
        "generator": GENERATOR,
        "synthetic": True,
        "slices": slices,
        "seed": seed,
        "size": SIZE,
        "by_lesion": [
            {"lesion": lesion, "n": found.total(), **{k: found[k] for k in sorted(found)}}
            for lesion, found in counts.items()
        ],
        "cases": _chosen(cases),
    }


def _judge(
    classifier: Predictor, drawing: Phantom, lesion: Lesion
) -> tuple[str | None, dict[str, Any]]:
    """Return what is wrong with the answer, ``None`` when nothing is, and the case."""
    case: dict[str, Any] = {
        "seed": drawing.seed,
        "lesion": lesion,
        "sequence": drawing.sequence,
        "problem": "refused",
    }
    try:
        found = classifier.predict(scan_of(drawing))
    except InputRejected:
        return "refused", case
    kind = found.type
    share = found.type_probabilities.get(kind) if kind else None
    problem = _problem(found, lesion)
    case |= {
        "problem": problem,
        "tumor_probability": round(found.tumor_probability, 6),
        "decision": found.decision,
        "type": kind,
        "type_probability": None if share is None else round(share, 6),
    }
    return problem, case


def _problem(found: Prediction, lesion: Lesion) -> str | None:
    if found.decision == "indeterminate":
        return _UNSURE
    if found.decision == "no_tumor":
        return None if lesion == "none" else "missed tumor"
    if lesion == "none":
        return "false alarm"
    return "wrong type" if found.type and found.type != lesion else None


def _chosen(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the most confident errors of every kind, and the most open ones of the rest."""
    kinds = ("missed tumor", "false alarm", "wrong type", _UNSURE)

    def confidence(case: dict[str, Any]) -> float:
        p = float(case["tumor_probability"])
        if case["problem"] == "missed tumor":
            return 1 - p
        if case["problem"] == "wrong type":
            return float(case["type_probability"] or 0.0)
        return p if case["problem"] == "false alarm" else -abs(p - 0.5)

    kept = []
    for kind in kinds:
        found = [case for case in cases if case["problem"] == kind]
        kept += sorted(found, key=lambda case: (-confidence(case), case["seed"]))[: _KEPT // 3]
    return kept[:_KEPT]


def scan_of(drawing: Phantom) -> Scan:
    """Return a drawing as the scan that a model is asked about."""
    return Scan(
        pixels=drawing.pixels,
        name=f"synthetic-{drawing.label}-{drawing.seed}",
        sha256=hashlib.sha256(drawing.pixels.tobytes()).hexdigest(),
        format="PNG",
        mode="L",
    )


def draw(case: dict[str, Any]) -> Phantom | None:
    """Draw the picture of a case again; ``None`` when the case does not say which."""
    seed, lesion = whole(case.get("seed")), case.get("lesion")
    if seed is None or seed < 0 or lesion not in _LESIONS:
        return None
    return phantom_slice(seed, lesion=lesion, size=SIZE)


def sentence_of(case: dict[str, Any]) -> str:
    """Say what was drawn and what the model said, for example in the card."""
    drawn = text(case.get("lesion"))
    drawn = "no lesion" if drawn == "none" else f"a {drawn}"
    problem = display_name(text(case.get("problem")))
    probability = number(case.get("tumor_probability"))
    answer = "" if probability is None else f", tumour probability {probability:.3f}"
    kind, share = text(case.get("type")), number(case.get("type_probability"))
    if kind and share is not None:
        answer += f", {kind} {share:.3f}"
    sequence = place(text(case.get("sequence")))
    contrast = f", {sequence}" if sequence else ""
    return f"Drawn with {drawn}{contrast} (seed {whole(case.get('seed'))}): {problem}{answer}."
