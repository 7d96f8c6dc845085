"""The table of the speed benchmark, and measurements taken in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainscan.inference.release import XML, open_release


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    against: str
    ratio: str
    wanted: str


def print_rows(rows: Iterable[Row]) -> None:
    """Print the table."""
    print("| Measure | Measured | Against | Ratio | Wanted |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.measured} | {row.against} | {row.ratio} | {row.wanted} |")


def in_turn(ways: dict[str, Callable[[], None]], repeats: int) -> dict[str, np.ndarray]:
    """Return seconds per call, ``(repeats,)`` a way, measured one way after the other."""
    for way in ways.values():
        way()
        way()
    times = {name: np.zeros(repeats) for name in ways}
    for number in range(repeats):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            times[name][number] = time.perf_counter() - began
    return times


def bare_settings(hint: str) -> dict[str, Any]:
    """Return the settings of our runtime."""
    return {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": "f32"}


def bare_runtime(model: str, hint: str) -> Any:
    """Return the release compiled by OpenVINO itself, with the settings of our runtime."""
    import openvino

    network = openvino.Core().read_model(open_release(model).folder / XML)
    return openvino.compile_model(network, "CPU", bare_settings(hint))


def as_input(image: np.ndarray) -> np.ndarray:
    """Return ``(1, size, size, 1)`` float32, as the network reads it."""
    return image[None, ..., None].astype(np.float32) / np.float32(255)
