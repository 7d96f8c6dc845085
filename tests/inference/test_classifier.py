"""TumorClassifier: parity of the runtimes, decisions, warnings."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brainscan.errors import InputRejected
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.reading import read_scan
from brainscan.imaging.scan import Scan
from brainscan.imaging.sequence import SequenceGuess, SequenceLabel, guess_from_file_name
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.decision import OperatingPoint, decided_again
from brainscan.inference.prediction import Decision, HeatMap, Prediction


@pytest.fixture(scope="module", params=["resnet50", "custom_cnn"])
def classifier(request: pytest.FixtureRequest) -> TumorClassifier:
    return TumorClassifier.load(request.param)


@pytest.fixture(scope="module")
def phantom() -> Scan:
    return read_scan(phantom_png(phantom_slice(5, lesion="meningioma")), name="phantom.png")


def real_slices(data_dir: Path, count: int) -> list[Scan]:
    found = []
    for name in ("brain-mri", "lgg"):
        with (data_dir / name / "manifest.csv").open() as stream:
            rows = [row["file"] for row in csv.DictReader(stream) if row["fold"] == "4"]
        step = len(rows) // (count // 2)
        found += [read_scan(data_dir / name / row) for row in rows[::step][: count // 2]]
    return found


def test_runtimes_agree_on_real_slices(classifier: TumorClassifier, data_dir: Path) -> None:
    reference = TumorClassifier.load(classifier.release.folder, runtime="keras")
    for scan in real_slices(data_dir, 12):
        served, expected = classifier.predict(scan), reference.predict(scan)
        # The runtime's weights are rounded to half precision after normalization was folded into
        # them: up to 0.002 in the middle of the range, where a logit moves a probability most.
        assert served.tumor_probability == pytest.approx(expected.tumor_probability, abs=3e-3)
        for name, value in expected.type_probabilities.items():
            assert served.type_probabilities[name] == pytest.approx(value, abs=3e-3)
        assert np.abs(served.evidence.grid - expected.evidence.grid).max() < 5e-3
        for name, heat in expected.gradcam.items():
            assert np.abs(served.gradcam[name].grid - heat.grid).max() < 2e-2


def test_prediction_is_complete(classifier: TumorClassifier, phantom: Scan) -> None:
    prediction = classifier.predict(phantom)
    assert 0 <= prediction.tumor_probability <= 1
    assert sum(prediction.type_probabilities.values()) == pytest.approx(1)
    assert prediction.evidence.on_slice().shape == phantom.pixels.shape
    assert prediction.evidence.on_slice().max() <= 1
    assert set(prediction.gradcam) == {"tumor", "glioma", "meningioma", "pituitary"}
    assert prediction.sha256 == phantom.sha256
    assert prediction.model == classifier.release.title
    assert json.loads(json.dumps(prediction.to_json()))["decision"] == prediction.decision


def test_same_slice_same_answer(classifier: TumorClassifier, phantom: Scan) -> None:
    first, second = classifier.predict(phantom), classifier.predict(phantom)
    assert first.tumor_probability == second.tumor_probability
    assert np.array_equal(first.evidence.grid, second.evidence.grid)


def test_decisions_at_the_edges(classifier: TumorClassifier) -> None:
    low, high = classifier.release.band
    assert classifier.decide(np.nextafter(low, 0)) == "no_tumor"
    assert classifier.decide(low) == ("indeterminate" if low < high else "tumor")
    assert classifier.decide(max(high, classifier.release.threshold)) == "tumor"
    assert classifier.decide(0.0) == "no_tumor"
    assert classifier.decide(1.0) == "tumor"


@pytest.mark.parametrize(
    ("decision", "expected"), [("no_tumor", None), ("indeterminate", "b"), ("tumor", "b")]
)
def test_type_is_named_only_where_a_tumor_may_be(decision: Decision, expected: str | None) -> None:
    geometry = Geometry(8, 8, 0, 0, 8, 8, 0, 0, 8, 8, 8)
    heat = HeatMap(np.zeros((2, 2), np.float32), geometry, "evidence", -1.0)
    known = {"a": 0.3, "b": 0.7}
    answer = Prediction(0.5, decision, known, heat, {}, 0.4, (0.4, 0.6), "m 1", "0", 1.0)
    assert answer.type == expected
    assert replace(answer, type_probabilities={}).type is None


def test_served_evidence_lies_in_the_tumor(classifier: TumorClassifier, data_dir: Path) -> None:
    with (data_dir / "brain-mri" / "manifest.csv").open() as stream:
        rows = [
            row
            for row in csv.DictReader(stream)
            if row["fold"] == "4" and row["source"] == "figshare"
        ][::25]
    hits = 0
    for row in rows:
        mask = np.asarray(Image.open(data_dir / "brain-mri" / row["mask"])) > 0
        heat = classifier.predict(read_scan(data_dir / "brain-mri" / row["file"])).evidence
        hits += bool(mask[np.unravel_index(heat.on_slice().argmax(), mask.shape)])
    assert hits / len(rows) > 0.5, f"{hits} of {len(rows)}"


def test_mirrored_slice_mirrors_the_evidence(classifier: TumorClassifier, data_dir: Path) -> None:
    agreement = []
    for scan in real_slices(data_dir, 8):
        there = classifier.predict(scan).evidence.on_slice()
        mirrored = replace(scan, pixels=np.ascontiguousarray(scan.pixels[:, ::-1]))
        back = classifier.predict(mirrored).evidence.on_slice()[:, ::-1]
        agreement.append(np.corrcoef(there.ravel(), back.ravel())[0, 1])
    assert np.median(agreement) > 0.8


def test_small_and_long_slices_warn(classifier: TumorClassifier, phantom: Scan) -> None:
    small = Scan(np.ascontiguousarray(phantom.pixels[::4, ::4]), "s", "0", "PNG", "L")
    assert any("64 x 64 pixels" in warning for warning in classifier.predict(small).warnings)
    strip = Scan(np.ascontiguousarray(phantom.pixels[100:160]), "s", "0", "PNG", "L")
    # The gate may refuse so narrow a strip; whoever reads it anyway is warned.
    read_anyway = classifier.predict(strip, gate=False)
    assert any("longer than a head" in warning for warning in read_anyway.warnings)


def test_blank_slice_is_refused(classifier: TumorClassifier) -> None:
    blank = Scan(np.zeros((200, 200), np.uint8), "blank.png", "0", "PNG", "L")
    with pytest.raises(InputRejected, match="blank"):
        classifier.predict(blank)


def test_no_type_is_named_on_proton_density(classifier: TumorClassifier, phantom: Scan) -> None:
    scan = replace(phantom, sequence=guess_from_file_name("FSE PD AXIAL OBL.nii"))
    answer = classifier.predict(scan, gate=False)
    assert answer.type is None and not answer.types_learned
    assert any("a proton density scan" in text for text in answer.warnings)


@pytest.mark.parametrize(
    ("label", "warns"),
    [("FLAIR", True), ("T2", True), ("T1", True), ("T1ce", False), ("unknown", False)],
)
def test_types_are_doubted_on_sequences_they_were_not_learned_on(
    classifier: TumorClassifier, phantom: Scan, label: SequenceLabel, warns: bool
) -> None:
    scan = replace(phantom, sequence=SequenceGuess(label, "Said so."))
    answer = classifier.predict(scan, gate=False)
    told = [text for text in answer.warnings if "none is ruled out" in text]
    assert bool(told) == warns and all(f"a {label} scan" in text for text in told)
    assert answer.type_set and (answer.type is None) == warns
    point = answer.to_json() | {"decision": "tumor"}
    sure = OperatingPoint(0.0, (0.0, 0.0))
    quantiles = dict.fromkeys(answer.type_probabilities, 0.0)
    for again in (answer.at(sure, quantiles).to_json(), decided_again(point, sure, quantiles)):
        assert (again["type"] is None) == warns
        assert len(again["type_set"]) == (len(answer.type_probabilities) if warns else 1)
