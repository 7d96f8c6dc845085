"""The served network with its mirror image."""

import keras
import numpy as np
import pytest

from brainscan.data.dataset import TYPES
from brainscan.networks.build import ARCHITECTURES, build_network
from brainscan.networks.serving import serving_network

IMAGE = np.random.default_rng(4).random((2, 64, 64, 1)).astype(np.float32)
MAPS = ("evidence", "gradcam")


@pytest.fixture(scope="module", params=ARCHITECTURES)
def network(request: pytest.FixtureRequest) -> keras.Model:
    keras.utils.set_random_seed(5)
    return build_network(request.param, size=64, types=TYPES)


def outputs(network: keras.Model, image: np.ndarray, *, mirrored: bool) -> dict[str, np.ndarray]:
    served = serving_network(network, mirrored=mirrored)(image)
    return {name: np.asarray(value) for name, value in served.items()}


def test_mirrored_answer_is_the_mean_of_both_ways(network: keras.Model) -> None:
    one = outputs(network, IMAGE, mirrored=False)
    other = outputs(network, IMAGE[:, :, ::-1], mirrored=False)
    both = outputs(network, IMAGE, mirrored=True)
    assert set(both) == set(one)
    for name, value in both.items():
        back = other[name][:, :, ::-1] if name in MAPS else other[name]
        assert np.allclose(value, (one[name] + back) / 2, atol=1e-4)


def test_flip_in_is_flip_out(network: keras.Model) -> None:
    one = outputs(network, IMAGE, mirrored=True)
    other = outputs(network, IMAGE[:, :, ::-1], mirrored=True)
    for name, value in one.items():
        back = other[name][:, :, ::-1] if name in MAPS else other[name]
        assert np.allclose(value, back, atol=1e-4)
    assert not np.allclose(one["evidence"], one["evidence"][:, :, ::-1], atol=1e-4)


def test_tumor_read_off_the_evidence_is_its_strongest_cells(network: keras.Model) -> None:
    served = serving_network(network, tumor_from="evidence")(IMAGE)
    cells = np.sort(np.asarray(served["evidence"]).reshape(2, -1), axis=1)
    strongest = max(1, round(0.015 * cells.shape[1]))
    assert np.allclose(served["tumor"], cells[:, -strongest:].mean(axis=1), atol=1e-5)
    # Grad-CAM of such a logit is the evidence itself, but for the bias.
    bias = network.get_layer("evidence_cells").get_weights()[1][0]
    assert np.allclose(
        np.asarray(served["gradcam"])[..., 0] + bias, np.asarray(served["evidence"]), atol=1e-4
    )
    head = serving_network(network)(IMAGE)
    assert not np.allclose(served["tumor"], head["tumor"], atol=1e-3)
    assert np.array_equal(served["type"], head["type"])
