"""What a model card tells beyond the figures: calibration bins, types by source, worst errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from brainscan.evaluation.metrics import confusion_figures
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.rows import ERROR_KINDS

WORST_PER_KIND = 12


def reliability_bins(result: EvaluationResult) -> list[dict[str, Any]]:
    """Return the bins of the reliability diagram, empty ones too.

    Each has ``low`` and ``high`` (borders of the predicted probability), ``n``, and ``predicted``
    and ``observed`` (mean probability and share of tumour images; ``None`` in an empty bin).
    """
    bins = result.reliability

    def share(value: float) -> float | None:
        return round(float(value), 6) if np.isfinite(value) else None

    return [
        {
            "low": round(float(bins.edges[i]), 6),
            "high": round(float(bins.edges[i + 1]), 6),
            "n": int(bins.count[i]),
            "predicted": share(bins.predicted[i]),
            "observed": share(bins.observed[i]),
        }
        for i in range(len(bins.count))
    ]


def types_by_source(result: EvaluationResult) -> list[dict[str, Any]]:
    """Return accuracy and macro F1 of the type within every source that gives types.

    Over tumour images of a given type, whether the tumour was found or missed. Empty where model
    or dataset has no types.
    """
    if result.types is None:
        return []
    names = result.types.classes
    units = result.units
    parts: dict[str, list[int]] = {}
    for number in result.counted:
        row = result.rows[number]
        if row.type and row.best_type:
            parts.setdefault(row.source, []).append(number)
    found = []
    for source, numbers in sorted(parts.items()):
        rows = [result.rows[i] for i in numbers]
        figures = confusion_figures(
            np.array([names.index(str(row.type)) for row in rows], int),
            np.array([names.index(str(row.best_type)) for row in rows], int),
            names,
            [units[i] for i in numbers],
        )
        found.append(
            {
                "name": source,
                "n": len(rows),
                "accuracy": figures.accuracy.to_json(),
                "macro_f1": figures.macro_f1.to_json(),
            }
        )
    return found


def worst_errors(result: EvaluationResult, per_kind: int = WORST_PER_KIND) -> list[dict[str, Any]]:
    """Return the most confident errors of every kind at the model's own threshold.

    File names, truths and probabilities, no pictures, and no type where the app names none; the
    SHA-256 lets a reader who has the data find the very file.
    """
    threshold = result.model.threshold
    found = []
    for kind in ERROR_KINDS:
        rows = [result.rows[i] for i in result.counted if result.rows[i].error(threshold) == kind]
        rows.sort(key=lambda row: (-row.severity(kind), row.name))
        found += [
            {
                "error": kind,
                "file": row.name,
                "label": row.type or row.label,
                "tumor_probability": round(float(row.probability or 0.0), 6),
                "type": row.best_type if row.names_types else None,
                "type_probability": round(max(dict(row.types).values()), 6)
                if row.types and row.names_types
                else None,
                "sha256": row.sha256,
            }
            for row in rows[:per_kind]
        ]
    return found
