"""The card's chapter on whole volumes: the rule, how it was chosen, and what it does."""

from __future__ import annotations

from typing import Any

from brainscan.reporting.card_json import (
    defined,
    dig,
    number,
    place,
    rows,
    table,
    text,
    whole,
    words,
)
from brainscan.reporting.card_parts import (
    Block,
    Bullets,
    Cell,
    Section,
    Table,
    Text,
    number_text,
)

_NO_RULE = (
    "The release has no rule for whole volumes. Its most suspicious slice then decides at the "
    "threshold of single slices, which misses little and raises many false alarms."
)
_NO_TEST = "What the rule does on scans of other patients was not measured."
_TEST = (
    "Nothing was chosen on these scans. The scans with a tumour are whole; in place of tumour-free "
    "scans stand runs of neighbouring tumour-free slices of the same patients, at least a quarter "
    "of a scan long: they are shorter than a scan and border on a tumour. An indeterminate scan "
    "counts as kept and as not cleared. Wilson takes scans of one patient for independent, so "
    "that the intervals are too narrow."
)
_LIMITS = (
    "The validation patients are few: the figures have wide intervals, and thresholds that are "
    "not promised are a precaution, not a guarantee.",
    "The rule was chosen on the same few patients that set its thresholds, which makes the "
    "promises optimistic.",
    "A promise holds on average over draws of validation patients, and a few patients can be an "
    "easy draw: compare the sensitivities promised with those measured on other patients.",
    "Tumour-free runs of patients stood in for the scans of healthy people when the rule was "
    "chosen.",
    "A tumour that fills a smaller share of the slices than the rule averages over is diluted by "
    "its neighbours: a small metastasis can be called tumour-free. Look at the key slices.",
    "Scans of another sequence, plane, slice distance or scanner than the validation scans can "
    "change every figure.",
)
_KINDS = {
    "maximum": "highest slice", "top_mean": "mean of the highest slices",
    "run_mean": "highest mean of neighbouring slices",
}  # fmt: skip
_OUTCOMES = (
    ("kept", "Tumour scans kept"), ("called", "Called tumour"),
    ("cleared", "Tumour-free runs cleared"), ("false_alarms", "Called tumour in error"),
    ("indeterminate", "Left indeterminate"),
)  # fmt: skip


def volume_section(manifest: dict[str, Any]) -> Section:
    """Return how a release answers for whole volumes, and how well."""
    node = table(manifest.get("volume_rule"))
    if not node:
        return Section("volume", "Whole volumes", (Text(_NO_RULE),))
    blocks: list[Block] = [Text(_rule(node))]
    sentences = [text(node.get(key)) for key in ("chosen", "threshold_rule")]
    blocks += [Text(sentence) for sentence in sentences if sentence]
    blocks += _points(node)
    blocks += _candidates(node)
    tested = table(node.get("test"))
    for name, part in tested.items():
        blocks += _test(str(name), table(part))
        blocks += _broken(str(name), table(part), node)
    blocks.append(Text(_TEST if tested else _NO_TEST))
    blocks += [Text("Limits:"), Bullets(_LIMITS)]
    return Section("volume", "Whole volumes", tuple(blocks))


def _rule(node: dict[str, Any]) -> str:
    share = number(node.get("share"))
    kind = text(node.get("kind"))
    percent = "" if share is None else f"{number_text(100 * share, 1).removesuffix('.0')} %"
    if kind == "run_mean":
        return (
            f"A volume's value is the highest mean tumour probability over a run of neighbouring "
            f"slices, {percent} of the scored slices long. It is compared with thresholds of its "
            "own and is no calibrated probability."
        )
    if kind == "top_mean":
        return (
            f"A volume's value is the mean of the highest {percent} of its slices' tumour "
            "probabilities. It is compared with thresholds of its own and is no calibrated "
            "probability."
        )
    return "A volume's value is the highest tumour probability of its slices."


def _points(node: dict[str, Any]) -> list[Block]:
    lines: list[tuple[Cell, ...]] = []
    for point in rows(node.get("operating_points")):
        low, high = (number(dig(point, "band", end)) for end in (0, 1))
        asked, threshold = number(point.get("sensitivity")), number(point.get("threshold"))
        if asked is None or threshold is None or low is None or high is None:
            continue
        promised = "yes" if point.get("promised", True) is True else "no"
        band = f"up to {number_text(high)}" if high > low else "never"
        lines.append((f"{100 * asked:g} %", promised, number_text(threshold), band))
    if not lines:
        return []
    columns = ("Sensitivity asked for", "Promised", "Threshold", "Indeterminate")
    return [Table("Operating points for volumes", columns, tuple(lines))]


def _candidates(node: dict[str, Any]) -> list[Block]:
    lines = []
    for one in rows(node.get("candidates")):
        kind, share = text(one.get("kind")), number(one.get("share"))
        loss, auroc = number(one.get("loss")), number(one.get("auroc"))
        if loss is None or auroc is None or share is None:
            continue
        part = "one slice" if kind == "maximum" else f"{100 * share:g} %"
        lines.append((_KINDS.get(kind, kind), part, number_text(loss), number_text(auroc)))
    if not lines:
        return []
    sizes = table(node.get("validation"))
    scans, runs, patients = (whole(sizes.get(k)) for k in ("tumor", "no_tumor", "patients"))
    caption = (
        f"Candidates on {scans} scans with a tumour and {runs} tumour-free runs of {patients} "
        "validation patients: log loss on patients left out, and AUROC"
    )
    return [
        Table(caption, ("Value of a volume", "Of the slices", "Log loss", "AUROC"), tuple(lines))
    ]


def _test(name: str, part: dict[str, Any]) -> list[Block]:
    folds = ", ".join(words(part.get("folds")))
    title = f"{name}, fold {folds}" if folds else name
    patients = whole(part.get("patients"))
    title += f", {patients} patients" if patients is not None else ""
    found: list[Block] = []
    for key, caption in (
        ("by_sensitivity", "by the sensitivity asked for"),
        ("by_sequence", "by sequence, at the sensitivity the release answers with"),
    ):
        lines: list[tuple[Cell, ...]] = []
        for row in rows(part.get(key)):
            asked = number(row.get("sensitivity"))
            first = place(text(row.get("name"))) if asked is None else f"{100 * asked:g} %"
            lines.append((first, *(defined(row.get(outcome)) for outcome, _ in _OUTCOMES)))
        if lines:
            columns = ("Volumes", *(label for _, label in _OUTCOMES))
            found.append(Table(f"{title}: {caption}", columns, tuple(lines)).compact())
    return found


def _broken(name: str, part: dict[str, Any], node: dict[str, Any]) -> list[Block]:
    """Say which promises the test scans contradict: their interval ends below the promise."""
    promised = [
        asked
        for point in rows(node.get("operating_points"))
        if point.get("promised", True) is True
        and (asked := number(point.get("sensitivity"))) is not None
    ]
    found: list[Block] = []
    for row in rows(part.get("by_sensitivity")):
        asked, high = number(row.get("sensitivity")), number(dig(row, "kept", "high"))
        value, count = number(dig(row, "kept", "value")), whole(dig(row, "kept", "n"))
        if asked not in promised or value is None or high is None or count is None:
            continue
        if asked is not None and high < asked:
            found.append(
                Text(
                    f"The promise of {100 * asked:g} % did not hold on {name}: "
                    f"{round(value * count)} of {count} tumour scans were kept. The validation "
                    "patients set too high a threshold; do not rely on this setting."
                )
            )
    return found
