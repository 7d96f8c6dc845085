"""Networks that forget their last layers, or all of them."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from brainscan.imaging.preprocessing import Preprocessing
from brainscan.inference.release import WEIGHTS, Release
from brainscan.networks.build import build_network
from brainscan.networks.weights import save_weights
from brainscan.training.randomized import RandomizedRuntime
from tests.inference.fake_network import TYPES, fake_release

SIZE = 64


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("release")
    keras.utils.set_random_seed(99)
    network = build_network("custom_cnn", size=SIZE, types=TYPES, outlines=True)
    save_weights(network, folder / WEIGHTS)
    manifest = fake_release(
        architecture="custom_cnn", preprocessing=Preprocessing(size=SIZE).to_json()
    ).manifest
    return Release(folder, manifest)


def kept(runtime: RandomizedRuntime, release: Release) -> tuple[set[str], set[str]]:
    """Return the layers with a kernel that is the stored one, and those where it is not."""
    stored = np.load(release.folder / WEIGHTS)
    same, other = set(), set()
    for layer in runtime.network.layers:
        if not layer.weights or layer.name == "gradcam" or layer.weights[0].ndim < 2:
            continue
        kernel = layer.get_weights()[0]
        alike = np.array_equal(kernel, stored[f"{layer.name}/0"].astype(np.float32))
        (same if alike else other).add(layer.name)
    return same, other


@pytest.fixture(scope="module")
def heads(release: Release) -> RandomizedRuntime:
    return RandomizedRuntime(release, "heads", 1)


def test_heads_are_drawn_anew_and_the_base_stays(
    heads: RandomizedRuntime, release: Release
) -> None:
    same, other = kept(heads, release)
    assert {"evidence_cells", "tumor_dense", "type"} <= other
    assert all(n.startswith("outline_") for n in other - {"evidence_cells", "tumor_dense", "type"})
    assert {"lateral8", "lateral16", "refine"} <= same and len(same) > 8


def test_the_whole_network_is_drawn_anew_from_the_seed(
    heads: RandomizedRuntime, release: Release
) -> None:
    whole = RandomizedRuntime(release, "network", 1)
    assert not kept(whole, release)[0]
    # The same seed draws the same heads, whatever else is drawn.
    drawn = [r.network.get_layer("evidence_cells").get_weights()[0] for r in (heads, whole)]
    assert np.array_equal(*drawn)
    images = np.random.default_rng(0).integers(0, 255, (1, SIZE, SIZE)).astype(np.uint8)
    raw = whole.forward(images)
    assert raw.gradcam.shape == (1, 8, 8, 4) and raw.type.shape == (1, 3)
    assert raw.outline is not None and raw.outline.shape == (1, 1, 32, 32)
    assert np.isfinite(raw.gradcam).all() and np.isfinite(raw.outline).all()
