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
