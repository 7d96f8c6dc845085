"""Checkpoints of a run: after every epoch, all that is needed to go on as if nothing happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from brainscan.runs.folder import RunFolder

Row = dict[str, float | str]
_LAST = "last"


def best_epoch(history: Sequence[Row], keep: str = "best") -> int:
    """Return the index of the epoch to release.

    With ``keep="best"`` that of the highest ``val_score``, the first of equals; with
    ``keep="last"`` the last one.
    """
    if keep == "last":
        return len(history) - 1
    return int(np.argmax([float(row["val_score"]) for row in history]))


def commit(
    run: RunFolder,
    history: Sequence[Row],
    network: keras.Model,
    averaged: keras.Model,
    optimizer: keras.Optimizer,
    validation: dict[str, Any],
    keep: str = "best",
) -> None:
    """Make the last epoch of the history permanent.

    The order matters: weights of a new best epoch first, then the state, then what people read,
    then tidying up. History and report travel inside the state, from which :func:`restore`
    writes them again: a kill in between cannot leave them disagreeing.
    """
    best = best_epoch(history, keep)
    if best == len(history) - 1:
        run.save_arrays(_name(best), _numbered("w", averaged.get_weights()))
        report = {"best_epoch": best, "monitor": "val_score", "validation": validation}
    else:
        report = run.read_json("metrics.json")
    state = _numbered("raw", network.get_weights()) | _numbered("avg", averaged.get_weights())
    state |= _numbered("opt", [np.asarray(variable.value) for variable in optimizer.variables])
    state |= {"history": _text(history), "report": _text(report)}
    run.save_arrays(_LAST, state)
    run.write_history(history)
    run.write_json("metrics.json", report)
    for path in run.checkpoints.glob("epoch-*.npz"):
        if path.stem != _name(best):
            path.unlink()


def restore(
    run: RunFolder, network: keras.Model, averaged: keras.Model
) -> tuple[list[Row], list[np.ndarray]]:
    """Load the last checkpoint into both networks; return the history and the optimizer state.

    Raises
    ------
    TrainingError
        When no epoch was finished.
    """
    state = run.load_arrays(_LAST)
    network.set_weights(_ordered(state, "raw"))
    averaged.set_weights(_ordered(state, "avg"))
    history: list[Row] = json.loads(state["history"].tobytes())
    run.write_history(history)
    run.write_json("metrics.json", json.loads(state["report"].tobytes()))
    return history, _ordered(state, "opt")


def has_checkpoint(run: RunFolder) -> bool:
    """Return whether any epoch of the run was finished."""
    return (run.checkpoints / f"{_LAST}.npz").is_file()


def load_best(run: RunFolder, network: keras.Model, epoch: int) -> None:
    """Load the averaged weights of the best epoch."""
    network.set_weights(_ordered(run.load_arrays(_name(epoch)), "w"))


def _name(epoch: int) -> str:
    return f"epoch-{epoch:04d}"


def _text(values: object) -> np.ndarray:
    return np.frombuffer(json.dumps(values).encode(), np.uint8)


def _numbered(prefix: str, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{prefix}/{index:04d}": array for index, array in enumerate(arrays)}


def _ordered(state: dict[str, np.ndarray], prefix: str) -> list[np.ndarray]:
    return [state[key] for key in sorted(state) if key.startswith(f"{prefix}/")]
