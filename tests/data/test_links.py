"""Groups, twins and conflicts from hand-made links."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from brainscan.data.dataset import Record
from brainscan.data.leaks import FoldTwins, class_of, conflicts, fold_twins
from brainscan.data.links import Links, link, united
from brainscan.data.survey import ImageFacts, Survey
from brainscan.data.thumbnails import thumbnails
from tests.data.pictures import picture, recompressed


def _survey(pictures: list[np.ndarray], folds: list[str | None], digests: str = "") -> Survey:
    """A survey whose byte digest is the letter in ``digests``; pixel digests are real."""
    whole, head = zip(*[thumbnails(np.ascontiguousarray(p)) for p in pictures], strict=True)
    letters = digests or "".join(chr(97 + k) for k in range(len(pictures)))
    images = tuple(
        ImageFacts(
            Record(Path(f"{k}.png"), f"{k}.png", "tumor", fold=fold),
            bytes=1,
            sha256=letters[k],
            pixels_sha256=str(pixels.tobytes()),
            format="PNG",
            mode="L",
            width=1,
            height=1,
        )
        for k, (pixels, fold) in enumerate(zip(pictures, folds, strict=True))
    )
    return Survey(images, np.stack(whole), np.stack(head), np.zeros((len(images), 1)), ())


def _chain() -> Survey:
    # 0 and 1 equal, 2 compressed, 3 mirrored; 4 alone.
    first = picture(1)
    pictures = [first, first.copy(), recompressed(first), first[:, ::-1], picture(2)]
    return _survey(pictures, ["1", "2", "2", "3", "3"], digests="aabcd")


def test_groups_of_bytes_pixels_and_near_duplicates() -> None:
    links = link(_chain())
    np.testing.assert_array_equal(links.byte_groups, [0, 0, 1, 2, 3])
    np.testing.assert_array_equal(links.pixel_groups, [0, 0, 1, 2, 3])
    np.testing.assert_array_equal(links.groups, [0, 0, 0, 0, 1])
    assert (links.pairs, links.mirrored_pairs, links.cropped_pairs) == (3, 2, 0)


def test_nearest_is_the_best_match_with_other_pixels() -> None:
    links = link(_chain())
    found = links.nearest[0]
    assert found is not None
    # Mirroring loses nothing, compression does.
    assert (found.index, found.kind, found.mirrored) == (3, "whole", True)
    assert links.nearest[1] == found
    assert links.nearest[3] is not None and links.nearest[3].mirrored
    assert links.nearest[4] is None


def test_twins_of_every_fold() -> None:
    twins = fold_twins(link(_chain()))
    assert twins == (
        FoldTwins("1", 1, byte_identical=1, pixel_identical=1, near_plain=1, near=1, linked=1),
        FoldTwins("2", 2, byte_identical=1, pixel_identical=1, near_plain=2, near=2, linked=2),
        FoldTwins("3", 2, byte_identical=0, pixel_identical=0, near_plain=0, near=1, linked=1),
    )


def test_copies_within_a_fold_are_no_twins() -> None:
    seen = _survey([picture(1), picture(1), picture(2)], ["1", "1", "2"])
    assert [t.near for t in fold_twins(link(seen))] == [0, 0]


def test_images_without_a_fold_are_neither_side() -> None:
    seen = _survey([picture(1), picture(1), picture(2)], ["1", None, "2"])
    assert [(t.n, t.near) for t in fold_twins(link(seen))] == [(1, 0), (1, 0)]


def test_fewer_than_two_folds_have_no_twins() -> None:
    assert fold_twins(link(_survey([picture(1), picture(1)], ["1", "1"]))) == ()
    assert fold_twins(link(_survey([picture(1), picture(1)], [None, None]))) == ()


def test_named_splits_count_the_test_side() -> None:
    seen = _survey([picture(1)] * 3, ["train", "val", "Test"])
    assert [t.fold for t in fold_twins(link(seen))] == ["Test", "val"]


def test_chains_are_linked_without_being_twins() -> None:
    near = np.array([[1, 0], [1, 1], [0, 1]], bool)  # 0 and 2 are each like 1 only
    links = replace(
        link(_survey([picture(1), picture(2), picture(3)], ["1", "1", "2"])),
        groups=np.zeros(3, np.int64),
        near_folds=near,
    )
    first, second = fold_twins(links)
    assert (first.near, first.linked) == (1, 2)
    assert (second.near, second.linked) == (0, 1)


def test_united_joins_over_names_and_copies() -> None:
    groups = np.array([0, 1, 1, 2, 3, 4])
    names = ["P1", "P1", "P2", "P2", None, None]
    np.testing.assert_array_equal(united(groups, names), [0, 0, 0, 0, 1, 2])
    np.testing.assert_array_equal(united(groups, [None] * 6), groups)


def _labelled(seen: Survey, classes: list[tuple[str | None, str | None]]) -> tuple[Survey, Links]:
    images = tuple(
        replace(image, record=replace(image.record, label=label, type=kind))
        for image, (label, kind) in zip(seen.images, classes, strict=True)
    )
    seen = replace(seen, images=images)
    return seen, link(seen)


def test_conflicts_of_labels_and_types() -> None:
    pictures = [picture(1), picture(1), picture(2), recompressed(picture(2)), picture(3)]
    seen = _survey(pictures, [None] * 5)
    tumor, none = ("tumor", "glioma"), ("no_tumor", None)
    found = conflicts(*_labelled(seen, [tumor, ("tumor", "pituitary"), tumor, none, none]))
    assert [(c.kind, c.classes) for c in found] == [
        ("pixels", ("glioma", "pituitary")),
        ("near", ("glioma", "no_tumor")),
    ]
    assert found[1].files == ("2.png", "3.png")


def test_unknown_types_and_labels_agree_with_everything() -> None:
    seen = _survey([picture(1)] * 3, [None] * 3)
    assert conflicts(*_labelled(seen, [("tumor", "glioma"), ("tumor", None), (None, None)])) == ()


def test_class_of_is_the_finest_known() -> None:
    record = Record(Path("a"), "a", "tumor", "glioma")
    assert class_of(record) == "glioma"
    assert class_of(replace(record, type=None)) == "tumor"
    assert class_of(replace(record, type=None, label="no_tumor")) == "no_tumor"
    assert class_of(replace(record, type=None, label=None)) == "unlabelled"
