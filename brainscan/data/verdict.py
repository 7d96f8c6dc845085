"""What an audit comes to, in a sentence or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from brainscan.data.audit import Audit
from brainscan.data.leaks import Conflict, FoldTwins, is_test
from brainscan.data.names import display_name

_CHANGED = "saved again, mirrored, cropped or turned"
_MUCH = 0.01  # share of test images from which a copy in training moves the figures


@dataclass(frozen=True)
class Verdict:
    """The most important finding of an audit.

    Attributes
    ----------
    level
        ``"conflict"``: equal pictures carry different labels, whatever else was found. ``"leak"``:
        a split has copies on both sides. ``"copies"``: there is no split, and a random
        one would leak. ``"clean"``: neither. ``"nothing"``: no file could be read.
    sentence
        The finding.
    detail
        What else belongs to it; may be empty.
    """

    level: Literal["conflict", "leak", "copies", "clean", "nothing"]
    sentence: str
    detail: str


def verdict(audit: Audit) -> Verdict:
    """Return the most important finding of an audit."""
    count = len(audit.seen.images)
    if not count:
        return Verdict("nothing", "No file could be read, so there is nothing to compare.", "")
    said = _of_split(audit) if audit.twins else _of_copies(audit)
    # Near-duplicates can differ rightly; equal pictures cannot.
    wrong = [conflict for conflict in audit.conflicts if conflict.kind == "pixels"]
    return _of_conflicts(wrong, said) if wrong else said


def _of_conflicts(wrong: Sequence[Conflict], said: Verdict) -> Verdict:
    """Put label conflicts before what else is to be said of the dataset."""
    pairs = dict.fromkeys(" and ".join(map(display_name, one.classes)) for one in wrong)
    many = any(len(one.classes) > 2 for one in wrong)
    who, them = ("picture carries", "it") if len(wrong) == 1 else ("pictures carry", "them")
    sentence = (
        f"{len(wrong):,} {who} {'several' if many else 'two'} labels: {'; '.join(pairs)}. "
        f"Correct {them} before anything else."
    )
    return Verdict("conflict", sentence, f"{said.sentence} {said.detail}".strip())


def _of_copies(audit: Audit) -> Verdict:
    count = len(audit.seen.images)
    copies = count - distinct(audit)["near"]
    if not copies:
        return Verdict("clean", f"All {count:,} images show different pictures.", _no_split(audit))
    alike = alike_within_groups(audit)
    looks, its = ("looks", "its") if alike == 1 else ("look", "their")
    neighbours = (
        f"{alike:,} of {count:,} images {looks} like another one of {its} group (patient): a "
        "neighbouring slice, or the same one saved again."
    )
    if alike == copies:
        return Verdict("copies", neighbours, "Keep groups together when you split.")
    detail = "Write a group-safe split before you train."
    if alike:
        detail += f" {neighbours}"
        copies -= alike
    if copies == 1:
        sentence = f"1 of {count:,} images is a copy of another: a random split may part the two."
    else:
        sentence = (
            f"{copies:,} of {count:,} images are copies of others: a random split would put some "
            "of them on both sides."
        )
    return Verdict("copies", sentence, detail)


def alike_within_groups(audit: Audit) -> int:
    """Count near-duplicates, beyond the first of each, all of whose like are of one given group.

    The slices beside one another in a patient's scan are alike and no copies. Equal pixels are
    copies wherever they lie and are not counted.
    """
    names: dict[int, set[str | None]] = {}
    pictures: dict[int, set[int]] = {}
    links = audit.links
    for image, near, pixels in zip(
        audit.seen.images, links.groups, links.pixel_groups, strict=True
    ):
        names.setdefault(int(near), set()).add(image.record.group or None)
        pictures.setdefault(int(near), set()).add(int(pixels))
    return sum(
        len(pictures[near]) - 1
        for near, found in names.items()
        if len(found) == 1 and None not in found
    )


def distinct(audit: Audit) -> dict[str, int]:
    """Count distinct images by bytes, by pixels, and groups of near-duplicates."""
    links = audit.links
    return {
        "by_bytes": len(np.unique(links.byte_groups)),
        "by_pixels": len(np.unique(links.pixel_groups)),
        "near": len(np.unique(links.groups)),
    }


def one_sided(audit: Audit) -> tuple[str, ...]:
    """Return the sources, of several, that hold tumors only or no tumor at all."""
    labels: dict[str, set[str]] = {}
    for image in audit.seen.images:
        if image.record.label is not None:
            labels.setdefault(image.record.source, set()).add(image.record.label)
    if len(labels) < 2:
        return ()
    return tuple(sorted(name for name, found in labels.items() if len(found) == 1))


def leaks(audit: Audit) -> FoldTwins | None:
    """Return the twins of all test sides together; ``None`` without a split."""
    if not audit.twins:
        return None
    fields = ("n", "byte_identical", "pixel_identical", "near_plain", "near", "linked")
    sums = {name: sum(getattr(t, name) for t in audit.twins) for name in fields}
    same_group = sum(t.same_group for t in audit.twins)
    return FoldTwins("all", **sums, same_group=same_group)


def _of_split(audit: Audit) -> Verdict:
    found = leaks(audit)
    assert found is not None  # the caller has looked
    tests = sum(map(is_test, audit.links.folds))
    kind, there = ("test images", "training") if tests else ("images", "another fold")
    if tests > 1:  # a copy of a test image may lie among the validation images
        kind, there = "test and validation images", "another part of the split"
    belong = "belongs" if found.same_group == 1 else "belong"
    patients = f" {found.same_group:,} {belong} to a group (patient) that is also in {there}."
    patients = patients if found.same_group else ""
    whole = f"{found.n:,} {kind}"
    none = f"No copy of the {whole} was found in {there}."
    if not found.near and not found.same_group:
        detail = "Copies mirrored, cropped, turned and saved again were looked for too."
        return Verdict("clean", none, detail)
    if not found.near:
        return Verdict("leak", none, patients.strip())
    share = f"{found.near:,} ({100 * found.near / found.n:.1f} %)"
    also = f"{'is' if found.byte_identical == 1 else 'are'} also in {there}"
    if found.byte_identical:
        sentence = f"{found.byte_identical:,} of {whole} {also}, byte for byte; "
        sentence += f"{share} when copies {_CHANGED} are counted."
    else:
        have = "has" if found.near == 1 else "have"
        sentence = f"{share} of {whole} {have} a copy in {there}: {_CHANGED}."
    memory = found.near / found.n >= _MUCH
    weight = "Figures on this split measure memory." if memory else "Take them out of the test."
    return Verdict("leak", sentence, weight + patients)


def _no_split(audit: Audit) -> str:
    if audit.links.folds:
        return f"Only one fold is named ({audit.links.folds[0]}): there is no split to check."
    return "The dataset names no split; a group-safe one can be written."
