"""The audit as a whole, on a dataset whose faults are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from brainscan.data.audit import Audit, audit_dataset
from brainscan.data.audit_json import audit_json
from brainscan.data.audit_text import audit_text
from brainscan.data.dataset import open_dataset
from tests.data.pictures import cropped, picture, recompressed, save


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Training and Testing with one fault of each kind.

    Ten distinct pictures; copies in Testing of training pictures 0 (bytes), 1 (pixels),
    2 (compressed), 3 (mirrored) and 4 (cropped); 5 lies twice in Training under two classes.
    """
    root = tmp_path_factory.mktemp("planted")
    for seed in range(6):
        folder = "glioma" if seed < 3 else "notumor"
        save(root / "Training" / folder / f"p{seed}.png", picture(seed))
    testing = root / "Testing"
    save(testing / "glioma" / "bytes.png", picture(0))
    save(testing / "glioma" / "pixels.bmp", picture(1))
    save(testing / "glioma" / "compressed.jpg", recompressed(picture(2)))
    save(testing / "notumor" / "mirrored.png", picture(3)[:, ::-1])
    save(testing / "notumor" / "cropped.png", cropped(picture(4), 0.15))
    for seed in range(6, 10):
        save(testing / ("glioma" if seed < 8 else "notumor") / f"p{seed}.png", picture(seed))
    save(root / "Training" / "glioma" / "conflict.png", picture(5))
    (root / "Training" / "glioma" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    return root


@pytest.fixture(scope="module")
def audit(planted: Path) -> Audit:
    return audit_dataset(open_dataset(planted))


def test_counts_of_distinct_images(audit: Audit) -> None:
    plain = audit_json(audit)
    assert plain["images"] == {"found": 17, "readable": 16, "unreadable": 1}
    assert plain["distinct"] == {"by_bytes": 14, "by_pixels": 13, "near": 10}
    duplicates = plain["duplicates"]
    assert (duplicates["byte_copies"], duplicates["pixel_copies"]) == (2, 3)
    assert (duplicates["near_pairs"], duplicates["mirrored_pairs"]) == (3, 1)
    assert duplicates["cropped_pairs"] == 1
    assert sorted(map(sorted, duplicates["byte_groups"])) == [
        ["Testing/glioma/bytes.png", "Training/glioma/p0.png"],
        ["Training/glioma/conflict.png", "Training/notumor/p5.png"],
    ]
    assert sorted(len(group) for group in duplicates["near_groups"]) == [2] * 6


def test_twins_are_counted_for_the_test_side_only(audit: Audit) -> None:
    assert [(t.fold, t.n) for t in audit.twins] == [("Testing", 9)]
    twins = audit.twins[0]
    assert (twins.byte_identical, twins.pixel_identical) == (1, 2)
    assert (twins.near_plain, twins.near, twins.linked) == (3, 5, 5)


def test_equal_pictures_with_two_classes_conflict(audit: Audit) -> None:
    (conflict,) = audit.conflicts
    assert conflict.kind == "pixels"
    assert conflict.classes == ("glioma", "no_tumor")
    assert set(conflict.files) == {"Training/glioma/conflict.png", "Training/notumor/p5.png"}


def test_unreadable_files_keep_their_sentence(audit: Audit) -> None:
    ((name, reason),) = audit.seen.unreadable
    assert name == "Training/glioma/broken.png"
    assert reason.endswith(".") and "broken.png" in reason


def test_tally(audit: Audit) -> None:
    tally = audit.tally
    assert tally.classes == {"glioma": 9, "no_tumor": 7}
    assert tally.folds == {"Testing": 9, "Training": 7}
    assert tally.formats_by_class["glioma"] == {"PNG": 7, "BMP": 1, "JPEG": 1}
    assert tally.sizes_by_class["no_tumor"] == {"144 x 160": 6, "122 x 136": 1}
    assert tally.sides_by_class["no_tumor"] == (136, 160, 160)
    assert tally.bytes_by_class["glioma"][2] == max(i.bytes for i in audit.seen.images)


def test_every_file_says_what_it_is_a_copy_of(audit: Audit) -> None:
    files = {entry["file"]: entry for entry in audit_json(audit)["files"]}
    mirrored = files["Testing/notumor/mirrored.png"]
    assert mirrored["nearest"]["file"] == "Training/notumor/p3.png"
    assert mirrored["nearest"]["mirrored"] and mirrored["nearest"]["kind"] == "whole"
    assert mirrored["twin_folds"] == ["Training"]
    assert files["Testing/notumor/cropped.png"]["nearest"]["kind"] in ("head", "crop")
    assert files["Testing/glioma/p6.png"]["nearest"] is None
    assert files["Testing/glioma/p6.png"]["twin_folds"] == []


def test_json_is_plain_and_its_fingerprint_is_the_datasets(planted: Path, audit: Audit) -> None:
    plain = json.loads(json.dumps(audit_json(audit)))
    dataset = open_dataset(planted)
    readable = [r for r in dataset.records if "broken" not in r.name]
    expected = type(dataset)(dataset.root, tuple(readable), dataset.layout).fingerprint()
    assert plain["dataset"]["fingerprint"] == expected


def test_text_names_the_findings(audit: Audit) -> None:
    text = audit_text(audit)
    for part in ("Unreadable: 1", "2 byte copies, 3 pixel copies", "Testing", "5 (55.6%)"):
        assert part in text
    assert "glioma and no_tumor: " in text


def test_unlabelled_and_wholly_unreadable_folders_are_audited(tmp_path: Path) -> None:
    save(tmp_path / "a" / "one.png", picture(1))
    save(tmp_path / "a" / "two.png", picture(1)[:, ::-1])
    found = audit_dataset(open_dataset(tmp_path / "a"))
    assert (found.links.pairs, found.twins, found.conflicts, found.border) == (1, (), (), ())
    assert "unlabelled" in audit_text(found)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "bad.png").write_bytes(b"")
    nothing = audit_dataset(open_dataset(tmp_path / "b"))
    assert not nothing.seen.images
    assert "nothing to compare" in audit_text(nothing)
    assert audit_json(nothing)["images"]["readable"] == 0


def test_progress_goes_through_the_stages_and_may_stop(planted: Path) -> None:
    stages: list[str] = []

    def stop_at_comparing(stage: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        stages.append(stage)
        if stage == "comparing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit_dataset(open_dataset(planted), progress=stop_at_comparing)
    assert set(stages) == {"reading", "comparing"}


def test_given_groups_are_joined_with_near_duplicates(tmp_path: Path) -> None:
    for name, pixels in {
        "a.png": picture(1),
        "b.png": picture(2),
        "c.png": recompressed(picture(2)),
        "d.png": picture(3),
    }.items():
        save(tmp_path / name, pixels)
    rows = ["file,label,patient", "a.png,glioma,P1", "b.png,notumor,P1", "c.png,glioma,P2"]
    (tmp_path / "manifest.csv").write_text("\n".join([*rows, "d.png,notumor,P3"]))
    found = audit_dataset(open_dataset(tmp_path))
    assert list(found.safe_groups) == [0, 0, 0, 1]
    assert found.linked_given_groups == 2
    assert [c.kind for c in found.conflicts] == ["near"]


@pytest.mark.slow
def test_real_web_images_agree_with_their_published_groups(data_dir: Path) -> None:
    dataset = open_dataset(data_dir / "brain-mri").select(sources=("br35h", "sartaj"))
    found = audit_dataset(dataset)
    given = np.array([image.record.group for image in found.seen.images])
    own = found.links.groups
    together = [
        (given[i] == given[j], own[i] == own[j])
        for i in range(len(given))
        for j in range(i + 1, len(given))
    ]
    same = np.array(together)
    # Of the pairs that share a published group nearly all are found again.
    assert same[same[:, 0], 1].mean() > 0.95
    assert 0.75 < len(np.unique(own)) / len(np.unique(given)) < 1.0
