"""The limits of a release in plain words, counted out of a hundred where it was measured."""

from __future__ import annotations

from typing import Any

from brainscan.reporting.card_data import source_names
from brainscan.reporting.card_json import (
    defined,
    dig,
    number,
    place,
    readable,
    rows,
    table,
    text,
    words,
)
from brainscan.reporting.card_outlines import outlines_of
from brainscan.reporting.card_parts import Bullets, Figure, Section, Text, number_text
from brainscan.reporting.card_results import (
    heading,
    held_out,
    near_copies_together,
    test_sets,
)
from brainscan.reporting.card_sources import SOURCES

_COARSE = "Evidence maps are coarse (one cell is 8 input pixels) and are no outlines."
_OUTLINED = (
    "Evidence maps are coarse (one cell is 8 input pixels); where a tumour ends is for the "
    "outline to say, which is drawn at half the input's resolution and has limits of its own: see "
    "Outlines."
)
_ALWAYS = (
    "Another scanner, sequence or protocol than in its training data can change every figure.",
    "It reads single slices and knows nothing of the slices beside them, of the patient, or of "
    "earlier examinations.",
)
_NO_GATE = "It does not check whether a picture is a brain MR slice at all."
_ONE_TYPE = "It always prefers one of its types, also for a tumour of a kind it never saw."
_SET_TYPE = "Its sets hold only types it was trained on, also for a tumour of another kind."
_UNMEASURED = "It was measured on no test set, so nobody knows how often it is wrong."


def limits_section(manifest: dict[str, Any]) -> Section:
    """Return what a reader must not expect of the model."""
    measured = [line for entry in test_sets(manifest) for line in _counted(manifest, *entry)]
    measured += _gate(table(manifest.get("gate")))
    others = []
    if not table(manifest.get("gate")):
        others.append(_NO_GATE)
    if words(manifest.get("types")):
        others.append(_SET_TYPE if table(manifest.get("type_sets")) else _ONE_TYPE)
    others.append(_OUTLINED if table(manifest.get("segmentation")) else _COARSE)
    others += _ALWAYS
    others += [SOURCES[name].limit for name in source_names(manifest)
               if name in SOURCES and SOURCES[name].limit]  # fmt: skip
    first = Text("Measured, in numbers of a hundred slices:") if measured else Text(_UNMEASURED)
    blocks = (first, Bullets(tuple(measured))) if measured else (first,)
    return Section(
        "limits",
        "Limits",
        (*blocks, Text("Besides:"), Bullets(tuple(others))),
    )


def _gate(node: dict[str, Any]) -> list[str]:
    """Return sentences on what the input gate lets through and what it refuses in error."""
    lines = []
    passed = _missing(dig(node, "left_out", "all"))
    if passed is not None:
        pictures = _of_hundred(passed, "pictures that are no brain MR slice")
        lines.append(f"The input gate lets pass {pictures}, of kinds it never saw.")
    refused = defined(dig(node, "genuine", "validation", "all"))
    if refused is not None:
        slices = _of_hundred(refused, "genuine slices")
        lines.append(f"The input gate refuses {slices} of the validation data.")
    return lines


def _counted(
    manifest: dict[str, Any], name: str, part: dict[str, Any], metrics: dict[str, Any]
) -> list[str]:
    """Return sentences on what goes wrong on one test set."""
    title = heading(name, part)
    pieces = rows(metrics.get("by_sequence"))
    split = {text(piece.get("name")).split(" ")[0] for piece in pieces}
    pieces += [p for p in rows(metrics.get("by_source")) if text(p.get("name")) not in split]
    if not pieces:
        tumor = table(dig(metrics, "binary", "per_class", "tumor"))
        pieces = [
            {"name": name, "sensitivity": tumor.get("recall"),
             "specificity": tumor.get("specificity"), "hit_rate": metrics.get("heat_map_hit_rate")}
        ]  # fmt: skip
    lines = [line for piece in pieces for line in _of_piece(piece)]
    lines += _outlined(name, outlines_of(part, metrics))
    if held_out(part) and not near_copies_together(manifest):
        lines.append(
            f"Images of {name} that name no patient were drawn singly: slices of one patient can "
            "lie in training and in validation, so its figures are not those of unseen patients."
        )
    undecided = defined(part.get("indeterminate"))
    if undecided is not None:
        lines.append(f"On {title} it leaves {_of_hundred(undecided, 'slices')} undecided.")
    for kind, figures in table(dig(metrics, "types", "per_class")).items():
        wrong = _missing(dig(figures, "recall"))
        if wrong is not None:
            tumors = _of_hundred(wrong, f"{readable(kind)} slices")
            lines.append(f"On {title} it prefers another type for {tumors}.")
    lines += _calibrated(title, dig(metrics, "ranking", "ece"))
    for piece in pieces if len(pieces) > 1 else ():
        lines += _calibrated(place(text(piece.get("name"))), piece.get("ece"))
    return lines


def _calibrated(title: str, node: Any) -> list[str]:
    """Return a sentence on the expected calibration error."""
    ece = defined(node)
    if ece is None or ece.value is None:
        return []
    counted = "" if ece.n is None else f" (n {ece.n:,})"
    return [
        f"On {title} the tumour probability, ten bins of it, and the share of tumours in each bin "
        f"differ by {number_text(100 * ece.value, 1)} percentage points on average{counted}."
    ]


def _of_piece(piece: dict[str, Any]) -> list[str]:
    """Return one sentence on a source or a sequence."""
    parts = []
    missed, alarms, beside = (
        _missing(piece.get(key)) for key in ("sensitivity", "specificity", "hit_rate")
    )
    if missed is not None:
        parts.append(f"misses {_of_hundred(missed, 'tumour slices')}")
    if alarms is not None:
        parts.append(f"does not clear {_of_hundred(alarms, 'tumour-free slices')}")
    if beside is not None:
        parts.append(
            f"has its strongest evidence outside the tumour in "
            f"{_of_hundred(beside, 'outlined tumour slices')}"
        )
    if not parts:
        return []
    told = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
    return [f"On {place(text(piece.get('name'))) or 'the test images'} it {told}."]


def _outlined(name: str, node: dict[str, Any]) -> list[str]:
    """Return sentences on outlines that miss, invent or overlap badly."""
    lines = []
    for piece in rows(node.get("by_stratum")) or [table(node.get("overall"))]:
        parts = []
        missed, invented = _missing(piece.get("lesion_sensitivity")), piece.get("false_masks")
        if missed is not None:
            parts.append(f"misses {_of_hundred(missed, 'lesions')}")
        false = defined(invented)
        if false is not None:
            slices = _of_hundred(false, "tumour-free slices")
            least = number(node.get("false_mask_share"))
            much = "part" if least is None else f"more than {100 * least:g} %"
            parts.append(f"covers {much} of the head on {slices}")
        quartile = number(dig(piece, "dice_quartiles", 0))
        if quartile == 0:
            parts.append("touches nothing of the tumour on at least every fourth tumour slice")
        elif quartile is not None:
            parts.append(f"has a Dice below {number_text(quartile)} on every fourth tumour slice")
        if parts:
            told = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
            where = text(piece.get("name"))
            where = name if where in ("", "all") else place(where)
            lines.append(f"On {where} its outline {told}.")
    return lines


def _missing(node: Any) -> Figure | None:
    """Return one minus a share, with its interval."""
    found = defined(node)
    if found is None or found.value is None or not 0.0 <= found.value <= 1.0:
        return None
    low = None if found.high is None else 1 - found.high
    high = None if found.low is None else 1 - found.low
    return Figure(1 - found.value, low, high, found.n)


def _of_hundred(share: Figure, what: str) -> str:
    """Return ``"12 of 100 slices (9 to 15, n 457)"``, with a decimal below ten."""
    assert share.value is not None

    def count(value: float) -> str:
        hundred = 100 * value
        return number_text(hundred, 0 if hundred >= 9.95 or hundred < 0.05 else 1)

    inside = []
    if share.low is not None and share.high is not None:
        inside.append(f"{count(share.low)} to {count(share.high)}")
    if share.n is not None:
        inside.append(f"n {share.n:,}")
    return f"{count(share.value)} of 100 {what}" + (f" ({', '.join(inside)})" if inside else "")
