"""The history of a training: one value of every metric an epoch, and the best epoch."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from brainscan.errors import TrainingError
from brainscan.runs.csvlog import MAX_BYTES, NEEDED, CsvTable, read_table, to_list, to_number
from brainscan.runs.metric_names import (
    VALIDATION,
    Family,
    best_epoch_metric,
    family,
    lower_is_better,
)


@dataclass(frozen=True)
class BestEpoch:
    """The epoch at which a monitored metric was best.

    Attributes
    ----------
    row
        Row of the history, from 0.
    epoch
        The same epoch as people count it, from 1.
    metric
        Column that decided, for example ``"val_score"``.
    value
        Its value at that epoch.
    """

    row: int
    epoch: int
    metric: str
    value: float


@dataclass(frozen=True, eq=False)
class History:
    """A training's metrics by epoch.

    Attributes
    ----------
    name
        Where it came from, for display.
    epoch
        ``(n,)`` int64, the epoch of each row counted from 0, strictly rising.
    columns
        Metric name to ``(n,)`` float64; NaN where the file has no value, infinities as stored.
    labels
        Name to one text an epoch for columns of words, such as the stage of a fine-tuning.
    restarts
        Rows before which the training was taken up again.
    notes
        Sentences about anything in the file the reader should know.
    """

    name: str
    epoch: np.ndarray
    columns: dict[str, np.ndarray]
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    restarts: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.epoch.size)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Base names in file order: ``loss`` stands for ``loss`` and ``val_loss`` together."""
        return tuple(dict.fromkeys(column.removeprefix(VALIDATION) for column in self.columns))

    def pair(self, metric: str) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Return the training and the validation curve of a metric, ``None`` where absent."""
        return self.columns.get(metric), self.columns.get(VALIDATION + metric)

    def of_family(self, kind: Family) -> tuple[str, ...]:
        """Return the metrics that belong in one chart.

        Those measured on validation data come first, and among them the plainest names.
        """
        found = [metric for metric in self.metrics if family(metric) == kind]

        def rank(metric: str) -> tuple[bool, int, int]:
            return VALIDATION + metric not in self.columns, metric.count("_"), found.index(metric)

        return tuple(sorted(found, key=rank))

    def best(self, monitor: str | None = None) -> BestEpoch | None:
        """Return the best epoch.

        Parameters
        ----------
        monitor
            Column that decides. Without it, or when the history lacks it, the choice follows
            `brainscan.runs.metric_names.BEST_EPOCH_PREFERENCE`.

        Returns
        -------
        BestEpoch or None
            The first epoch with the best finite value; ``None`` when no validation metric has
            one.
        """
        usable = [name for name, values in self.columns.items() if np.isfinite(values).any()]
        metric = monitor if monitor in usable else best_epoch_metric(usable)
        if metric is None:
            return None
        values = self.columns[metric]
        finite = np.flatnonzero(np.isfinite(values))
        pick = np.argmin if lower_is_better(metric) else np.argmax
        row = int(finite[int(pick(values[finite]))])
        return BestEpoch(row, int(self.epoch[row]) + 1, metric, float(values[row]))

    def to_csv(self) -> str:
        """Return the history as one clean CSV table with a single header."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(["epoch", *self.columns, *self.labels])
        for row, epoch in enumerate(self.epoch):
            numbers = [repr(float(values[row])) for values in self.columns.values()]
            writer.writerow([int(epoch), *numbers, *(text[row] for text in self.labels.values())])
        return buffer.getvalue()


def read_history(path: str | Path) -> History:
    """Read a history file from disk, also while a training writes it.

    Raises
    ------
    TrainingError
        The file cannot be opened, or is not a training history.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TrainingError(
            f"The training history {path} cannot be read ({reason}). "
            "Check that the file is there and that you may open it."
        ) from error
    return parse_history(data, path.name)


def parse_history(data: bytes, name: str) -> History:
    """Read a history from the bytes of a ``CSVLogger`` file, ours or anybody's.

    When a training was taken up again and went back to epoch *k* > 0, the repeated epochs
    replace the earlier ones. When it started again at 0, as ``fit`` does without
    ``initial_epoch``, the numbering goes on, because the network's weights did.

    Raises
    ------
    TrainingError
        The bytes are not a training history; the message says what was found.
    """
    table = read_table(data, name)
    if not table.rows:
        raise TrainingError(_no_epoch(table, name))
    kept, epochs, restarts, notes = _order(table)
    columns: dict[str, np.ndarray] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for column in table.columns:
        _fill(column, [table.rows[row].get(column, "") for row in kept], columns, labels, notes)
    if not columns:
        raise TrainingError(
            f"{name} is no training history: it has no column of numbers below its first line "
            f'"{_first_line(table)}". {NEEDED}'
        )
    epoch = np.asarray(epochs, dtype=np.int64)
    return History(name, epoch, columns, labels, restarts, (*table.notes, *notes))


def _no_epoch(table: CsvTable, name: str) -> str:
    """Say why a file has no epoch: its training has just begun, or it is something else."""
    begun = table.numbered or any(family(column) != "other" for column in table.columns)
    if begun and not table.notes:
        return (
            f"{name} has a header but no finished epoch yet. Wait for the first epoch to end, "
            "or choose another file."
        )
    why = f" ({table.notes[0].removesuffix('.')})" if table.notes else ""
    return (
        f'{name} is no training history: its first line is "{_first_line(table)}", and no line of '
        f"as many numbers follows{why}. {NEEDED}"
    )


def _first_line(table: CsvTable) -> str:
    return ", ".join(["epoch"] * table.numbered + table.columns)[:80]


def _order(table: CsvTable) -> tuple[list[int], list[int], tuple[int, ...], list[str]]:
    """Return the rows to keep, their epochs, the rows that follow a restart, and notes."""
    kept: list[int] = []
    epochs: list[int] = []
    restarts: list[int] = []
    replaced = offset = 0
    restarted = False
    for row, stated in enumerate(table.epochs):
        current = len(kept) if stated is None else stated + offset
        if epochs and current <= epochs[-1]:
            if stated == 0:
                offset = epochs[-1] + 1
                current, restarted = offset, True
            while epochs and epochs[-1] >= current:
                epochs.pop()
                kept.pop()
                replaced += 1
            restarts = [at for at in restarts if at < len(kept)] + [len(kept)]
        kept.append(row)
        epochs.append(current)
    notes = []
    if restarted:
        notes.append(
            "The training was started again at epoch 0; its epochs are counted on from the last."
        )
    if replaced:
        plural = "s were" if replaced != 1 else " was"
        notes.append(
            f"{replaced} epoch{plural} trained again after a resume; the later one counts."
        )
    return kept, epochs, tuple(restarts), notes


def _fill(
    column: str,
    cells: list[str],
    columns: dict[str, np.ndarray],
    labels: dict[str, tuple[str, ...]],
    notes: list[str],
) -> None:
    """Add one file column as numbers, as several number columns, or as words."""
    numbers = [to_number(cell) for cell in cells]
    lists = [to_list(cell) for cell in cells]
    sizes = Counter(len(values) for values in lists if values)
    if sizes:
        width = sizes.most_common(1)[0][0]
        for index in range(width):
            columns[f"{column}_{index}"] = np.array(
                [values[index] if values and len(values) == width else np.nan for values in lists]
            )
        return
    wrong = [cell for cell, number in zip(cells, numbers, strict=True) if number is None]
    if len(wrong) * 2 > len(cells):
        labels[column] = tuple(cells)
        return
    if wrong:
        notes.append(
            f'The column {column} holds "{wrong[0][:20]}" where a number belongs; '
            "such values are left out of the curve."
        )
    columns[column] = np.array([np.nan if number is None else number for number in numbers])
