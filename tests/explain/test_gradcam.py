"""Grad-CAM: closed form, gradient form, and what a map must do."""

import keras
import numpy as np
import pytest

from brainscan.data.dataset import TYPES
from brainscan.errors import ModelUnavailable
from brainscan.explain.gradcam import GradCAM
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.reading import read_scan
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.prediction import HeatMap
from brainscan.networks.build import build_network
from brainscan.networks.heads import FEATURES
from brainscan.networks.serving import serving_network
from tests.explain.gradients import gradient_gradcam


def spot(y: int, x: int, size: int = 32) -> np.ndarray:
    image = np.zeros((1, size, size, 1), np.float32)
    image[0, y - 3 : y + 3, x - 3 : x + 3] = 1
    return image


@pytest.fixture(scope="module")
def bright_spot_detector() -> keras.Model:
    """A network whose one channel is the local brightness, and whose answer is its mean."""
    image = keras.Input((32, 32, 1))
    local = keras.layers.AveragePooling2D(4, name="local")(image)
    mean = keras.layers.GlobalAveragePooling2D()(local)
    answer = keras.layers.Dense(1, name="answer")(mean)
    network = keras.Model(image, answer)
    network.get_layer("answer").set_weights([np.array([[2.0]]), np.array([-1.0])])
    return network


@pytest.mark.parametrize(("y", "x"), [(6, 6), (10, 26), (26, 14)])
def test_finds_a_planted_spot(bright_spot_detector: keras.Model, y: int, x: int) -> None:
    activation = gradient_gradcam(
        bright_spot_detector, spot(y, x), layer="local", output=None, index=0
    )[0]
    row, column = np.unravel_index(activation.argmax(), activation.shape)
    assert (row, column) == (y // 4, x // 4)


def test_map_follows_a_flip(bright_spot_detector: keras.Model) -> None:
    image = spot(8, 22)
    maps = [
        gradient_gradcam(bright_spot_detector, each, layer="local", output=None, index=0)[0]
        for each in (image, image[:, :, ::-1])
    ]
    assert np.allclose(maps[0][:, ::-1], maps[1], atol=1e-7)


@pytest.fixture(scope="module", params=["resnet50", "custom_cnn"])
def network(request: pytest.FixtureRequest) -> keras.Model:
    keras.utils.set_random_seed(3)
    return build_network(request.param, size=64, types=TYPES)


@pytest.mark.parametrize("target", range(4))
def test_closed_form_equals_gradient_form(network: keras.Model, target: int) -> None:
    image = np.random.default_rng(2).random((2, 64, 64, 1)).astype(np.float32)
    closed = np.asarray(serving_network(network)(image)["gradcam"])[..., target]
    output, index = ("tumor", None) if target == 0 else ("type", target - 1)
    gradient = gradient_gradcam(network, image, layer=FEATURES, output=output, index=index)
    # The gradient form is smaller by the number of positions: it averages the gradient.
    cells = closed.shape[1] * closed.shape[2]
    assert np.allclose(gradient * cells, closed, rtol=1e-4, atol=1e-4 * np.abs(closed).max())


def test_map_changes_when_the_head_is_randomized(network: keras.Model) -> None:
    # The sanity check of Adebayo et al. 2018 (arXiv:1810.03292).
    image = np.random.default_rng(5).random((1, 64, 64, 1)).astype(np.float32)
    before = np.asarray(serving_network(network)(image)["gradcam"])[0, ..., 1]
    layer = network.get_layer("type")
    kept = layer.get_weights()
    layer.set_weights([np.random.default_rng(9).normal(size=w.shape) for w in kept])
    after = np.asarray(serving_network(network)(image)["gradcam"])[0, ..., 1]
    layer.set_weights(kept)
    assert abs(np.corrcoef(before.ravel(), after.ravel())[0, 1]) < 0.9


def test_no_positive_evidence_stays_an_empty_map() -> None:
    geometry = Geometry(8, 8, 0, 0, 8, 8, 0, 0, 8, 8, 8)
    empty = HeatMap.of_gradcam(np.full((4, 4), -0.5, np.float32), geometry)
    assert not empty.has_evidence
    assert not empty.on_slice().any()
    full = HeatMap.of_gradcam(np.array([[-1, 0], [1, 4]], np.float32), geometry)
    assert full.has_evidence
    assert full.peak == 4
    assert full.grid.tolist() == [[0, 0], [0.25, 1]]


def test_served_model_explains_every_class() -> None:
    scan = read_scan(phantom_png(phantom_slice(1, lesion="glioma")), name="phantom.png")
    explain = GradCAM(TumorClassifier.load("resnet50"))
    for target in explain.targets:
        heat = explain(scan, target)
        assert heat.kind == "gradcam"
        assert heat.on_slice().shape == scan.pixels.shape
    with pytest.raises(ModelUnavailable, match="has no class 'cat'"):
        explain(scan, "cat")
