"""Fitting the input gate: on toy clouds, on real files, and what it cannot do."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from brainscan.data.dataset import combine, open_dataset
from brainscan.data.folds import hold_out
from brainscan.errors import ModelUnavailable, NotBrainMR
from brainscan.imaging.preprocessing import Preprocessing
from brainscan.imaging.reading import read_scan
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.gate import GATE, Gate
from brainscan.inference.release import Release, manifest_checksum, models_root
from brainscan.inference.runtime import RawOutput
from brainscan.training.gate_fit import fit_gate, fit_on
from brainscan.training.gate_pictures import Pictures, genuine_sources, look, phantom_sources
from brainscan.training.impostors import KINDS, impostors


def cloud(center: float, kind: str, count: int, seed: int) -> Pictures:
    values = np.random.default_rng(seed).normal(center, 1.0, (count, 12))
    return Pictures(
        values, np.array([kind] * count), np.array([f"{kind}/{seed}/{i}" for i in range(count)])
    )


def joined(*parts: Pictures) -> Pictures:
    return Pictures(
        np.concatenate([p.values for p in parts]),
        np.concatenate([p.kinds for p in parts]),
        np.concatenate([p.groups for p in parts]),
        ("photo",),
    )


def test_clouds_apart_are_told_apart() -> None:
    arrays, figures = fit_on(
        cloud(0, "mr", 200, 1),
        cloud(0, "mr", 60, 2),
        cloud(0, "phantom", 10, 3),
        joined(cloud(6, "photo", 30, 4), cloud(-6, "cxr", 30, 5), cloud(6, "noise", 30, 6)),
    )
    assert figures["genuine"]["training, out of group"]["all"]["value"] <= 0.02
    assert figures["genuine"]["validation"]["all"]["value"] <= 0.1
    # Each kind is far from the genuine ones, so the one-class part refuses it unseen.
    assert figures["left_out"]["all"]["value"] == 1.0
    assert figures["left_out"]["by_kind"]["photo"]["n"] == 31  # one was refused before the gate
    assert figures["left_out"]["drawn in code"]["all"]["n"] == 30
    gate = Gate(**{name: values.astype(float) for name, values in arrays.items()})
    assert not gate.judge(np.zeros(12)).refused
    verdict = gate.judge(np.full(12, 6.0))
    assert verdict.refused
    assert verdict.family is None  # no MR of another body part was seen: no family is named
    json.dumps(figures, allow_nan=False)


def test_network_without_embedding_is_refused() -> None:
    class Old:
        def forward(self, images: np.ndarray) -> RawOutput:
            nothing = np.zeros((1, 1))
            return RawOutput(nothing, nothing, nothing, nothing)

    with pytest.raises(ModelUnavailable, match="has no embedding"):
        look(phantom_sources(1), Old(), Preprocessing())


def test_impostors_are_pictures_and_repeat() -> None:
    slices = [np.tile(np.arange(128, dtype=np.uint8), (128, 1))]
    first = list(impostors(slices, per_kind=1, seed=3))
    assert [kind for kind, _ in first] == list(KINDS)
    for (_, one), (_, again) in zip(first, impostors(slices, per_kind=1, seed=3), strict=True):
        assert one.dtype == np.uint8 and one.ndim == 2 and min(one.shape) >= 32
        assert np.array_equal(one, again)


def test_sample_is_balanced_over_sources(data_dir: Path) -> None:
    both = combine([open_dataset(data_dir / "brain-mri"), open_dataset(data_dir / "lgg")])
    kinds = [source.kind for source in genuine_sources(both, 100)]
    assert {kinds.count(kind) for kind in set(kinds)} == {20}


@pytest.mark.slow
def test_fit_on_real_files(data_dir: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models_root() / "custom_cnn", tmp_path / "model"))
    manifest = json.loads((folder / "manifest.json").read_text())
    # As a release does: on a few slices of one source the limits would be their maximum.
    both = combine([open_dataset(data_dir / "brain-mri"), open_dataset(data_dir / "lgg")])
    training, validation = hold_out(both.select(folds=["1", "2", "3"]), 0.2, 1)
    release = Release(folder, manifest)
    other = data_dir / "not-brain-mri"
    arrays, figures = fit_gate(release, training, validation, other)
    assert figures["genuine"]["training, out of group"]["all"]["value"] <= 0.05
    assert figures["genuine"]["validation"]["all"]["value"] <= 0.1
    assert figures["fitted_kinds"]["all"]["value"] > 0.9
    np.savez_compressed(folder / GATE, **arrays)  # type: ignore[arg-type]
    manifest["files"][GATE] = hashlib.sha256((folder / GATE).read_bytes()).hexdigest()
    manifest["checksum"] = manifest_checksum(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    classifier = TumorClassifier.load(folder)
    assert classifier.predict(read_scan(training.records[40].path)).refusal is None
    with pytest.raises(NotBrainMR):
        classifier.predict(read_scan(next(iter(sorted(other.glob("cxr-*"))))))
