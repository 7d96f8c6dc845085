"""What the benchmark compares: the network with its decoder, and the rest of it alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino
import pytest
from openvino import opset13 as ops

from benchmarks.speed_outline import outline, without_outline
from benchmarks.speed_table import in_turn
from brainscan.imaging.scan import Scan
from brainscan.inference.release import Release
from tests.inference.fake_network import fake_release


def network() -> Any:
    """Return a network of two outputs, of which one alone reads the sigmoid and the square."""
    given = ops.parameter([1, 4], np.float32, name="image")
    doubled = ops.add(given, given)
    outlined = ops.multiply(ops.sigmoid(doubled), ops.sigmoid(doubled))
    model = openvino.Model([doubled, outlined], [given], "two")
    for output, name in zip(model.outputs, ("tumor", "outline"), strict=True):
        output.get_tensor().set_names({name})
    return model


def test_without_its_output_the_decoder_is_not_there() -> None:
    model = network()
    kinds = {node.get_type_name() for node in model.get_ordered_ops()}
    assert {"Sigmoid", "Multiply"} <= kinds
    without_outline(model)
    assert [next(iter(output.get_names())) for output in model.outputs] == ["tumor"]
    assert {node.get_type_name() for node in model.get_ordered_ops()} == {
        "Parameter", "Add", "Result",
    }  # fmt: skip
    compiled = openvino.compile_model(model, "CPU")
    given = np.arange(4, dtype=np.float32)[None]
    assert np.allclose(compiled(given)[0], 2 * given)
    with pytest.raises(ValueError, match="no output"):
        without_outline(model)


def test_a_release_without_a_decoder_has_nothing_to_compare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain: Release = fake_release(segmentation=None)
    monkeypatch.setattr("benchmarks.speed_outline.open_release", lambda name: plain)
    scan = Scan(np.zeros((8, 8), np.uint8), "blank.png", "0" * 64, "PNG", "L")
    assert list(outline("plain", scan, 1)) == []


def test_ways_are_measured_one_after_the_other() -> None:
    calls: list[str] = []
    times = in_turn({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3)
    assert "".join(calls) == "aabb" + "ababab"  # twice each to warm up
    assert times["a"].shape == (3,) and (times["a"] >= 0).all()
