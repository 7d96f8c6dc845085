"""The figures against which a reader judges a release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from brainscan.reporting.card_json import defined, dig, named
from brainscan.reporting.card_outlines import outlines_of
from brainscan.reporting.card_parts import Headline, Section, Table, Text
from brainscan.reporting.card_results import (
    at_specificity,
    held_out,
    near_copies_together,
    sources_of,
    test_sets,
)

MOST = 8
_Find = Callable[[dict[str, Any]], Any]


def _of(part: str, key: str) -> _Find:
    return lambda metrics: sources_of(metrics, part).get(key)


def _outline(part: str, key: str) -> _Find:
    return lambda metrics: named(dig(metrics, "outlines", "by_stratum"), part).get(key)


def _types(source: str, key: str) -> _Find:
    return lambda metrics: named(metrics.get("types_by_source"), source).get(key)


# What is measured, on which images, where it stands in the figures of a test set (only of the one
# named, if one is), whether it stands at the top of the page, and whether low is good.
_JUDGED: tuple[tuple[str, str, str | None, _Find, bool, Literal["high", "low"]], ...] = (
    ("Tumour AUROC", "lgg FLAIR", None, _of("lgg flair", "auroc"), True, "high"),
    ("Tumour AUROC", "lgg T1ce", None, _of("lgg t1ce", "auroc"), True, "high"),
    ("Sensitivity", "lgg FLAIR", None, _of("lgg flair", "sensitivity"), True, "high"),
    ("Specificity", "lgg FLAIR", None, _of("lgg flair", "specificity"), True, "high"),
    (
        "Tumour AUROC", "brain-mri", "brain-mri",
        lambda metrics: dig(metrics, "ranking", "auroc"), True, "high",
    ),
    ("Dice of a scan", "lgg FLAIR", None, _outline("lgg flair", "stack_dice"), True, "high"),
    ("Dice of a slice", "figshare", None, _outline("figshare", "dice"), False, "high"),
    ("Sensitivity at specificity 0.95", "brain-mri", "brain-mri", at_specificity, False, "high"),
    ("Tumour AUROC", "br35h", None, _of("br35h", "auroc"), False, "high"),
    ("Type accuracy", "figshare", None, _types("figshare", "accuracy"), True, "high"),
    ("Type macro F1", "figshare", None, _types("figshare", "macro_f1"), False, "high"),
    ("Specificity", "healthy-oasis", None, _of("healthy-oasis", "specificity"), False, "high"),
    ("Evidence maximum in mask", "figshare", None, _of("figshare", "hit_rate"), False, "high"),
    (
        "Calibration error (ECE)", "lgg", "lgg",
        lambda metrics: dig(metrics, "ranking", "ece"), True, "low",
    ),
    # Last at the top: where there are outlines, they say it better and take its place.
    ("Evidence maximum in mask", "lgg FLAIR", None, _of("lgg flair", "hit_rate"), True, "high"),
    (
        "Calibration error (ECE)", "brain-mri", "brain-mri",
        lambda metrics: dig(metrics, "ranking", "ece"), False, "low",
    ),
)  # fmt: skip


def judged(manifest: dict[str, Any]) -> list[tuple[Headline, bool]]:
    """Return the known figures of a release and whether each belongs at the top of the page."""
    found = []
    for measure, where, only, find, top, better in _JUDGED:
        for name, part, metrics in test_sets(manifest):
            known = metrics | {"outlines": outlines_of(part, metrics)}
            figure = defined(find(known)) if only in (None, name) else None
            if figure is not None:
                shown = f"{where}, validation" if held_out(part) else where
                found.append((Headline(measure, shown, figure, better), top))
                break
    return found


def headline(manifest: dict[str, Any]) -> tuple[Headline, ...]:
    """Return the six to eight figures for the top of the page.

    A release that was measured on other sets shows the plain figures of those.
    """
    known = judged(manifest)
    top = [entry for entry, first in known if first]
    top += [entry for entry, first in known if not first][: max(0, 6 - len(top))]
    if len(top) >= 4:
        return tuple(top[:MOST])
    plain: list[Headline] = []
    for name, part, metrics in test_sets(manifest):
        tumor = dig(metrics, "binary", "per_class", "tumor")
        asked: tuple[tuple[str, Any, Literal["high", "low"]], ...] = (
            ("Tumour AUROC", dig(metrics, "ranking", "auroc"), "high"),
            ("Sensitivity", dig(tumor, "recall"), "high"),
            ("Specificity", dig(tumor, "specificity"), "high"),
            ("Calibration error (ECE)", dig(metrics, "ranking", "ece"), "low"),
        )
        for measure, node, better in asked:
            figure = defined(node)
            if figure is not None:
                shown = f"{name}, validation" if held_out(part) else name
                plain.append(Headline(measure, shown, figure, better))
    return tuple(plain[:MOST])


def judged_section(manifest: dict[str, Any]) -> Section:
    """Return the table of the figures by which to judge the release."""
    entries = [entry for entry, _ in judged(manifest)] or list(headline(manifest))
    if not entries:
        blank = Text("There is no figure to judge this release by: it was measured on no test set.")
        return Section("judge", "Key figures", (blank,))
    lines = tuple((f"{entry.measure}, {entry.where}", entry.figure) for entry in entries)
    caption = "On the test images of the release"
    if any(held_out(part) for _, part, _ in test_sets(manifest)):
        caption += "; on validation images where that is said, which is kinder"
        if not near_copies_together(manifest):
            caption += ", as near copies of them can be among the training images"
    return Section("judge", "Key figures", (
        Table(caption, ("Measure", "Value"), lines),
    ))  # fmt: skip
