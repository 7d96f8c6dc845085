"""Bytes of a Keras ``CSVLogger`` file (or of something close to it) to a table of cells.

The reader takes what such files look like in practice: comma, semicolon or tab; a byte order
mark; UTF-16 from a Windows shell; a header repeated by a second run in append mode, perhaps
with other columns; list-valued metrics; decimal commas from a spreadsheet; and a last line
that is being written at this moment.
"""

from __future__ import annotations

import codecs
import csv
import math
import re
from dataclasses import dataclass, field

from brainscan.errors import TrainingError

NEEDED = (
    'A history begins with names such as "epoch,accuracy,loss,val_accuracy,val_loss", at least one '
    "metric among them, and has a line of numbers an epoch; give the CSV file that Keras' "
    "CSVLogger wrote."
)
"""What a file must hold, as the end of a message."""

MAX_BYTES = 20_000_000
"""Largest history that is read. A thousand epochs with fifty metrics need about 1 MB."""

_SEPARATORS = (",", ";", "\t")
_DECIMAL_COMMA = re.compile(r"^[+-]?\d+,\d+([eE][+-]?\d+)?$")
_MISSING = {"", "na", "n/a", "none", "null", "-"}
_EPOCH_NAMES = {"epoch", "epochs"}


@dataclass
class CsvTable:
    """Rows of a history file, cells by column name.

    Attributes
    ----------
    columns
        Names in the order in which they first appeared, without the epoch.
    rows
        One ``{column: text}`` a row; a column unknown to the row's header is absent.
    epochs
        The epoch each row states, or ``None`` when the file has no such column.
    notes
        Sentences about lines that were left out.
    numbered
        Whether the file has a column of epochs.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    epochs: list[int | None] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    numbered: bool = False


def read_table(data: bytes, name: str) -> CsvTable:
    """Split a history file into cells.

    Parameters
    ----------
    data
        The file's bytes, complete or still being written.
    name
        File name for messages.

    Raises
    ------
    TrainingError
        The file is empty, too large, not text, or its first line is not a header.
    """
    text, complete = _decode(data, name)
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    table = CsvTable()
    header: list[str] | None = None
    epoch_at: int | None = None
    for number, line in enumerate(lines, start=1):
        cells = _split(line, separator)
        if not any(cells):
            continue
        if header is None or _repeats_header(cells, header):
            header, epoch_at = _header(cells, name)
            table.numbered = table.numbered or epoch_at is not None
            known = set(table.columns)
            table.columns += [c for i, c in enumerate(header) if i != epoch_at and c not in known]
            continue
        last = number == len(lines) and not complete
        problem = _problem(cells, header, epoch_at)
        if problem is None:
            row = dict(zip(header, cells, strict=True))
            epoch = None if epoch_at is None else int(to_number(row.pop(header[epoch_at])) or 0)
            table.rows.append(row)
            table.epochs.append(epoch)
        elif not last:
            table.notes.append(f"Line {number} {problem} and was left out.")
    if not complete and table.rows and _is_cut(table.rows[-1], table.columns[-1], table.rows[:-1]):
        table.rows.pop()
        table.epochs.pop()
    return table


def to_number(cell: str) -> float | None:
    """Return a cell's number, NaN for a missing value, ``None`` when it is not a number."""
    cell = cell.strip()
    if cell.lower() in _MISSING:
        return math.nan
    if _DECIMAL_COMMA.match(cell):
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None


def to_list(cell: str) -> list[float] | None:
    """Return the numbers of a list-valued metric, which Keras writes as ``"[0.1, 0.2]"``."""
    cell = cell.strip().strip('"').strip()
    if not (cell.startswith("[") and cell.endswith("]")):
        return None
    numbers = [to_number(part) for part in re.split(r"[,\s]+", cell[1:-1].strip())]
    values = [number for number in numbers if number is not None]
    return values if len(values) == len(numbers) else None


def _split(line: str, separator: str) -> list[str]:
    """Split one line. A quote left open by a killed writer must not swallow the next lines."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:  # a cell beyond the csv module's limit
        return [line]


def _decode(data: bytes, name: str) -> tuple[str, bool]:
    """Return the text and whether its last line is complete."""
    if len(data) > MAX_BYTES:
        raise TrainingError(
            f"{name} has {len(data) / 1e6:.0f} MB, more than the {MAX_BYTES / 1e6:.0f} MB that a "
            "training history may have. Give the CSV file that CSVLogger wrote, one line an epoch."
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", errors="replace")
    else:
        # A crash of the machine can leave zero bytes at the end of a file.
        trimmed = data.rstrip(b"\0")
        first = trimmed.lstrip().split(b"\n", 1)[0]
        if b"\0" in trimmed or "\ufffd" in first.decode("utf-8", errors="replace"):
            raise TrainingError(
                f"{name} is not a text file. Give the CSV file that Keras' CSVLogger wrote."
            )
        text = trimmed.decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise TrainingError(_empty(name))
    return text, text.endswith(("\n", "\r"))


def _is_cut(last: dict[str, str], column: str, before: list[dict[str, str]]) -> bool:
    """Whether the last cell of an unfinished line stops inside its number, like ``1e-``."""
    cell = last.get(column, "")
    worded = any(to_number(row.get(column, "")) is None for row in before)
    return cell == "" or (to_number(cell) is None and not worded and to_list(cell) is None)


def _empty(name: str) -> str:
    return (
        f"{name} is empty. A training history needs a header line and one line an epoch; "
        "wait for the first epoch to end, or choose another file."
    )


def _header(cells: list[str], name: str) -> tuple[list[str], int | None]:
    """Check a header line and return its names and the position of the epoch."""
    names = [cell.strip('"').strip() for cell in cells]
    # pandas writes the index of a history as a first column without a name.
    epoch_at = next((i for i, cell in enumerate(names) if cell.lower() in _EPOCH_NAMES), None)
    if epoch_at is None and names[0] == "" and len(names) > 1:
        epoch_at, names[0] = 0, "epoch"
    metrics = [cell for i, cell in enumerate(names) if i != epoch_at]
    shown = ", ".join(names)[:80]
    if not metrics or any(cell == "" or to_number(cell) is not None for cell in metrics):
        raise TrainingError(
            f"{name} does not start with the header of a training history: its first line is "
            f'"{shown}". {NEEDED}'
        )
    if len(set(names)) != len(names):
        raise TrainingError(
            f'{name} names a column twice in its header "{shown}". Rename one of them.'
        )
    return names, epoch_at


def _repeats_header(cells: list[str], header: list[str]) -> bool:
    if any(cell.lower() in _EPOCH_NAMES for cell in cells):
        return True
    return cells == header


def _problem(cells: list[str], header: list[str], epoch_at: int | None) -> str | None:
    """Return what is wrong with a row, as the middle of a sentence."""
    if len(cells) != len(header):
        plural = "s" if len(cells) != 1 else ""
        return f"has {len(cells)} value{plural} where the header has {len(header)}"
    if epoch_at is not None:
        epoch = to_number(cells[epoch_at])
        if epoch is None or not math.isfinite(epoch) or epoch < 0 or epoch != int(epoch):
            return f'gives "{cells[epoch_at][:20]}" as its epoch'
    return None
