"""The card's chapter on the maps: do they show what the network answers by?"""

from __future__ import annotations

from typing import Any

from brainscan.reporting.card_json import defined, dig, place, rows, table, text, whole, words
from brainscan.reporting.card_parts import Block, Bullets, Cell, Figure, Section, Table, Text

NOT_MEASURED = (
    "Whether evidence map and Grad-CAM show what the network answers by was not measured for this "
    "release. Measure it with `python -m brainscan faithfulness`."
)
_MAPS = (
    ("gradcam", "Grad-CAM"), ("evidence", "Evidence"), ("outline", "Outline"),
    ("center", "Centre prior"), ("random", "Chance"),
)  # fmt: skip
_GAMES = (("deletion", "Deletion"), ("insertion", "Insertion"))
_AGAINST = (
    ("heads", "The last layers drawn anew"), ("network", "All layers drawn anew"),
    ("other_slice", "Another patient's slice"),
)  # fmt: skip
_HOW = (
    "Pointing game (Zhang et al. 2016, arXiv:1608.00507): the map's maximum lies inside the "
    "published outline. Energy (Wang et al. 2020, arXiv:1910.01279): the share of the map's sum "
    "that does. Chance is a pixel of the head drawn blindly; the centre prior knows where the head "
    "is and nothing else. Both are on the grid that the network reads.",
    "Deletion and insertion (Petsiuk et al. 2018, arXiv:1806.07421): mean tumour probability while "
    "pixels are taken from the slice, or given to an empty one, in the order of the map. A map is "
    "good where deletion is low and insertion high. Chance is a map of noise as coarse as the "
    "network's.",
    "Randomized networks (Adebayo et al. 2018, arXiv:1810.03292): rank correlation of the map with "
    "that of the same slice when weights are drawn anew. A map that stays alike shows the picture "
    "and not what was learned. Another patient's slice tells how alike maps are anyway.",
)


def faithfulness_section(manifest: dict[str, Any]) -> Section:
    """Return what tests of the maps found."""
    node = table(manifest.get("faithfulness"))
    blocks: list[Block] = []
    for name, found in table(node.get("sets")).items():
        part = table(found)
        folds = ", ".join(words(part.get("folds")))
        blocks += _one_set(f"{name}, fold {folds}" if folds else str(name), part)
    if not blocks:
        return Section("faithfulness", "Faithfulness", (Text(NOT_MEASURED),))
    how: list[Block] = [Bullets(_HOW)]
    if text(node.get("fill")):
        how.append(Text(text(node["fill"])))
    return Section("faithfulness", "Faithfulness", (*how, *blocks))


def faithful_sets(manifest: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return name and folds of the sets that the maps were tested on."""
    sets = table(dig(manifest, "faithfulness", "sets"))
    return [(str(name), words(table(part).get("folds"))) for name, part in sets.items()]


def _one_set(title: str, part: dict[str, Any]) -> list[Block]:
    pieces = rows(part.get("parts"))
    tolerance = whole(part.get("tolerance")) or 0
    beside = f", {tolerance} pixels beside it allowed" if tolerance else ""
    blocks: list[Block] = []
    if verdict := _verdict(part):
        blocks.append(Text(f"{title}. {' '.join(verdict)}"))
    for key, caption in (
        ("pointing", f"maximum of the map inside the outline{beside}"),
        ("energy", "share of the map's energy inside the outline"),
    ):
        lines = [_line(place(text(one.get("name"))), one.get(key)) for one in pieces]
        blocks += _table(f"{title}: {caption}", "Part", lines)
    curves, sanity = table(part.get("curves")), table(part.get("sanity"))
    lines = [_line(label, curves.get(key)) for key, label in _GAMES]
    blocks += _table(f"{title}: mean tumour probability", "Test", lines)
    blocks += _gains(title, curves)
    blocks += _ends(curves)
    similar = table(sanity.get("similarity"))
    lines = [
        _line(label, {name: dig(similar, name, key) for name, _ in _MAPS})
        for key, label in _AGAINST
    ]
    draws = whole(sanity.get("draws"))
    drawn = "" if not draws else ", one draw" if draws == 1 else f", mean of {draws} draws"
    blocks += _table(f"{title}: rank correlation of maps{drawn}", "Compared with", lines, -1.0)
    left = whole(part.get("left_out"))
    if blocks and left:
        blocks.append(Text(f"{left:,} slices could not be read or have no outline at this size."))
    return blocks + ([Text(note) for note in words(part.get("notes"))] if blocks else [])


def _verdict(part: dict[str, Any]) -> list[str]:
    """Return in plain sentences what the tables of a set say of the maps."""
    told = []
    pointing = dig(part, "parts", 0, "pointing")
    center = _interval(dig(pointing, "center"))
    for name, label in (("gradcam", "Grad-CAM"), ("evidence", "The evidence map")):
        found = _interval(dig(pointing, name))
        if found and center and found[0] > center[1]:
            told.append(
                f"{label} points into the tumour more often than the centre of the head does."
            )
        elif found and center:
            often = "less often than" if found[1] < center[0] else "no more often than"
            told.append(
                f"{label} points into the tumour {often} the centre of the head does: do not look "
                "for the tumour by it."
            )
        likeness = dig(part, "sanity", "similarity", name)
        drawn, other = (_interval(dig(likeness, key)) for key in ("heads", "other_slice"))
        if drawn and other and drawn[0] > other[1]:
            told.append(
                f"{label} stays more alike when the last layers are drawn anew than from one "
                "patient to another: part of it shows the picture, not what these layers learned."
            )
    return told


def _interval(node: Any) -> tuple[float, float] | None:
    found = defined(node)
    if found is None or found.low is None or found.high is None:
        return None
    return found.low, found.high


def _line(label: str, node: Any) -> tuple[Cell, ...]:
    return (label, *(defined(table(node).get(name)) for name, _ in _MAPS))


def _table(
    caption: str, first: str, lines: list[tuple[Cell, ...]], low: float = 0.0
) -> list[Block]:
    known = [line for line in lines if any(isinstance(cell, Figure) for cell in line)]
    columns = (first, *(label for _, label in _MAPS))
    return [Table(caption, columns, tuple(known), (low, 1.0)).compact()] if known else []


def _gains(title: str, curves: dict[str, Any]) -> list[Block]:
    """Return by how much maps beat the baselines, slice by slice."""
    lines: list[tuple[Cell, ...]] = []
    for key, label in _GAMES:
        for name, shown in _MAPS:
            gains = table(dig(curves, f"{key}_gain", name))
            found = (defined(gains.get("random")), defined(gains.get("center")))
            if any(found):
                lines.append((f"{label}, {shown}", *found))
    if not lines:
        return []
    caption = f"{title}: gain over the baselines on the same slices; below zero a map is worse"
    return [Table(caption, ("Map", "Over chance", "Over the centre prior"), tuple(lines))]


def _ends(curves: dict[str, Any]) -> list[Block]:
    told = []
    for key, label in (
        ("whole", "as they are"), ("without_tumor", "without the outlined tumour"),
        ("blurred", "with nothing left to see"),
    ):  # fmt: skip
        found = defined(curves.get(key))
        if found is not None:
            interval = f" ({found.interval})" if found.interval else ""
            told.append(f"{found.text}{interval} {label}")
    if not told:
        return []
    return [Text(f"Mean tumour probability of these slices: {', '.join(told)}.")]
