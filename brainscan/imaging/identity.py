"""Who the patient is, kept apart from everything that is shown, logged, cached or exported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+")
_SHORTEST_TRACE = 2  # shorter ones are initials and numbers that stand for nobody


@dataclass(frozen=True, eq=False, repr=False)
class Identity:
    """Facts that tell who the patient is.

    They exist for one purpose: the header panel, which shows them only when the reader switches
    "hide identity" off. Printing or logging an ``Identity`` gives away nothing.

    Attributes
    ----------
    facts
        Pairs of label and value in the order to show them, for example
        ``("Patient name", "...")``; only values that the file states.
    """

    facts: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Identity({len(self.facts)} facts, hidden)"

    def __bool__(self) -> bool:
        return bool(self.facts)

    def get(self, label: str) -> str | None:
        """Return one fact by its label, or ``None``."""
        return dict(self.facts).get(label)

    def cleared(self, text: str) -> str:
        """Return a text without any of the facts in it, or parts of a name.

        For free text of a file that is shown, such as a series description.
        """
        for trace in sorted(set(self._traces()), key=len, reverse=True):
            pattern = rf"(?<![^\W_]){re.escape(trace)}(?![^\W_])"
            text = re.sub(pattern, "", text, flags=re.IGNORECASE)
        return " ".join(text.split()).strip(" ,;:-_^")

    def _traces(self) -> Iterator[str]:
        for label, value in self.facts:
            if "sex" in label.casefold():
                continue
            pieces = [value]
            if "name" in label.casefold():
                pieces += re.split(r"[\s^=,]+", value)
                # Parts of a double name; what holds a digit is part of a code, such as T1.
                pieces += [part for part in _WORD.findall(value) if part.isalpha()]
            yield from (piece for piece in pieces if len(piece) >= _SHORTEST_TRACE)
