"""Shapes, sizes and flatness of the networks."""

import keras
import numpy as np
import pytest

from brainscan.data.dataset import TYPES
from brainscan.errors import ModelUnavailable, TrainingError
from brainscan.networks.build import ARCHITECTURES, build_network, freeze
from brainscan.networks.heads import EvidencePooling, TopMean
from brainscan.networks.weights import load_weights, save_weights


@pytest.fixture(scope="module", params=ARCHITECTURES)
def network(request: pytest.FixtureRequest) -> keras.Model:
    return build_network(request.param, size=64, types=TYPES)


def test_outputs(network: keras.Model) -> None:
    outputs = network(np.zeros((2, 64, 64, 1), np.float32))
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {
        "evidence": (2, 8, 8),
        "tumor": (2,),
        "type": (2, 3),
    }


def test_graph_is_flat(network: keras.Model) -> None:
    # A nested base would cut the gradients that Grad-CAM needs.
    assert not [layer.name for layer in network.layers if isinstance(layer, keras.Model)]


def test_binary_network_has_no_types() -> None:
    network = build_network("custom_cnn", size=64)
    assert set(network.output) == {"evidence", "tumor"}


def test_custom_cnn_is_small_and_made_of_the_three_kinds_of_layers() -> None:
    network = build_network("custom_cnn", types=TYPES)
    assert network.count_params() < 2_000_000
    kinds = {type(layer) for layer in network.layers}
    assert {keras.layers.Conv2D, keras.layers.MaxPooling2D, keras.layers.Dense} <= kinds


def test_resnet_stops_at_stage_four() -> None:
    network = build_network("resnet50", size=64, types=TYPES)
    names = {layer.name for layer in network.layers}
    assert "conv4_block6_preact_relu" in names
    assert not {name for name in names if name.startswith("conv5")}


def test_freezing_keeps_stored_batch_statistics() -> None:
    network = build_network("resnet50", size=64)
    freeze(network, ("conv1_", "conv2_"))
    trainable = {layer.name for layer in network.layers if layer.trainable and layer.weights}
    assert "conv3_block1_1_conv" in trainable
    assert "evidence_cells" in trainable
    assert not {name for name in trainable if name.startswith(("conv1_", "conv2_"))}
    assert not {name for name in trainable if name.endswith("_bn")}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"architecture": "vgg"}, "Choose resnet50 or custom_cnn"),
        ({"architecture": "resnet50", "size": 100}, "multiple of 16"),
        ({"architecture": "custom_cnn", "size": 32}, "at least 64"),
    ],
)
def test_wrong_arguments(arguments: dict, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        build_network(**arguments)


def test_missing_weights_file(tmp_path) -> None:
    with pytest.raises(ModelUnavailable, match="does not exist"):
        build_network("resnet50", size=64, weights=tmp_path / "none.npz")


def test_pretrained_weights_reach_the_layers(data_dir) -> None:
    path = data_dir / "weights" / "resnet50v2-imagenet-conv1-conv4.npz"
    network = build_network("resnet50", size=64, weights=path)
    with np.load(path) as stored:
        kernel = stored["conv1_conv/0"].astype(np.float32)
    assert np.array_equal(network.get_layer("conv1_conv").get_weights()[0], kernel)


def test_weights_round_trip_in_half_precision(tmp_path) -> None:
    first = build_network("custom_cnn", size=64, types=TYPES)
    save_weights(first, tmp_path / "w.npz")
    # A released network is a start for more training: the whole of it, heads included.
    second = build_network("custom_cnn", size=64, types=TYPES, weights=tmp_path / "w.npz")
    image = np.random.default_rng(0).random((1, 64, 64, 1)).astype(np.float32)
    for name, value in first(image).items():
        assert np.array_equal(value, second(image)[name]), name


def test_weights_of_another_network_are_refused(tmp_path) -> None:
    save_weights(build_network("custom_cnn", size=64), tmp_path / "w.npz")
    with pytest.raises(ModelUnavailable, match="the weights of layer type are missing"):
        load_weights(build_network("custom_cnn", size=64, types=TYPES), tmp_path / "w.npz")


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04 not really a zip"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_file_that_is_no_weights_file(tmp_path, architecture: str, content: bytes) -> None:
    (tmp_path / "w.npz").write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"not an \.npz weights file"):
        build_network(architecture, size=64, weights=tmp_path / "w.npz")


def test_top_mean_worked_by_hand() -> None:
    # Two of ten cells: the mean of 9 and 7.
    cells = np.array([1, 9, 2, 3, 7, 0, 0, 0, 5, 4], np.float32).reshape(1, 2, 5, 1)
    assert float(TopMean(share=0.2)(cells)[0, 0]) == 8.0


def test_evidence_pooling_looks_where_the_evidence_is() -> None:
    features = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)
    evidence = np.zeros((1, 2, 2, 1), np.float32)
    pool = EvidencePooling()
    assert float(pool([features, evidence])[0, 0]) == pytest.approx(1.5)  # plain mean
    evidence[0, 1, 1] = 50
    assert float(pool([features, evidence])[0, 0]) == pytest.approx(3.0)  # the one cell
