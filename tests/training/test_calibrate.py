"""What calibration writes into a manifest, on logits whose answer is known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from brainscan.inference.conformal import type_set
from brainscan.inference.decision import SENSITIVITIES
from brainscan.inference.release import Release
from brainscan.training.calibrate import calibrate

TYPES = ("glioma", "meningioma", "pituitary")


def slices(
    count: int, *, seed: int, source: str = "web", gap: float = 3.0, typed: bool = True
) -> tuple[Any, Any]:
    """Return ``count`` slices, half of them tumor, twice as sure as they should be."""
    rng = np.random.default_rng(seed)
    tumor = (np.arange(count) % 2).astype(np.float32)
    kind = np.where(tumor == 1, rng.integers(0, 3, count), -1) if typed else np.full(count, -1)
    # Two normal distributions at -gap/2 and gap/2 have the exact log-odds gap * x.
    logits = 2.0 * gap * rng.normal((tumor - 0.5) * gap)
    types = 2.0 * rng.normal(size=(count, 3)) + 4.0 * np.eye(4)[kind][:, :3]
    records = [SimpleNamespace(stratum=source)] * count
    loader = SimpleNamespace(tumor=tumor, type_index=kind, records=records, types=TYPES)
    return loader, SimpleNamespace(tumor=logits.astype(np.float32), type=types.astype(np.float32))


def join(*parts: tuple[Any, Any]) -> tuple[Any, Any]:
    loader = SimpleNamespace(
        tumor=np.concatenate([p[0].tumor for p in parts]),
        type_index=np.concatenate([p[0].type_index for p in parts]),
        records=[record for p in parts for record in p[0].records],
        types=TYPES,
    )
    raw = SimpleNamespace(
        tumor=np.concatenate([p[1].tumor for p in parts]),
        type=np.concatenate([p[1].type for p in parts]),
    )
    return loader, raw


def test_known_case_is_recovered() -> None:
    found = calibrate(*slices(4000, seed=1))
    assert found["temperature"]["tumor"] == pytest.approx(2.0, rel=0.1)
    points = found["operating_points"]
    assert [point["sensitivity"] for point in points] == list(SENSITIVITIES)
    for point in points:
        assert point["sensitivity"] <= point["kept"] <= point["sensitivity"] + 0.01
        assert point["threshold"] == point["band"][0] <= point["band"][1]
    assert found["coverage"] == {"tumor": 0.95, "no_tumor": 0.95, "type": 0.95}
    assert "2000 tumour and 2000 tumour-free" in found["threshold_rule"]


def test_higher_sensitivity_lowers_threshold_and_specificity() -> None:
    points = calibrate(*slices(1000, seed=2))["operating_points"]
    for name in ("threshold", "specificity"):
        values = [point[name] for point in points]
        assert values == sorted(values, reverse=True)
    undecided = [point["indeterminate"] for point in points]
    assert undecided == sorted(undecided)


def test_default_is_what_the_release_decides_by() -> None:
    found = calibrate(*slices(1000, seed=3))
    release = Release(None, {"name": "m", "version": "1", **found})  # type: ignore[arg-type]
    point = release.operating_point()
    assert point.sensitivity == 0.95
    assert point.n_tumor == point.n_no_tumor == 500
    shares = {"glioma": 0.34, "meningioma": 0.33, "pituitary": 0.33}
    assert type_set(shares, release.type_quantiles)[0] == "glioma"


def test_sources_count_alike() -> None:
    easy, hard = slices(2000, seed=4, gap=9.0), slices(200, seed=5, source="hard", gap=1.5)
    alone = calibrate(*easy)["threshold"]
    both = calibrate(*join(easy, hard))
    assert both["threshold"] < alone
    assert both["operating_points"][3]["kept"] == pytest.approx(0.96, abs=0.015)


def test_sources_held_out_elsewhere_give_types_and_no_threshold() -> None:
    own = slices(1000, seed=6, typed=False)
    sister = join(slices(1000, seed=6, typed=False), slices(900, seed=7, source="figshare"))
    without, with_it = calibrate(*own), calibrate(*own, sister)
    assert "type_sets" not in without
    assert without["coverage"]["type"] is None
    assert sum(with_it["type_sets"]["n"].values()) == 450  # its own source counts once
    assert with_it["type_sets"]["n_other_run"] == 450
    rank = [int((own[1].tumor / found["temperature"]["tumor"] >= np.log(t / (1 - t))).sum())
            for found in (without, with_it) for t in [found["threshold"]]]  # fmt: skip
    assert abs(rank[0] - rank[1]) <= 1


def test_too_few_slices_promise_nothing_and_say_so() -> None:
    found = calibrate(*slices(16, seed=8))
    default = next(p for p in found["operating_points"] if p["sensitivity"] == 0.95)
    assert default["promised"] is False
    assert default["kept"] == 1.0
    assert found["coverage"] == {"tumor": None, "no_tumor": None, "type": None}
    assert "too few to promise" in found["threshold_rule"]
    assert "type_sets" not in found
