"""The decoder: its outlines, and that it leaves every other answer as it was."""

from pathlib import Path

import keras
import numpy as np
import pytest

from brainscan.data.dataset import TYPES
from brainscan.networks.build import ARCHITECTURES, build_network, freeze_all_but_decoder
from brainscan.networks.decoder import PREFIX
from brainscan.networks.serving import serving_network
from brainscan.networks.weights import save_weights

IMAGE = np.random.default_rng(4).random((2, 64, 64, 1)).astype(np.float32)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def network(request: pytest.FixtureRequest) -> keras.Model:
    keras.utils.set_random_seed(5)
    return build_network(request.param, size=64, types=TYPES, outlines=True)


def test_outline_has_half_the_pixels_of_the_input(network: keras.Model) -> None:
    outputs = network(IMAGE)
    assert set(outputs) == {"evidence", "tumor", "type", "outline"}
    assert tuple(outputs["outline"].shape) == (2, 32, 32)
    assert not [layer.name for layer in network.layers if isinstance(layer, keras.Model)]


def test_served_outline_keeps_both_ways_mirrored_back(network: keras.Model) -> None:
    one = np.asarray(serving_network(network)(IMAGE)["outline"])
    other = np.asarray(serving_network(network)(IMAGE[:, :, ::-1])["outline"])
    both = np.asarray(serving_network(network, mirrored=True)(IMAGE)["outline"])
    assert one.shape == (2, 1, 32, 32)
    assert both.shape == (2, 2, 32, 32)
    assert np.allclose(both[:, 0], one[:, 0], atol=1e-4)
    assert np.allclose(both[:, 1], other[:, 0, :, ::-1], atol=1e-4)
    assert not np.allclose(both[:, 0], both[:, 1], atol=1e-4)


def test_training_the_decoder_alone_leaves_every_other_answer(tmp_path: Path) -> None:
    keras.utils.set_random_seed(6)
    released = build_network("custom_cnn", size=64, types=TYPES)
    save_weights(released, tmp_path / "w.npz")
    network = build_network(
        "custom_cnn", size=64, types=TYPES, weights=tmp_path / "w.npz", outlines=True
    )
    before = {name: np.asarray(value) for name, value in network(IMAGE).items()}
    freeze_all_but_decoder(network)
    moved = {layer.name for layer in network.layers if layer.trainable and layer.weights}
    assert moved and all(name.startswith(PREFIX) for name in moved)
    network.compile("sgd", loss={"outline": "mse"})
    network.fit(IMAGE, {"outline": np.ones((2, 32, 32), np.float32)}, epochs=2, verbose=0)
    after = {name: np.asarray(value) for name, value in network(IMAGE).items()}
    assert not np.allclose(before["outline"], after["outline"])
    for name in ("tumor", "type", "evidence"):
        assert np.array_equal(before[name], after[name]), name
        assert np.array_equal(before[name], np.asarray(released(IMAGE)[name])), name
