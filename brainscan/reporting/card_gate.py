"""The card's chapter on the input gate: what is refused, and what of the genuine slices."""

from __future__ import annotations

from typing import Any

from brainscan.reporting.card_checks import generic
from brainscan.reporting.card_json import (
    defined,
    dig,
    number,
    place,
    readable,
    table,
    text,
    whole,
)
from brainscan.reporting.card_parts import Block, Cell, Facts, Section, Table, Text

_NO_GATE = (
    "The release has no input gate: it answers for whatever picture it is given, brain MR slice or "
    "not."
)
_NO_FIGURES = "The release has an input gate, but no figure of how well it works."
_LEFT_OUT = "Refused, each kind judged by a gate that never saw one of its kind"
_KNOWN = {
    "rule", "note", "fitted_on", "genuine", "unusual_validation", "left_out", "fitted_kinds",
}  # fmt: skip


def gate_section(manifest: dict[str, Any]) -> Section:
    """Return how well pictures that are no brain MR slices are refused."""
    node = table(manifest.get("gate"))
    if not node:
        return Section("gate", "Input gate", (Text(_NO_GATE),))
    blocks: list[Block] = []
    if text(node.get("rule")):
        blocks.append(Text(text(node["rule"])))
    blocks += _fitted(table(node.get("fitted_on")))
    left_out = table(node.get("left_out"))
    lines = _shares(left_out)
    lines += _shares(table(left_out.get("drawn in code")), "drawn in code")
    named = defined(left_out.get("family named rightly"))
    if named is not None:
        lines.append(("What the picture is, named rightly where it is named", named))
    blocks += _table(_LEFT_OUT, "Pictures that are no brain MR slice", lines)
    genuine = [
        line
        for name, part in table(node.get("genuine")).items()
        for line in _shares(table(part), readable(name))
    ]
    unusual = defined(node.get("unusual_validation"))
    if unusual is not None:
        genuine.append(("validation: accepted with a warning that they look unusual", unusual))
    blocks += _table("Refused of genuine brain MR slices", "Slices", genuine, (0.0, 0.1))
    shipped = _shares(table(node.get("fitted_kinds")))
    blocks += _table("Refused by the gate as shipped, fitted with all kinds", "Pictures", shipped)
    rest = {key: value for key, value in node.items() if key not in _KNOWN}
    blocks += generic("Further figures of the input gate", rest)
    if not any(isinstance(block, Table) for block in blocks):
        blocks.append(Text(_NO_FIGURES))
    if text(node.get("note")):
        blocks.append(Text(text(node["note"])))
    return Section("gate", "Input gate", tuple(blocks))


def _shares(node: dict[str, Any], first: str = "") -> list[tuple[Cell, ...]]:
    """Return the share of all pictures and of every kind, as ``brainscan.training`` writes it."""
    found = [("all", node.get("all")), *table(node.get("by_kind")).items()]
    start = f"{first}: " if first else ""
    return [(start + place(readable(name)), share) for name, part in found
            if (share := defined(part)) is not None]  # fmt: skip


def _table(
    caption: str,
    column: str,
    lines: list[tuple[Cell, ...]],
    scale: tuple[float, float] = (0.0, 1.0),
) -> list[Block]:
    return [Table(caption, (column, "Share refused"), tuple(lines), scale)] if lines else []


def _fitted(node: dict[str, Any]) -> list[Block]:
    """Return on how many pictures of which kinds the gate was fitted."""
    pairs = []
    for name in ("genuine", "others", "phantoms"):
        kinds = [
            f"{place(readable(str(kind)))} {count:,}"
            for kind, value in table(node.get(name)).items()
            if (count := whole(value)) is not None
        ]
        if number(dig(node, name)) is not None:
            kinds = [f"{whole(node[name]):,}"]
        if kinds:
            pairs.append((f"Fitted on {name}", ", ".join(kinds)))
    return [Facts(tuple(pairs))] if pairs else []
