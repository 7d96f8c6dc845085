"""Checkpoints survive a kill at any place."""

from pathlib import Path

import keras
import numpy as np
import pytest

from brainscan.runs.folder import RunFolder
from brainscan.training.checkpoint import best_epoch, commit, has_checkpoint, load_best, restore


@pytest.fixture
def network() -> keras.Model:
    image = keras.Input((2,))
    return keras.Model(image, keras.layers.Dense(1)(image))


def clone(network: keras.Model) -> keras.Model:
    other = keras.models.clone_model(network)
    other.set_weights(network.get_weights())
    return other


def optimizer(network: keras.Model) -> keras.Optimizer:
    made = keras.optimizers.AdamW(1e-3)
    made.build(network.trainable_variables)
    return made


def test_round_trip(network: keras.Model, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    assert not has_checkpoint(run)
    averaged = clone(network)
    averaged.set_weights([w + 1 for w in averaged.get_weights()])
    history = [{"epoch": 0, "val_score": 0.5}]
    commit(run, history, network, averaged, optimizer(network), {"classes": []})
    assert has_checkpoint(run)
    fresh, slow = clone(network), clone(network)
    fresh.set_weights([w * 0 for w in fresh.get_weights()])
    found, state = restore(run, fresh, slow)
    assert found == history
    assert np.array_equal(fresh.get_weights()[0], network.get_weights()[0])
    assert np.array_equal(slow.get_weights()[0], averaged.get_weights()[0])
    assert len(state) == len(optimizer(network).variables)


def test_kill_before_the_readable_files_heals_on_resume(
    network: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    history = [{"epoch": 0, "val_score": 0.5}]
    commit(run, history, network, network, optimizer(network), {"n": 0})
    history.append({"epoch": 1, "val_score": 0.9})

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RunFolder, "write_history", killed)
    with pytest.raises(KeyboardInterrupt):
        commit(run, history, network, network, optimizer(network), {"n": 1})
    monkeypatch.undo()
    assert run.read_json("metrics.json")["best_epoch"] == 0
    found, _ = restore(run, network, network)
    assert found == history
    assert run.read_json("metrics.json") == {
        "best_epoch": 1,
        "monitor": "val_score",
        "validation": {"n": 1},
    }
    load_best(run, network, 1)


def test_only_the_best_weights_are_kept(network: keras.Model, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    history = []
    for epoch, score in enumerate((0.2, 0.8, 0.8, 0.1)):
        history.append({"epoch": epoch, "val_score": score})
        commit(run, history, network, network, optimizer(network), {"epoch": epoch})
    assert best_epoch(history) == 1
    assert run.read_json("metrics.json")["validation"] == {"epoch": 1}
    assert {path.name for path in run.checkpoints.iterdir()} == {"last.npz", "epoch-0001.npz"}


def test_the_last_weights_are_kept_on_wish(network: keras.Model, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    history = []
    for epoch, score in enumerate((0.2, 0.8, 0.1)):
        history.append({"epoch": epoch, "val_score": score})
        commit(run, history, network, network, optimizer(network), {"epoch": epoch}, "last")
    assert run.read_json("metrics.json")["best_epoch"] == 2
    assert {path.name for path in run.checkpoints.iterdir()} == {"last.npz", "epoch-0002.npz"}
