"""Run folders as a training leaves them, for the tests of library and page."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from brainscan.runs.folder import RunFolder

GONE = 2**22 + 1
"""A process id beyond the largest one Linux gives."""

CLASSES = ["no_tumor", "glioma", "meningioma", "pituitary"]
CONFUSION = [[40, 2, 1, 0], [3, 30, 4, 0], [1, 2, 20, 1], [0, 0, 1, 25]]


def make_run(
    root: Path,
    name: str = "first",
    *,
    epochs: int = 5,
    planned: int = 5,
    state: str = "finished",
    pid: int = GONE,
    **settings: Any,
) -> Path:
    """Write a run folder with ``epochs`` finished epochs; the best is the last but one."""
    config = {"architecture": "resnet50", "epochs": planned, "batch_size": 16, **settings}
    run = RunFolder.create(root / name, config)
    rows = [
        {
            "epoch": epoch,
            "stage": "head" if epoch == 0 else "fine",
            "loss": 1.0 / (epoch + 1),
            "accuracy": 0.5 + 0.05 * epoch,
            "tumor_auroc": 0.6 + 0.05 * epoch,
            "learning_rate": 1e-3 / (epoch + 1),
            "val_loss": 1.1 / (epoch + 1),
            "val_accuracy": 0.45 + 0.05 * epoch,
            "val_tumor_auroc": 0.55 + 0.05 * epoch,
            "val_score": 0.9 if epoch == epochs - 2 else 0.5 + 0.01 * epoch,
            "seconds": 12.5,
        }
        for epoch in range(epochs)
    ]
    if rows:
        run.write_history(rows)
        run.save_arrays("last", {})
        figures = {"precision": 0.9, "recall": 0.8, "f1": 0.85, "n": 43}
        run.write_json(
            "metrics.json",
            {
                "best_epoch": max(epochs - 2, 0),
                "monitor": "val_score",
                "validation": {
                    "classes": CLASSES,
                    "confusion": CONFUSION,
                    "per_class": dict.fromkeys(CLASSES, figures),
                },
            },
        )
    set_state(root / name, state, pid=pid, epoch=epochs, epochs=planned)
    (root / name / "log.txt").write_text("Reading images\nepoch 1\repoch 2\n\x1b[1mdone\x1b[0m\n")
    return root / name


def set_state(folder: Path, state: str, *, pid: int = GONE, **progress: Any) -> None:
    """Rewrite the status of a run as another process would."""
    run = RunFolder(folder)
    values = {"epoch": 0, "epochs": 0, **progress}
    run.write_status(state, **values)  # type: ignore[arg-type]
    status = run.read_json("status.json")
    (folder / "status.json").write_text(json.dumps({**status, "pid": pid}))


def live_pid() -> int:
    """Return the id of a process that surely lives: this one."""
    return os.getpid()
