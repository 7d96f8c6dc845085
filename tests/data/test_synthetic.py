"""The audit of a small Kaggle-like layout finds exactly the leaks planted in it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from brainscan.data.audit import Audit, audit_dataset
from brainscan.data.dataset import open_dataset
from brainscan.data.pairs import PAIR_KINDS, copy_pairs
from brainscan.data.splitting import balanced_folds
from brainscan.data.synthetic import Planted, write_planted
from brainscan.data.verdict import distinct, leaks, one_sided, verdict
from brainscan.errors import Cancelled


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted]:
    folder = tmp_path_factory.mktemp("synthetic") / "set"
    return folder, write_planted(folder)


@pytest.fixture(scope="module")
def planted(written: tuple[Path, Planted]) -> Planted:
    return written[1]


@pytest.fixture(scope="module")
def audit(written: tuple[Path, Planted]) -> Audit:
    return audit_dataset(open_dataset(written[0]))


def test_every_planted_leak_is_counted_and_nothing_else(audit: Audit, planted: Planted) -> None:
    (twins,) = audit.twins
    assert (twins.fold, twins.n) == ("Testing", planted.test)
    assert twins.byte_identical == planted.byte_identical == 3
    assert twins.pixel_identical == planted.pixel_identical == 4
    assert twins.near_plain == planted.near_plain == 6
    assert twins.near == twins.linked == planted.near == 11
    assert leaks(audit) is not None


def test_pictures_conflicts_and_sources(audit: Audit, planted: Planted) -> None:
    assert len(audit.seen.images) == planted.images
    assert distinct(audit)["near"] == planted.pictures
    (conflict,) = audit.conflicts
    assert (conflict.kind, len(conflict.files)) == ("pixels", 2)
    assert one_sided(audit) == ("synthetic hospital",)


def test_the_border_gives_the_class_away_as_planted(audit: Audit) -> None:
    tumor = [f for f in audit.border if f.predicts == "tumor" and f.within is None]
    assert {f.uses for f in tumor} == {"rim", "file", "rim and file"}
    assert max(f.auroc or 0 for f in tumor) > 0.85


def test_the_verdict_names_the_two_labels_and_the_leak(audit: Audit) -> None:
    said = verdict(audit)
    assert said.level == "conflict"
    assert said.sentence.startswith("1 picture carries two labels: glioma and no tumour.")
    assert said.detail.startswith("3 of 19 test images are also in training, byte for byte")
    assert "11 (57.9 %)" in said.detail
    assert "measure memory" in said.detail


def test_pairs_show_every_copy_the_leaks_first(audit: Audit) -> None:
    pairs = copy_pairs(audit)
    assert [pair.across for pair in pairs] == [True] * 11 + [False]
    kinds = Counter(pair.kind for pair in pairs if pair.across)
    assert kinds == {"bytes": 3, "pixels": 1, "near": 2, "mirrored": 3, "cropped": 2}
    order = [PAIR_KINDS.index(pair.kind) for pair in pairs[:11]]
    assert order == sorted(order)
    images = audit.seen.images
    for pair in pairs[:11]:
        assert images[pair.first].record.fold == "Training"
        assert images[pair.second].record.fold == "Testing"
        assert 0.92 <= pair.similarity <= 1.0
        copied = images[pair.second].record.name.rsplit("-", 1)[1].partition(".")[0]
        assert images[pair.first].record.name.partition("slice-")[2].startswith(copied)


def test_a_group_safe_split_has_no_leak_left(audit: Audit) -> None:
    fold = balanced_folds(audit.safe_groups, audit.strata, 4)
    for group in np.unique(audit.links.groups):
        assert len(set(fold[audit.links.groups == group])) == 1


def test_an_audit_without_pictures_still_pairs_its_copies(audit: Audit) -> None:
    slim = audit.without_pictures()
    assert slim.seen.whole.nbytes + slim.seen.head.nbytes + slim.seen.rim.nbytes == 0
    assert copy_pairs(slim) == copy_pairs(audit)


def test_drawing_can_be_stopped(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        write_planted(tmp_path / "set", cancel=lambda: True)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("stage", ["reading", "comparing", "border"])
def test_an_audit_can_be_cancelled_at_every_stage(
    written: tuple[Path, Planted], stage: str
) -> None:
    reached: list[str] = []
    with pytest.raises(Cancelled, match="stopped while"):
        audit_dataset(
            open_dataset(written[0]),
            progress=lambda name, done, total: reached.append(name),
            cancel=lambda: stage == "reading" or stage in reached,
        )
    assert reached[-1:] == ([] if stage == "reading" else [stage])
