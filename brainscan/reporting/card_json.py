"""Reading a release's JSON without trusting its shape: what is missing or odd is ``None``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from brainscan.reporting.card_parts import Figure

_SHORT = {"auroc": "AUROC", "f1": "F1", "ece": "ECE", "jpeg": "JPEG", "mcc": "MCC"}
_SEQUENCES = {"flair": "FLAIR", "t1ce": "T1ce", "t1": "T1", "t2": "T2"}


def dig(node: Any, *path: str | int) -> Any:
    """Return the value at a path of keys and positions, ``None`` where the path breaks off."""
    for step in path:
        inside = (isinstance(node, dict) and step in node) or (
            isinstance(node, list) and isinstance(step, int) and -len(node) <= step < len(node)
        )
        if not inside:
            return None
        node = node[step]
    return node


def table(node: Any) -> dict[str, Any]:
    """Return an object, empty when it is none."""
    return node if isinstance(node, dict) else {}


def rows(node: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, those of another kind left out."""
    return [row for row in node if isinstance(row, dict)] if isinstance(node, list) else []


def words(node: Any) -> list[str]:
    """Return the texts and numbers of a list as texts."""
    if not isinstance(node, list):
        return []
    return [str(item) for item in node if isinstance(item, str | int | float)]


def number(node: Any) -> float | None:
    """Return a finite number; truth values are none."""
    if isinstance(node, bool) or not isinstance(node, int | float) or not math.isfinite(node):
        return None
    return float(node)


def whole(node: Any) -> int | None:
    """Return a whole number."""
    value = number(node)
    return int(value) if value is not None and value == int(value) else None


def text(node: Any) -> str:
    """Return a text, empty when it is none."""
    return node if isinstance(node, str) else ""


def figure(node: Any) -> Figure | None:
    """Return what `brainscan.evaluation.intervals.Estimate.to_json` wrote, or a bare number."""
    if isinstance(node, dict):
        if "value" not in node:
            return None
        return Figure(
            number(node["value"]),
            number(node.get("low")),
            number(node.get("high")),
            whole(node.get("n")),
            text(node.get("method")),
            text(node.get("reason")),
        )
    value = number(node)
    return None if value is None else Figure(value)


def defined(node: Any) -> Figure | None:
    """Return a figure that has a value, else ``None``."""
    found = figure(node)
    return found if found is not None and found.value is not None else None


def named(node: Any, name: str) -> dict[str, Any]:
    """Return the object of a list whose ``name`` it is; empty when there is none."""
    return next((row for row in rows(node) if row.get("name") == name), {})


def figures_in(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Figure]]:
    """Yield every figure with an interval or n below a node, and the names that lead to it.

    An object of a list is led to by its ``name``, ``label`` or ``kind``.
    """
    if isinstance(node, dict):
        found = figure(node)
        if found is not None:
            if found.value is not None:
                yield path, found
            return
        for key, value in node.items():
            yield from figures_in(value, (*path, str(key)))
    elif isinstance(node, list):
        for item in rows(node):
            name = next(
                (str(item[k]) for k in ("name", "label", "kind", "ingredient") if k in item), ""
            )
            yield from figures_in(item, (*path, name) if name else path)


def readable(name: str) -> str:
    """Return a key as people read it: ``macro_f1`` becomes ``macro F1``."""
    if name == "sensitivity_at_specificity_95":
        return "sensitivity at specificity 0.95"
    return " ".join(_SHORT.get(word, word) for word in name.split("_")).replace("tumor", "tumour")


def place(name: str) -> str:
    """Return a source with its sequence as people write it: ``lgg flair`` becomes ``lgg FLAIR``."""
    return " ".join(_SEQUENCES.get(word, word) for word in name.split(" "))
