"""Fitting the rule for volumes: scans and runs from records, and answers known beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from brainscan.data.dataset import Label, Record
from brainscan.inference.volume_rule import VolumeRule
from brainscan.training.volume_fit import fit_volume_rule
from brainscan.training.volume_measure import measure_volume_rule
from brainscan.training.volume_scans import scan_parts, shortest_tumor
from tests.inference.fake_network import fake_release


def scan(
    patient: str, labels: str, values: list[float], sequence: str = "flair", first: int = 1
) -> tuple[list[Record], list[float]]:
    """Return the slices of a scan: T for tumor, . for none, ? for unknown, - for missing."""
    records, kept = [], []
    for number, (letter, value) in enumerate(zip(labels, values, strict=True), start=first):
        if letter == "-":
            continue
        label: Label | None = {"T": "tumor", ".": "no_tumor"}.get(letter)  # type: ignore[assignment]
        path = Path(f"/data/{patient}/{sequence}_{number}.png")
        records.append(Record(path, path.name, label, group=patient, sequence=sequence))
        kept.append(value)
    return records, kept


def together(*scans: tuple[list[Record], list[float]]) -> tuple[list[Record], np.ndarray]:
    records = [record for part, _ in scans for record in part]
    return records, np.array([value for _, values in scans for value in values])


def test_scans_and_tumor_free_runs_by_hand() -> None:
    values = [i / 20 for i in range(16)]
    records, probabilities = together(
        scan("a", "....TTT.........", values),
        scan("b", "....?...-...TTTT", values),
        scan("c", "T......", values[:7]),  # too few slices for a scan
    )
    order = np.random.default_rng(0).permutation(len(records))
    parts = scan_parts([records[i] for i in order], probabilities[order])
    found = [(p.patient, p.tumor, p.probabilities.tolist(), p.slices) for p in parts]
    assert found == [
        ("a", True, values, 16),
        ("a", False, values[:4], 16),
        ("a", False, values[7:], 16),
        ("b", True, [*values[:8], *values[9:]], 15),
        ("b", False, values[:4], 15),  # of 15 a quarter is 3.75; three slices are too few
    ]
    assert shortest_tumor(records) == pytest.approx(3 / 16)


def test_numbers_are_numbers_and_unread_slices_are_left_out() -> None:
    records, probabilities = together(scan("a", "T" * 12, [0.1 * i for i in range(12)]))
    probabilities[3] = np.nan
    (part,) = scan_parts(
        sorted(records, key=lambda r: r.name), probabilities[[0, 9, 10, 11, *range(1, 9)]]
    )
    assert part.slices == 11
    assert np.all(np.diff(part.probabilities) > 0)


def test_slices_that_make_no_scan_make_none() -> None:
    records = [Record(Path(f"/x/{i}.png"), f"{i}.png", "tumor", group="p") for i in range(20)]
    assert scan_parts(records, np.zeros(20)) == []
    twice, values = together(scan("a", "T" * 9, [0.5] * 9), scan("a", "T" * 9, [0.5] * 9))
    assert scan_parts(twice, values) == []
    assert shortest_tumor(records) is None


def spiky(patients: int, seed: int = 3) -> tuple[list[Record], np.ndarray]:
    """Tumors are runs of middling slices; tumor-free slices hold single brilliant ones."""
    rng = np.random.default_rng(seed)
    scans = []
    for patient in range(patients):
        values = rng.uniform(0.02, 0.1, 40)
        values[rng.choice(18, 1)] = rng.uniform(0.9, 0.97)
        values[22:34] = rng.uniform(0.75, 0.85, 12)
        scans.append(scan(f"p{patient:02d}", "." * 22 + "T" * 12 + "." * 6, values.tolist()))
    return together(*scans)


def test_neighbours_beat_the_maximum_where_false_alarms_are_single_slices() -> None:
    records, probabilities = spiky(12)
    entry = fit_volume_rule(fake_release(), records, probabilities, [])
    assert entry is not None
    assert entry["kind"] == "run_mean"
    assert entry["share"] == 0.30  # the tumor fills 12 of 40 slices
    assert entry["shortest_tumor"] == pytest.approx(0.3)
    losses = {(c["kind"], c["share"]): c["loss"] for c in entry["candidates"]}
    assert losses["run_mean", 0.3] < 0.1 < losses["maximum", 1.0]
    assert entry["validation"] == {"patients": 12, "tumor": 12, "no_tumor": 12}
    known, _ = together(scan("q", "." * 18 + "TT", [0.0] * 20))
    shorter = fit_volume_rule(fake_release(), records, probabilities, known)
    assert shorter is not None and shorter["share"] == 0.10  # a known tumor fills 2 of 20


def test_thresholds_are_conformal_where_patients_suffice_and_cautious_elsewhere() -> None:
    records, probabilities = spiky(12)
    entry = fit_volume_rule(fake_release(), records, probabilities, [])
    assert entry is not None
    rule = VolumeRule.from_json(entry)
    parts = scan_parts(records, probabilities)
    tumor = sorted(part.value(rule) for part in parts if part.tumor)
    free = [part.value(rule) for part in parts if not part.tumor]
    points = {point.sensitivity: point for point in rule.points}
    # One scan a patient: of 12, the ceil(0.8 * 13) = 11th largest; 0.95 * 13 > 12 is too much.
    assert points[0.8].promised and points[0.8].threshold == tumor[12 - 11]
    assert points[0.9].promised and points[0.9].threshold == tumor[0]
    assert not points[0.95].promised
    assert points[0.95].threshold == 0.5  # of single slices in this release
    assert points[0.99].threshold == 0.01
    assert points[0.975].threshold == tumor[0]  # the release offers none for slices
    assert points[0.99].band[1] == np.nextafter(max(free), 1)
    assert points[0.8].band == (tumor[1], tumor[1])
    assert points[0.95].kept == 1.0 and points[0.95].specificity == 1.0
    assert entry["threshold_rule"].startswith("Conformal prediction over 12 validation patients")
    assert "promises sensitivities of 80%, 85%, 90%." in entry["threshold_rule"]


def test_patients_and_not_scans_are_counted() -> None:
    records, probabilities = spiky(4)
    more = [
        Record(r.path.with_name(f"t1_{r.path.stem.split('_')[1]}.png"), r.name, r.label,
               group=r.group, sequence="t1")
        for r in records
    ]  # fmt: skip
    entry = fit_volume_rule(
        fake_release(), [*records, *more], np.concatenate([probabilities, probabilities]), []
    )
    assert entry is not None
    assert entry["validation"] == {"patients": 4, "tumor": 8, "no_tumor": 8}
    assert not any(
        point["promised"] for point in entry["operating_points"] if point["sensitivity"] > 0.8
    )
    assert entry["operating_points"][0]["promised"]  # 0.8 * (4 + 1) = 4


def test_too_little_to_fit_on_gives_no_rule() -> None:
    records, probabilities = spiky(2)
    assert fit_volume_rule(fake_release(), records, probabilities, []) is None
    only, values = together(*(scan(f"p{i}", "T" * 10, [0.9] * 10) for i in range(5)))
    assert fit_volume_rule(fake_release(), only, values, []) is None
    plain = [Record(Path(f"/x/{i}.png"), f"{i}.png", "tumor") for i in range(9)]
    assert fit_volume_rule(fake_release(), plain, np.zeros(9), []) is None


def test_measured_shares_by_hand() -> None:
    entry = {
        "kind": "maximum",
        "share": 1.0,
        "operating_points": [{"sensitivity": 0.95, "threshold": 0.3, "band": [0.3, 0.6]}],
    }
    records, probabilities = together(
        scan("a", "TT........", [0.9, 0.1] + [0.1] * 8),  # tumor; its run is cleared
        scan("b", "TT........", [0.5, 0.1] + [0.45] * 8),  # left open; its run, too
        scan("c", "TT........", [0.2, 0.1] + [0.15] * 8, "t1"),  # missed; its run is cleared
    )
    found = measure_volume_rule(entry, records, probabilities, ["4"])
    assert found is not None
    assert (found["folds"], found["patients"]) == (["4"], 3)
    (row,) = found["by_sensitivity"]
    shares = {key: (row[key]["value"], row[key]["n"]) for key in row if key != "sensitivity"}
    third, both = pytest.approx(1 / 3, abs=1e-6), pytest.approx(2 / 3, abs=1e-6)
    assert shares == {
        "kept": (both, 3), "called": (third, 3), "cleared": (both, 3),
        "false_alarms": (0.0, 3), "indeterminate": (third, 6),
    }  # fmt: skip
    assert [part["name"] for part in found["by_sequence"]] == ["flair", "t1"]
    assert found["by_sequence"][1]["kept"]["value"] == 0.0
    assert measure_volume_rule(entry, [], np.zeros(0), []) is None
