"""The input gate: worked by hand, refused in words, missing or damaged."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainscan.errors import InputRejected, ModelUnavailable, NotBrainMR
from brainscan.imaging.decoding import COLOR_WARNING
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.preprocessing import Preprocessing, preprocess
from brainscan.imaging.scan import Scan
from brainscan.inference.batch import predict_files
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.gate import GATE, NO_GATE, Gate
from brainscan.inference.gate_traits import traits
from brainscan.inference.release import Release, models_root
from brainscan.inference.runtime import RawOutput


def toy() -> Gate:
    """Two inputs, one direction: the first."""
    return Gate(
        mean=np.array([10.0, 0.0]),
        scale=np.array([2.0, 1.0]),
        components=np.array([[1.0, 0.0]]),
        spread=np.array([0.5]),
        levels=np.array([4.0, 1.0]),
        offset=np.array([0.0, 1.0]),
        unit=np.array([1.0, 2.0]),
        weights=np.array([0.0, 1.0]),
        bias=np.array(-0.875),
        limits=np.array([1.0, 0.0]),
        unusual=np.array(0.5),
        family_weights=np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
        family_bias=np.zeros(3),
        family_share=np.array(0.9),
    )


def test_description_worked_by_hand() -> None:
    # (14 - 10) / 2 = 2; over the spread 4; squared 16, over its level 4. Outside: 3, squared 9.
    described = toy().describe(np.array([[14.0, 3.0]]))
    assert described[0] == pytest.approx([4.0, np.log(4.0), np.log(9.0)])


def test_verdict_worked_by_hand() -> None:
    verdict = toy().judge(np.array([14.0, 3.0]))
    # Distance (log 4 + log 9) / 2 = log 6 against 1; leaning (3 - 1) / 2 - 0.875 against 0.
    assert verdict.refused
    assert verdict.distance == pytest.approx(np.log(6) - 1)
    assert verdict.leaning == pytest.approx(0.125)
    # Softmax of 4, -4, 0 gives 0.98 to the first family.
    assert verdict.family == 0
    sentence = verdict.sentence("a.png")
    assert sentence and sentence.startswith("a.png looks like an X-ray or CT image")


def test_family_is_not_pretended() -> None:
    gate = replace(toy(), family_share=np.array(0.99))
    sentence = gate.judge(np.array([14.0, 3.0])).sentence("a.png")
    assert (
        sentence and "does not look like a brain MR slice" in sentence and "X-ray" not in sentence
    )


def test_accepted_unusual_and_usual() -> None:
    unusual = toy().judge(np.array([12.0, 2.7]))  # (log 1 + log 7.29) / 2 = 0.99
    assert (unusual.refused, unusual.unusual) == (False, True)
    assert unusual.sentence("a.png") is None
    assert "unusual" in str(unusual.warning())
    usual = toy().judge(np.array([12.0, 1.0]))
    assert (usual.refused, usual.unusual, usual.warning()) == (False, False, None)


def _release(folder: Path, arrays: dict[str, np.ndarray] | None) -> Release:
    if arrays is not None:
        np.savez(folder / GATE, **arrays)  # type: ignore[arg-type]
    return Release(folder, {"name": "toy", "version": "1", "files": {GATE: "0"}})


def test_round_trip(tmp_path: Path) -> None:
    back = Gate.of(_release(tmp_path, toy().arrays()))
    assert back
    assert back.judge(np.array([14.0, 3.0])) == toy().judge(np.array([14.0, 3.0]))


@pytest.mark.parametrize("damage", ["missing", "junk", "lacks an array"])
def test_damaged_gate_is_an_error(tmp_path: Path, damage: str) -> None:
    arrays = toy().arrays()
    if damage == "lacks an array":
        del arrays["limits"]
    release = _release(tmp_path, None if damage == "missing" else arrays)
    if damage == "junk":
        (tmp_path / GATE).write_bytes(b"junk")
    with pytest.raises(ModelUnavailable, match=r"The input gate gate\.npz of the model toy"):
        Gate.of(release)


def test_unlisted_gate_is_not_used(tmp_path: Path) -> None:
    release = replace(_release(tmp_path, toy().arrays()), manifest={"name": "toy", "files": {}})
    assert Gate.of(release) is None


def test_traits_see_color_and_frame() -> None:
    pixels = phantom_slice(3).pixels
    image, geometry = preprocess(pixels, Preprocessing())
    plain = traits(Scan(pixels, "a", "0", "PNG", "L"), image, geometry)
    colored = traits(Scan(pixels, "a", "0", "PNG", "RGB", (COLOR_WARNING,)), image, geometry)
    assert plain.shape == (42,) and np.isfinite(plain).all()
    assert (plain[0], colored[0]) == (0.0, 1.0)
    assert plain[11] > 0.8  # a head is about symmetric
    framed = np.pad(pixels, 40, constant_values=255)
    image, geometry = preprocess(framed, Preprocessing())
    around = traits(Scan(framed, "a", "0", "PNG", "L"), image, geometry)
    assert around[5] > 0.9 > plain[5]  # the border is bright


class Stub:
    """A runtime whose embedding is what the test says; traits are weighed with nothing."""

    def __init__(self, value: float | None) -> None:
        self.value = value

    def forward(self, images: np.ndarray) -> RawOutput:
        return RawOutput(
            np.zeros(1, np.float32),
            np.zeros((1, 3), np.float32),
            np.zeros((1, 4, 4), np.float32),
            np.zeros((1, 4, 4, 4), np.float32),
            None if self.value is None else np.array([[self.value, 0.0]], np.float32),
        )


def classifier(tmp_path: Path, value: float | None) -> TumorClassifier:
    wide = np.r_[0.0, 0.0, np.zeros(42)]
    gate = replace(
        toy(),
        mean=wide,
        scale=np.r_[1.0, 1.0, np.full(42, 1e6)],
        components=np.eye(44)[:1],
        offset=wide,
        unit=np.r_[1.0, 1.0, np.full(42, 1e6)],
        weights=np.zeros(44),
    )
    np.savez(tmp_path / GATE, **gate.arrays())  # type: ignore[arg-type]
    manifest = json.loads((models_root() / "custom_cnn" / "manifest.json").read_text())
    manifest["files"] = {**manifest["files"], GATE: "0"}
    return TumorClassifier(Release(tmp_path, manifest), Stub(value))  # type: ignore[arg-type]


SCAN = Scan(phantom_slice(1).pixels, "x.png", "0", "PNG", "L")


def test_classifier_refuses_unless_told_to_read_anyway(tmp_path: Path) -> None:
    far = classifier(tmp_path, 1e9)
    with pytest.raises(NotBrainMR, match=r"^x\.png looks like") as refusal:
        far.predict(SCAN)
    assert isinstance(refusal.value, InputRejected)
    answer = far.predict(SCAN, gate=False)
    assert answer.refusal == str(refusal.value)
    assert answer.to_json()["refusal"] == answer.refusal
    assert any("input gate refused it" in warning for warning in answer.warnings)


def test_classifier_accepts_what_is_near(tmp_path: Path) -> None:
    answer = classifier(tmp_path, 0.1).predict(SCAN)
    assert answer.refusal is None
    assert NO_GATE not in answer.warnings


def test_release_without_gate_says_so(tmp_path: Path) -> None:
    assert NO_GATE in classifier(tmp_path, None).predict(SCAN).warnings


def test_batch_rejects_or_answers(tmp_path: Path) -> None:
    path = tmp_path / "slice.png"
    path.write_bytes(phantom_png(phantom_slice(1)))
    far = classifier(tmp_path, 1e9)
    (refused,) = predict_files(far, [path])
    assert refused.status == "rejected" and refused.prediction is None
    assert str(refused.reason).startswith("slice.png looks like")
    (answered,) = predict_files(far, [path], gate=False)
    assert answered.status == "ok"
    assert answered.prediction and answered.prediction.refusal == refused.reason
