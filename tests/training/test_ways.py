"""The better of two tumor logits is served, and the manifest says why."""

from pathlib import Path

import keras
import numpy as np
import pytest

from brainscan.data.dataset import open_dataset
from brainscan.data.loader import DataLoader
from brainscan.imaging.phantom import write_phantom_dataset
from brainscan.imaging.preprocessing import Preprocessing
from brainscan.inference.release import Release
from brainscan.inference.runtime import OpenVINORuntime
from brainscan.networks.build import build_network
from brainscan.training.ways import choose_ways

MANIFEST = {"name": "small", "types": [], "preprocessing": Preprocessing(size=64).to_json()}


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> DataLoader:
    root = tmp_path_factory.mktemp("ways") / "scans"
    write_phantom_dataset(root, 6, size=96)
    return DataLoader(open_dataset(root), Preprocessing(size=64))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_better_tumor_logit_is_served(slices: DataLoader, tmp_path: Path, sign: float) -> None:
    keras.utils.set_random_seed(8)
    network = build_network("custom_cnn", size=64)
    dense = network.get_layer("tumor_dense")
    kernel, bias = dense.get_weights()
    kernel[:] = 0.0
    kernel[0] = -1.0  # the head says the opposite of the evidence: one of them must be better
    dense.set_weights([kernel, bias])
    cells = network.get_layer("evidence_cells")
    weights, offset = cells.get_weights()
    cells.set_weights([sign * weights, offset])
    entries, raw = choose_ways(network, slices, tmp_path, dict(MANIFEST), mirrored=False)
    strongest = max(1, round(0.015 * raw.evidence[0].size))
    top = np.sort(raw.evidence.reshape(len(slices), -1), axis=1)[:, -strongest:].mean(axis=1)
    rising = top[slices.tumor == 1].mean() > top[slices.tumor == 0].mean()
    assert entries["tumor_from"] == ("evidence" if rising else "head")
    assert np.allclose(raw.tumor, top if rising else -top, atol=2e-2)
    assert "mean validation score" in entries["tumor_rule"]
    assert "mirror_rule" not in entries  # that was not to be decided
    # What lies on the disk is what was chosen.
    served = OpenVINORuntime(Release(tmp_path, MANIFEST)).forward(slices.images[:2])
    assert np.allclose(served.tumor, raw.tumor[:2], atol=1e-4)
