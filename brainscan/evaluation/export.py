"""Evaluation results as JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from brainscan.data.dataset import TYPES
from brainscan.evaluation.details import reliability_bins, types_by_source, worst_errors
from brainscan.evaluation.outline_match import COLUMNS as OUTLINE_COLUMNS
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.rows import ImageRow
from brainscan.evaluation.seen_figures import seen_json
from brainscan.evaluation.volume_mask import SMALLEST_AREA
from brainscan.evaluation.volumes import NOTES, VolumeRow
from brainscan.inference.conformal import type_set
from brainscan.notice import RESEARCH_USE

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: object) -> str:
    """Return a value as CSV text that a spreadsheet shows and never runs.

    Text that begins like a formula gets a leading apostrophe (OWASP, "CSV Injection");
    numbers, negative ones too, stay numbers. ``None`` is an empty cell.
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    if text.startswith(_FORMULA) and not _NUMBER.match(text):
        return "'" + text
    return text


def to_csv(header: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV (RFC 4180, CRLF) with every cell made safe."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([safe_cell(name) for name in header])
    writer.writerows([[safe_cell(value) for value in line] for line in lines])
    return stream.getvalue()


def predictions_csv(result: EvaluationResult) -> str:
    """Return one line an image or labelled slice: label, answer, probabilities, error, reason.

    ``answer`` and ``error`` are at the model's own threshold; ``decision`` has the
    indeterminate band. ``type`` and ``type_set`` are empty where the app names no type, on scans
    of other sequences than the types were learned on. The last columns compare the outline with
    the mask, where there are both, and carry the notice of research use.
    """
    threshold = result.model.threshold
    header = [
        *("file", "status", "reason", "source", "sequence", "group", "fold"),
        *("label", "type_label", "tumor_probability", "answer", "decision", "error"),
        *("type", "type_set", *(f"p_{name}" for name in result.model.types)),
        *("evidence_peak", "peak_in_mask", "seen_in_training", "model", "sha256", "elapsed_ms"),
        *("volume", "slice"),
        *OUTLINE_COLUMNS,
        "notice",
    ]

    def line(row: ImageRow) -> list[object]:
        known = dict(row.types)
        return [
            *(row.name, row.status, row.reason, row.source, row.sequence, row.group, row.fold),
            *(row.label, row.type, row.probability),
            *(row.answer(threshold), row.decision, row.error(threshold)),
            row.named_type(threshold),
            _type_set(result, row),
            *(known.get(name) for name in result.model.types),
            *(row.peak, None if row.hit is None else str(row.hit).lower()),
            _seen(result, row),
            *(result.model.title, row.sha256, row.elapsed_ms, row.volume, row.slice),
            *_outline(row),
            RESEARCH_USE,
        ]

    return to_csv(header, map(line, result.rows))


def volumes_csv(result: EvaluationResult) -> str:
    """Return one line a volume: label, answer, what its slices say, what is wrong, why refused.

    ``answer`` and ``error`` are at the threshold of the model's rule for volumes. Slices are
    counted along the canonical axis, from 0.
    """
    header = [
        *("file", "status", "reason", "source", "sequence", "group", "fold"),
        *("label", "type_label", "tumor_value", "threshold", "answer", "decision", "error"),
        *("type", *(f"p_{name}" for name in result.model.types)),
        *("plane", "slices", "scored", "tumor_slices", "unscored_tumor_slices", "slice_auroc"),
        *("peak_in_mask", "key_slices", "agreement", "seen_in_training", "mask_problem"),
        *("warnings", "model", "sha256", "elapsed_ms"),
        *("dice", "hd95_mm", "mask_ml", "outline_ml", "lesions", "lesions_found", "lesions_false"),
        "notice",
    ]

    def line(one: VolumeRow) -> list[object]:
        row, known = one.row, dict(one.row.types)
        named = None if one.threshold is None else row.named_type(one.threshold)
        return [
            *(row.name, row.status, row.reason, row.source, row.sequence, row.group, row.fold),
            *(row.label, row.type, row.probability, one.threshold, one.answer, row.decision),
            *(one.error, named),
            *(known.get(name) for name in result.model.types),
            *(one.plane, len(one.slices) or None, one.scored if one.slices else None),
            one.tumor_slices if one.masked else None,
            one.unscored_tumor_slices if one.masked else None,
            one.profile_auroc.value,
            None if row.hit is None else str(row.hit).lower(),
            " ".join(map(str, one.key_slices)),
            *(one.agreement, _seen(result, row), one.mask_problem, " ".join(one.warnings)),
            *(result.model.title, row.sha256, row.elapsed_ms),
            *_volume_outline(one),
            RESEARCH_USE,
        ]

    return to_csv(header, map(line, result.volumes))


def _outline(row: ImageRow) -> list[object]:
    if row.outline is None:
        return [None] * len(OUTLINE_COLUMNS)
    return list(row.outline.cells().values())


def _volume_outline(one: VolumeRow) -> list[object]:
    match = one.outline
    if match is None:
        return [None] * 7
    each = (match.size_mm or 0.0) / 1000
    sizes = (match.reference * each, match.answer * each)
    return [match.dice, match.hd95_mm, *sizes, match.lesions, match.found, match.false]


def _seen(result: EvaluationResult, row: ImageRow) -> str | None:
    """Return ``identical``, ``near`` or ``no``; nothing where it cannot be known."""
    if result.seen_known is None or row.probability is None:
        return None
    return row.seen or "no"


def _type_set(result: EvaluationResult, row: ImageRow) -> str | None:
    """Return the type set of an image that is not called tumor-free, as one cell."""
    if row.decision in (None, "no_tumor") or not row.names_types:
        return None
    quantiles = None if result.model.rule is None else result.model.rule.quantiles
    return " or ".join(type_set(dict(row.types), quantiles)) or None


def metrics_dict(result: EvaluationResult) -> dict[str, Any]:
    """Return everything but the single images as plain values for ``json.dumps``.

    ``metrics`` is ``None`` for a dataset without labels, ``stability`` unless it was measured,
    ``outlines`` unless some were compared with a mask, ``volumes`` unless there are some;
    ``metrics`` never counts a volume, only slices of it.
    """
    model = result.model
    return {
        "notice": RESEARCH_USE,
        "created": result.created,
        "elapsed_s": round(result.elapsed_s, 2),
        "versions": dict(result.versions),
        "model": {
            "name": model.name,
            "version": model.version,
            "architecture": model.architecture,
            "types": list(model.types),
            "sensitivity": None if model.rule is None else model.rule.point.sensitivity,
            "threshold": model.threshold,
            "band": list(model.band),
            "manifest_sha256": model.manifest_sha256,
            "data_fingerprint": model.data_fingerprint,
        },
        "dataset": {
            "name": result.dataset,
            "layout": result.layout,
            "fingerprint": result.fingerprint,
            "images": len(result.rows),
            "predicted": result.predicted,
            "unlabelled": result.unlabelled,
            "counted": len(result.counted),
            "types": [name for name in TYPES if any(row.type == name for row in result.rows)],
            "volumes": len(result.volumes),
            "warnings": list(result.warnings),
        },
        "indeterminate": result.indeterminate.to_json(),
        "refused": [
            {"file": row.name, "status": row.status, "reason": row.reason} for row in result.refused
        ],
        "metrics": _metrics(result) if result.labelled else None,
        "volumes": _volumes(result) if result.volumes else None,
        "outlines": result.outlines.to_json() if result.outlines else None,
        "stability": result.stability.to_json() if result.stability else None,
    }


def _volumes(result: EvaluationResult) -> dict[str, Any]:
    figures = result.volume_figures
    return {
        **figures.to_json(),
        "notes": [*NOTES, *figures.notes],
        "smallest_tumor_area_mm2": SMALLEST_AREA,
        "each": [one.to_json() for one in result.volumes],
    }


def _metrics(result: EvaluationResult) -> dict[str, Any]:
    own = result.at_model_threshold
    return {
        "interval_notes": list(result.interval_notes),
        "threshold": own.threshold,
        "binary": own.binary.to_json(),
        "ranking": result.ranking.to_json(),
        "decided_accuracy": result.decided_accuracy.to_json(),
        "decisions": result.decisions.to_json(),
        "heat_map_hit_rate": result.hit_rate.to_json(),
        "classes": own.classes.to_json() if own.classes else None,
        "types": result.types.to_json() if result.types else None,
        "by_source": [part.to_json() for part in result.by_source],
        "by_sequence": [part.to_json() for part in result.by_sequence],
        "types_by_source": types_by_source(result),
        "reliability": reliability_bins(result),
        "worst": worst_errors(result),
        "seen": seen_json(result),
        "baselines": result.baselines.to_json() if result.baselines else None,
    }


def metrics_json(result: EvaluationResult) -> str:
    """Return `metrics_dict` as indented JSON text without NaN."""
    return json.dumps(metrics_dict(result), indent=2, allow_nan=False) + "\n"
