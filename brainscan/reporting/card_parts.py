"""What a model card is made of: sections of sentences, facts and tables of figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from brainscan.notice import RESEARCH_USE


@dataclass(frozen=True)
class Figure:
    """A measured value with its 95 % interval and the number of images behind it.

    Attributes
    ----------
    value
        ``None`` where it is not defined; ``reason`` then says why.
    low, high
        Ends of the interval; both ``None`` where there is none.
    n
        Images behind the value, ``None`` when the release does not say.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    method: str = ""
    reason: str = ""

    @property
    def text(self) -> str:
        """The value with three decimals, or ``not defined``."""
        return "not defined" if self.value is None else number_text(self.value)

    @property
    def interval(self) -> str:
        """``0.912 to 0.954``, or an empty text."""
        if self.low is None or self.high is None:
            return ""
        return f"{number_text(self.low)} to {number_text(self.high)}"

    def to_json(self) -> dict[str, Any]:
        return {
            "value": self.value, "low": self.low, "high": self.high, "n": self.n,
            "method": self.method, "reason": self.reason,
        }  # fmt: skip


def number_text(value: float, digits: int = 3) -> str:
    """Return a number without the minus sign of a zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


Cell = str | int | float | Figure | None


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Names and values without uncertainty."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows under a caption.

    Attributes
    ----------
    scale
        Ends of the axis on which a page draws the figures of the table.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    scale: tuple[float, float] = (0.0, 1.0)

    @property
    def wide(self) -> bool:
        """Whether each row is a measure and its figure, so that interval and n get columns."""
        return len(self.columns) == 2 and any(isinstance(row[1], Figure) for row in self.rows)

    def compact(self) -> Table:
        """Return the table without the columns in which no row has anything."""
        kept = [
            index
            for index in range(len(self.columns))
            if any(row[index] not in (None, "") for row in self.rows)
        ]
        return replace(
            self,
            columns=tuple(self.columns[i] for i in kept),
            rows=tuple(tuple(row[i] for i in kept) for row in self.rows),
        )


@dataclass(frozen=True)
class Commands:
    """Command lines, each with what it measures."""

    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Calibration:
    """The reliability diagram of one test set: ``(low, high, n, predicted, observed)`` a bin."""

    dataset: str
    ece: Figure | None
    bins: tuple[tuple[float, float, int, float | None, float | None], ...]


@dataclass(frozen=True)
class WorstErrors:
    """The most confident errors on a test set, by file name relative to the folder ``name``."""

    dataset: str
    name: str
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Gallery:
    """Synthetic slices that the model gets wrong or leaves open: seeds, not pictures."""

    cases: tuple[dict[str, Any], ...]


Block = Text | Bullets | Facts | Table | Commands | Calibration | WorstErrors | Gallery


@dataclass(frozen=True)
class Section:
    """A chapter of the card. ``key`` names it in addresses."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Headline:
    """A figure by which a reader judges the model.

    Attributes
    ----------
    measure
        What was measured, for example ``"Tumour AUROC"``.
    where
        On which images, for example ``"lgg flair"``.
    better
        Whether a high or a low value is good.
    """

    measure: str
    where: str
    figure: Figure
    better: Literal["high", "low"] = "high"

    @property
    def scale(self) -> tuple[float, float]:
        """Ends of the axis to draw the figure on: from chance upwards, or from zero."""
        ends = [end for end in (self.figure.value, self.figure.low, self.figure.high) if end]
        if self.better == "low":
            return (0.0, 0.1) if max(ends, default=0.0) <= 0.1 else (0.0, 1.0)
        return (0.5, 1.0) if min(ends, default=1.0) >= 0.5 else (0.0, 1.0)


@dataclass(frozen=True)
class Card:
    """The card of a release, ready to be written as Markdown or laid out as a page."""

    title: str
    lead: str
    glance: tuple[tuple[str, str], ...]
    headline: tuple[Headline, ...]
    sections: tuple[Section, ...]

    def section(self, key: str) -> Section:
        """Return the section of a key. Raises `KeyError` when there is none."""
        for section in self.sections:
            if section.key == key:
                return section
        raise KeyError(key)

    def to_json(self) -> dict[str, Any]:
        """Return the whole card as plain values for ``json.dumps``."""
        return {
            "notice": RESEARCH_USE,
            "title": self.title,
            "lead": self.lead,
            "at_a_glance": dict(self.glance),
            "headline": [
                {"measure": h.measure, "where": h.where, "better": h.better, **h.figure.to_json()}
                for h in self.headline
            ],
            "sections": [
                {"key": s.key, "title": s.title, "blocks": [_block_json(b) for b in s.blocks]}
                for s in self.sections
            ],
        }


def _block_json(block: Block) -> dict[str, Any]:
    match block:
        case Text():
            return {"text": block.text}
        case Bullets():
            return {"list": list(block.lines)}
        case Facts():
            return {"facts": dict(block.pairs)}
        case Table():
            rows = [
                [cell.to_json() if isinstance(cell, Figure) else cell for cell in row]
                for row in block.rows
            ]
            return {"table": block.caption, "columns": list(block.columns), "rows": rows}
        case Commands():
            return {"commands": [{"measures": what, "command": line} for what, line in block.lines]}
        case Calibration():
            names = ("low", "high", "n", "predicted", "observed")
            bins = [dict(zip(names, one, strict=True)) for one in block.bins]
            ece = block.ece.to_json() if block.ece else None
            return {"calibration": block.dataset, "ece": ece, "bins": bins}
        case WorstErrors():
            return {"worst_errors": block.dataset, "rows": list(block.rows)}
        case Gallery():
            return {"synthetic_cases": list(block.cases)}
