"""What a release with a decoder adds to its manifest, as the code that measures it writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from brainscan.data.record import Label, Record
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.outline_figures import measure_outlines
from brainscan.evaluation.outline_match import OutlineMatch
from brainscan.evaluation.rows import ImageRow
from brainscan.explain.deletion import FILL, SHARES
from brainscan.explain.faithfulness_result import Curves, Faithfulness, Pointing, Sanity

_MAPS = ("gradcam", "evidence", "outline")


def segmentation() -> dict[str, Any]:
    """Return the rule of the masks."""
    return {
        "threshold": 0.45,
        "smallest": 0.0005,
        "rule": "The threshold of 0.45 gave the highest mean Dice of 309 slices.",
        "validation": [{"name": "lgg flair", "n": 97, "dice": 0.8123}],
        "tried": {"thresholds": [0.4, 0.45], "dice": [0.8, 0.8123]},
        "training": {
            "settings": {"learning_rate": 0.001, "folds": ["1", "2", "3"], "epochs": 12},
            "images": [
                {"source": "lgg flair", "class": "tumor", "training": 504, "validation": 97},
                {"source": "lgg flair", "class": "no_tumor", "training": 812, "validation": 139},
            ],
            "epochs": 12, "hours": 0.75, "val_score": [0.7, 0.8], "kept_epoch": 12,
        },
    }  # fmt: skip


def outlines() -> dict[str, Any]:
    """Return figures on the outlines of a few made-up slices."""
    rows, units = [], []
    for source, sequence in (("lgg", "flair"), ("lgg", "t1ce"), ("figshare", None)):
        for patient in range(4):
            name = f"{source}-{sequence}-{patient}"
            common = 60 + 10 * patient
            tumor = OutlineMatch(100, 110, common, 120, common, 1, 1, patient % 2, 4.0, head=4000)
            free = OutlineMatch(0, 50 * (patient == 3), 0, 0, 0, 0, 0, 0, head=4000)
            pairs: tuple[tuple[Label, OutlineMatch], ...]
            pairs = (("tumor", tumor), ("no_tumor", free))
            for label, match in pairs:
                record = Record(
                    Path(f"{name}-{label}.png"), f"{name}-{label}.png", label,
                    group=f"p{patient}", source=source, sequence=sequence,
                )  # fmt: skip
                rows.append(ImageRow.of(record, status="ok", probability=0.5, outline=match))
                units.append((source, patient))
    found = measure_outlines(rows, units)
    assert found is not None
    return found.to_json()


def faithfulness() -> dict[str, Any]:
    """Return tests of the maps on one dataset, every figure another one."""
    counter = iter(range(1, 999))

    def figure() -> Estimate:
        value = 0.3 + next(counter) * 0.004
        return Estimate(value, value - 0.05, value + 0.04, 40, "bootstrap over 9 groups")

    shown = (*_MAPS, "center", "random")
    gains = {name: {other: figure() for other in ("random", "center")} for name in _MAPS}
    result = Faithfulness(
        dataset="lgg",
        folds=("4",),
        fingerprint="ab" * 32,
        model="resnet50 9.9.9",
        n=40,
        left_out=2,
        tolerance=0,
        seed=1,
        parts=tuple(
            Pointing(name, 40, {m: figure() for m in shown}, {m: figure() for m in shown})
            for name in ("all", "lgg flair")
        ),
        curves=Curves(
            20, figure(), figure(), figure(),
            {m: figure() for m in shown}, {m: figure() for m in shown}, gains, gains,
        ),
        sanity=Sanity(
            20, 2,
            {m: {k: figure() for k in ("heads", "network", "other_slice")} for m in _MAPS},
        ),
        notes=("40 of 276 outlined slices, drawn at random.",),
    )  # fmt: skip
    return {
        "created": "2026-01-02T03:04:05+00:00",
        "fill": FILL,
        "shares": list(SHARES),
        "sets": {"lgg": result.to_json()},
    }
