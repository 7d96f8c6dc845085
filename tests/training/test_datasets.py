"""What a run trains on."""

from pathlib import Path

import pytest

from brainscan.errors import TrainingError
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import training_split


def config(*paths: Path, **settings: object) -> TrainingConfig:
    return TrainingConfig(
        "custom_cnn",
        tuple(map(str, paths)),
        head_epochs=0,
        validation_share=0.25,
        **settings,  # type: ignore[arg-type]
    )


def class_folders(root: Path, per_class: int, *, first: int = 0) -> None:
    """Make folders of empty files: nothing looks into them yet."""
    for label in ("glioma", "meningioma", "notumor", "pituitary"):
        (root / label).mkdir(parents=True)
        for number in range(first, first + per_class):
            (root / label / f"{label}-{number:04}.png").touch()


def test_testing_folder_is_never_trained_on(tmp_path: Path) -> None:
    class_folders(tmp_path / "Training", 4)
    class_folders(tmp_path / "Testing", 2, first=100)
    parts = training_split(config(tmp_path))
    assert {record.fold for part in parts for record in part.records} == {"Training"}
    named = training_split(config(tmp_path, folds=("Testing",)))
    assert {record.fold for part in named for record in part.records} == {"Testing"}


def test_one_class_is_refused(tmp_path: Path) -> None:
    class_folders(tmp_path, 4)
    for path in (tmp_path / "notumor").iterdir():
        path.unlink()
    with pytest.raises(TrainingError, match=r"only one class \(tumor\)"):
        training_split(config(tmp_path))


def test_folds_apply_to_tumor_free_folders_too(tmp_path: Path) -> None:
    class_folders(tmp_path / "set", 4)
    class_folders(tmp_path / "free", 2, first=50)
    lines = [
        f"notumor/{path.name},no,{fold},g{fold}{path.stem}"
        for fold in (1, 4)
        for path in (tmp_path / "free" / "notumor").iterdir()
    ]
    (tmp_path / "free" / "manifest.csv").write_text("file,label,fold,group\n" + "\n".join(lines))
    parts = training_split(
        config(tmp_path / "set", tumor_free=(str(tmp_path / "free"),), folds=("1",))
    )
    free = [r for part in parts for r in part.records if r.name.startswith("free/")]
    assert {record.fold for record in free} == {"1"}


def test_a_whole_source_is_not_held_out_and_moves_no_other(tmp_path: Path) -> None:
    class_folders(tmp_path / "set", 8)
    lines = [
        f"{path.relative_to(tmp_path / 'set').as_posix()},{path.parent.name},s{index % 2}"
        for index, path in enumerate(sorted((tmp_path / "set").rglob("*.png")))
    ]
    (tmp_path / "set" / "manifest.csv").write_text("file,label,source\n" + "\n".join(lines))
    _, all_held = training_split(config(tmp_path / "set"))
    training, held = training_split(config(tmp_path / "set", whole=("s1",)))
    assert {record.source for record in all_held.records} == {"s0", "s1"}
    assert held.records == tuple(r for r in all_held.records if r.source == "s0")
    assert len(training.records) + len(held.records) == len(lines)


def test_a_whole_source_takes_groups_it_shares_along(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    names = [f"{kind}-{number:02}.png" for kind in ("glioma", "notumor") for number in range(16)]
    for name in names:
        (folder / name).touch()  # nothing looks into the files yet
    # Pairs of slices are groups; of every other pair, one slice belongs to the whole source.
    lines = [
        f"{name},{name.split('-')[0]},{'s1' if index % 4 == 3 else 's0'},g{index // 2}"
        for index, name in enumerate(names)
    ]
    (folder / "manifest.csv").write_text("file,label,source,group\n" + "\n".join(lines))
    _, all_held = training_split(config(folder))
    shared = {record.group for record in all_held.records if record.source == "s1"}
    training, held = training_split(config(folder, whole=("s1",)))
    assert shared
    assert not {r.group for r in training.records} & {r.group for r in held.records}
    assert {r.group for r in held.records} == {r.group for r in all_held.records} - shared
