"""Releases made for the tests of the card: with every key there is, and with hardly any."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from brainscan.evaluation.export import metrics_dict
from brainscan.imaging.preprocessing import Preprocessing
from brainscan.inference.release import FILES, manifest_checksum
from brainscan.reporting.card_parts import Card, Table
from tests.evaluation.builders import TYPES, random_result
from tests.reporting.outlined import faithfulness, outlines, segmentation

HISTORY = "epoch,loss,seconds,val_score\n0,1.0,3600,0.8\n1,0.8,1800,0.9\n2,0.7,1800,0.85\n"


def figure(value: float, n: int = 120) -> dict[str, Any]:
    """Return a figure as evaluations write them."""
    low, high = round(max(0.0, value - 0.031), 6), round(min(1.0, value + 0.027), 6)
    return {"value": value, "low": low, "high": high, "n": n, "method": "Wilson", "reason": None}


def minimal_manifest() -> dict[str, Any]:
    """Return what a user's own release, binary and never measured, has at least."""
    return {
        "name": "mine",
        "version": "0.1",
        "architecture": "custom_cnn",
        "types": [],
        "preprocessing": Preprocessing().to_json(),
        "temperature": {"tumor": 1.0, "type": 1.0},
        "evidence_offset": 0.0,
        "threshold": 0.5,
        "band": [0.5, 0.5],
        "metrics": {},
    }


@cache
def _measured() -> str:
    """Return the figures of made-up answers; computing them once is enough for all tests."""
    return json.dumps(metrics_dict(random_result())["metrics"])


@cache
def _outlined() -> str:
    return json.dumps(outlines())


def full_manifest() -> dict[str, Any]:
    """Return a manifest with every chapter, its figures from made-up answers."""
    measured = json.loads(_measured()) | {
        "baselines": {
            "sentence": "The frame of the picture alone tells tumour from no tumour with AUROC "
            "0.61 here.",
            "notes": ["Every image is answered by what was learned from other groups."],
            "auroc": [
                {
                    "name": "all images", "n_tumor": 70, "n_no_tumor": 50, "model": figure(0.871),
                    "border": figure(0.612), "file_size": figure(0.577), "file": figure(0.634),
                    "nearest": figure(0.702),
                }
            ],
            "type_accuracy": {"model": figure(0.823), "nearest": figure(0.641)},
        },
        "seen": {
            "sentence": "3 of 240 images (1.2 %) were seen in training: 2 identical, 1 as a near "
            "copy.",
            "training_images": 900, "identical": 2, "near": 1, "share": figure(0.0125, 240),
            "with_seen": {"auroc": figure(0.871), "sensitivity_at_specificity_95": figure(0.66)},
            "without_seen": {"auroc": figure(0.869), "sensitivity_at_specificity_95": figure(0.65)},
        },
        "decisions": {
            "promise": "The release promises 95 % of slices like its validation slices.",
            "overall": {"name": "All", **_covered(0.951)},
            "parts": [{"name": "lgg flair", **_covered(0.943)}],
            "sensitivities": [{"name": "Sensitivity 0.9", **_covered(0.902)}],
        },
        "stability": {
            "model": "resnet50 9.9.9", "images": 60, "available": 240, "seed": 1, "refused": 0,
            "any_answer_changed": figure(0.083, 60), "any_decision_changed": figure(0.167, 60),
            "mean_range": figure(0.112, 60),
            "perturbations": [
                {
                    "key": key, "name": name, "n": 60, "unanswered": 0,
                    "mean_change": figure(change, 60), "answer_changed": figure(change / 2, 60),
                    "decision_changed": figure(change / 1.5, 60), "auroc": figure(0.86, 60),
                    "auroc_unchanged": figure(0.87, 60), "auroc_change": figure(0.01, 60),
                    "peak_agreement": figure(0.9, 60),
                }
                for key, name, change in (
                    ("flip", "Mirrored", 0.024), ("jpeg", "JPEG quality 60", 0.018),
                )
            ],
            "notes": ["Drawn from all sources alike."],
        },
    }  # fmt: skip
    return minimal_manifest() | {
        "name": "resnet50",
        "version": "9.9.9",
        "architecture": "resnet50",
        "created": "2026-01-02T03:04:05+00:00",
        "types": list(TYPES),
        "start": "imagenet",
        "threshold": 0.5,
        "band": [0.4, 0.6],
        "threshold_rule": "Chosen on 200 made-up slices.",
        "operating_points": [
            {"sensitivity": s, "threshold": t, "band": [t, 0.7], "promised": True, "kept": s + 0.01,
             "specificity": 0.8, "indeterminate": 0.1, "n": {"tumor": 80, "no_tumor": 120}}
            for s, t in ((0.9, 0.42), (0.95, 0.31))
        ],
        "coverage": {"tumor": 0.95, "no_tumor": 0.95, "type": 0.95},
        "type_sets": {"level": 0.95, "quantiles": dict.fromkeys(TYPES, 0.81),
                      "n": dict.fromkeys(TYPES, 41)},
        "licence": "Research use only.",
        "data": {
            "fingerprint": {"training": "ab" * 32, "validation": "cd" * 32},
            "folds": ["1", "2", "3"],
            "images": [
                {"source": "lgg flair", "class": "tumor", "training": 504, "validation": 97},
                {"source": "lgg flair", "class": "no_tumor", "training": 812, "validation": 139},
                {"source": "elsewhere", "class": "glioma", "training": 31, "validation": 6},
            ],
        },
        "metrics": {
            "brain-mri": {
                "folds": ["4"], "fingerprint": "ef" * 32, "images": 240,
                "identical_to_training": 2, "indeterminate": figure(0.2, 240), "metrics": measured,
                "outlines": json.loads(_outlined()),
            },
        },
        "segmentation": segmentation(),
        "faithfulness": faithfulness(),
        "volume_rule": {
            "kind": "run_mean", "share": 0.15,
            "chosen": "Within one standard error of the best.",
            "threshold_rule": "Conformal over 5 made-up patients.",
            "shortest_tumor": 0.172,
            "operating_points": [
                {"sensitivity": s, "threshold": t, "band": [t, 0.77], "promised": s < 0.9,
                 "kept": s, "specificity": 0.8, "indeterminate": 0.1,
                 "n": {"tumor": 10, "no_tumor": 12}}
                for s, t in ((0.8, 0.77), (0.95, 0.31))
            ],
            "candidates": [{"kind": "maximum", "share": 1.0, "loss": 0.213, "auroc": 0.941},
                           {"kind": "run_mean", "share": 0.15, "loss": 0.187, "auroc": 0.957}],
            "validation": {"patients": 5, "tumor": 10, "no_tumor": 12},
            "datasets": ["brain-mri", "lgg"],
            "test": {"lgg": {
                "folds": ["4"], "patients": 9,
                "by_sensitivity": [{"sensitivity": 0.95, **_volumes()}],
                "by_sequence": [{"name": "flair", **_volumes()}],
            }},
        },
        "gate": {
            "rule": "A slice is refused when its features lie far from those of genuine slices.",
            "fitted_on": {"genuine": {"lgg flair": 400}, "phantoms": 40, "others": {"ct": 25}},
            "genuine": {"validation": _kinds(0.005, "lgg flair")},
            "unusual_validation": figure(0.011, 400),
            "left_out": _kinds(0.985, "chest xray")
            | {"family named rightly": figure(0.9, 30), "drawn in code": _kinds(0.97, "text")},
            "fitted_kinds": _kinds(0.999, "chest xray"),
            "note": "left_out is the honest figure.",
        },
        "ablation": [
            {"ingredient": "images only", "part": "added", "lgg_flair": figure(0.61),
             "lgg_t1ce": figure(0.52)},
            {"ingredient": "masks", "part": "added", "lgg_flair": figure(0.93),
             "lgg_t1ce": figure(0.85)},
            {"ingredient": "masks", "part": "removed", "lgg_flair": figure(0.71)},
        ],
        "gallery": {
            "generator": "brainscan.imaging.phantom", "synthetic": True, "slices": 8, "seed": 5000,
            "size": 256,
            "by_lesion": [{"lesion": "none", "n": 2, "right": 1, "false alarm": 1},
                          {"lesion": "glioma", "n": 2, "right": 2}],
            "cases": [
                {"seed": 5000, "lesion": "none", "sequence": "t1", "problem": "false alarm",
                 "tumor_probability": 0.871, "decision": "tumor", "type": "meningioma",
                 "type_probability": 0.612},
            ],
        },
    }  # fmt: skip


def _kinds(value: float, kind: str) -> dict[str, Any]:
    return {"all": figure(value, 200), "by_kind": {kind: figure(value, 200)}}


def _volumes() -> dict[str, Any]:
    keys = ("kept", "called", "cleared", "false_alarms", "indeterminate")
    return {key: figure(0.5 + index / 16, 16) for index, key in enumerate(keys)}


def _covered(value: float) -> dict[str, Any]:
    keys = ("tumor_covered", "no_tumor_covered", "specificity", "indeterminate", "type_covered")
    return {key: figure(value) for key in keys} | {"type_set_size": figure(1.21)}


def write_release(root: Path, manifest: dict[str, Any]) -> Path:
    """Write the folder of a release without weights; only its card can be shown."""
    folder = root / str(manifest["name"])
    folder.mkdir(parents=True)
    (folder / "history.csv").write_text(HISTORY, encoding="utf-8")
    (folder / "config.json").write_text(
        json.dumps({"epochs": 3, "batch_size": 16, "seed": 7, "validation_share": 0.15})
    )
    (folder / "metrics.json").write_text(json.dumps({"best_epoch": 1, "monitor": "val_score"}))
    whole = manifest | {"files": dict.fromkeys(FILES, "0" * 64)}
    whole["checksum"] = manifest_checksum(whole)
    (folder / "manifest.json").write_text(json.dumps(whole), encoding="utf-8")
    return folder


def table(card: Card, key: str, place: int = 0) -> Table:
    """Return one of the tables of a chapter."""
    return [block for block in card.section(key).blocks if isinstance(block, Table)][place]
