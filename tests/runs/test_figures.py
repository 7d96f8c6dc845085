"""What the curves show, and colours that every reader can tell apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from brainscan.runs.figures import DARK_COLORS, LIGHT_COLORS, MAX_RUNS, Curve, curves_figure
from brainscan.runs.history import History, parse_history

CSV = b"epoch,loss,lr,val_loss\n0,3,0.1,4\n1,inf,0.1,nan\n2,1,0.01,2\n3,0.5,0.01,2.5\n"


@pytest.fixture
def history() -> History:
    return parse_history(CSV, "a.csv")


def curve(history: History, metric: str) -> Curve:
    return Curve("a", DARK_COLORS[0], history, metric, history.best())


def test_training_is_dashed_validation_solid_and_the_best_epoch_ringed(history: History) -> None:
    training, validation, ring = curves_figure([curve(history, "loss")]).data
    assert (training.line.dash, validation.line.dash) == ("dash", "solid")
    assert list(training.x) == [1, 2, 3, 4]
    assert list(training.y) == [3.0, None, 1.0, 0.5]
    assert validation.connectgaps and not training.connectgaps
    assert (ring.x[0], ring.y[0]) == (3, 2.0)
    assert {training.line.color, validation.line.color, ring.marker.color} == {DARK_COLORS[0]}


def test_a_curve_without_validation_is_solid(history: History) -> None:
    line, ring = curves_figure([curve(history, "lr")], log=True).data
    assert line.line.dash == "solid"
    assert (ring.x[0], ring.y[0]) == (3, 0.01)


def test_training_stays_dashed_where_another_run_has_validation(history: History) -> None:
    alone = parse_history(b"epoch,loss,val_auc\n0,3,0.5\n1,2,0.6\n", "b.csv")
    lines = curves_figure([curve(history, "loss"), curve(alone, "loss")]).data
    assert [line.line.dash for line in lines if line.name == "a, training"] == ["dash", "dash"]


def test_a_best_epoch_without_a_value_is_not_ringed() -> None:
    history = parse_history(b"epoch,val_auc,val_loss\n0,0.9,nan\n1,0.8,1\n", "a.csv")
    assert len(curves_figure([curve(history, "loss")]).data) == 1


def test_a_single_epoch_is_a_point() -> None:
    history = parse_history(b"epoch,loss\n0,1\n", "a.csv")
    (line,) = curves_figure([curve(history, "loss")]).data
    assert "markers" in line.mode


@pytest.mark.parametrize(("lowest", "ticks"), [("0.01", "D2"), ("0.0001", 1)])
def test_a_wide_logarithmic_axis_is_ticked_by_decades(lowest: str, ticks: object) -> None:
    history = parse_history(f"epoch,lr\n0,0.1\n1,{lowest}\n2,0\n".encode(), "a.csv")
    assert curves_figure([curve(history, "lr")], log=True).layout.yaxis.dtick == ticks


def test_no_curve_is_an_empty_chart() -> None:
    assert len(curves_figure([]).data) == 0
    assert len(curves_figure([], log=True).data) == 0


def test_the_axis_reaches_the_longest_run(history: History) -> None:
    short = parse_history(b"epoch,loss\n0,1\n", "b.csv")
    figure = curves_figure([curve(history, "loss"), curve(short, "loss")])
    assert tuple(figure.layout.xaxis.range) == (0.5, 4.5)


# Simulation of full colour-vision deficiency: Machado, Oliveira and Fernandes 2009, severity 1.
DEFICIENCY = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(color: str) -> np.ndarray:
    value = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def luminance(color: str) -> float:
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("sight", DEFICIENCY)
@pytest.mark.parametrize("palette", [DARK_COLORS, LIGHT_COLORS], ids=["dark", "light"])
def test_any_two_runs_can_be_told_apart(palette: tuple[str, ...], sight: str) -> None:
    assert len(palette) == MAX_RUNS
    seen = [lab(DEFICIENCY[sight] @ linear(color)) for color in palette]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) >= 25


@pytest.mark.parametrize(("palette", "page"), [(DARK_COLORS, "#101113"), (LIGHT_COLORS, "#FBFBFC")])
def test_every_run_stands_out_from_the_page(palette: tuple[str, ...], page: str) -> None:
    for color in palette:
        light, dark = sorted((luminance(color), luminance(page)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3
