"""Whole volumes: plane, skipped slices, order, the gate's vote, cancel, and deciding again."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainscan.errors import Cancelled, InputRejected, ModelUnavailable, NotBrainMR
from brainscan.imaging.dicom import find_series, read_series
from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.orientation import Plane
from brainscan.imaging.sequence import SequenceGuess, guess_from_file_name
from brainscan.imaging.volume import Volume
from brainscan.inference.calibration import sigmoid, softmax
from brainscan.inference.gate import NO_GATE
from brainscan.inference.volume import predict_volume, scoring_plane
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.inference.volume_rule import NO_RULE
from tests.imaging import patient
from tests.imaging.patient import AXIAL, CORONAL, MARKER, OBLIQUE, SAGITTAL
from tests.imaging.test_volume_orientation import affines
from tests.inference.fake_network import HIGH, LOW, FakeGate, FakeRuntime, fake_classifier
from tests.inference.volumes import make_volume


@pytest.mark.parametrize(
    ("acquired", "spacing", "read"),
    [
        ("axial", (1.0, 1.0, 6.0), "axial"),
        ("axial", (2.0, 2.0, 2.0), "axial"),
        ("sagittal", (1.0, 1.0, 1.0), "axial"),
        ("coronal", (1.0, 1.4, 1.2), "axial"),
        ("sagittal", (1.6, 1.0, 1.0), "sagittal"),  # an axial slice would have 1.6 mm pixels
        ("sagittal", (5.0, 0.9, 0.9), "sagittal"),
        ("coronal", (0.9, 5.0, 0.9), "coronal"),
        ("coronal", (2.0, 2.0, 2.0), "coronal"),
    ],
)
def test_the_plane_read_is_axial_unless_that_would_be_blurred(
    acquired: Plane, spacing: tuple[float, float, float], read: Plane
) -> None:
    assert scoring_plane(make_volume(spacing, acquired, shape=(8, 8, 8))) == read


@pytest.mark.parametrize(
    ("acquired", "shape"),
    [("sagittal", (1, 8, 8)), ("sagittal", (3, 8, 8)), ("coronal", (8, 1, 8))],
)
def test_no_strips_are_cut_out_of_a_slab(acquired: Plane, shape: tuple[int, int, int]) -> None:
    assert scoring_plane(make_volume((1.0, 1.0, 1.0), acquired, shape=shape)) == acquired


def test_slices_without_head_are_skipped_and_the_others_stay_in_order() -> None:
    volume = make_volume()
    classifier = fake_classifier()
    calls: list[tuple[int, int]] = []
    prediction = predict_volume(classifier, volume, progress=lambda *at: calls.append(at))
    assert [one.index for one in prediction.slices] == list(range(42))
    areas = (volume.voxels > 100).sum(axis=(0, 1))
    enough = set(np.flatnonzero(areas >= 0.1 * areas.max()))
    assert {one.index for one in prediction.scored} == enough
    assert 30 < len(enough) < 42
    assert isinstance(classifier.runtime, FakeRuntime)
    assert classifier.runtime.calls == len(enough)
    assert calls == [(done, len(enough)) for done in range(len(enough) + 1)]
    marked = {int(k) for k in np.flatnonzero((volume.voxels == 1000).sum(axis=(0, 1)) > 8)}
    for one in prediction.scored:
        expected = float(sigmoid(HIGH if one.index in marked else LOW))
        if one.index in marked or volume.voxels[:, :, one.index].max() < 1000:
            assert one.probability == pytest.approx(expected), one.index
    assert prediction.slices[0].probability is None and prediction.slices[0].evidence is None


def test_the_answer_holds_what_the_rule_the_release_and_the_slices_say() -> None:
    prediction = predict_volume(fake_classifier(), make_volume())
    probabilities = [one.probability or 0.0 for one in prediction.scored]
    run = round(0.2 * len(probabilities))
    means = [np.mean(probabilities[i : i + run]) for i in range(len(probabilities) - run + 1)]
    assert prediction.tumor_probability == pytest.approx(max(means))
    assert prediction.decision == "tumor"
    assert prediction.rule == (
        f"The highest mean tumour probability over {run} neighbouring slices of "
        f"{len(probabilities)}."
    )
    assert (prediction.threshold, prediction.band) == (0.4, (0.4, 0.6))
    assert prediction.slice_threshold == 0.5 and prediction.sensitivity == 0.95
    assert not prediction.promised and prediction.to_json()["sensitivity_promised"] is False
    tumors = sum(p >= 0.7 for p in probabilities)
    assert prediction.agreement == pytest.approx(tumors / len(probabilities))
    shares = dict(
        zip(("glioma", "meningioma", "pituitary"), softmax(np.array([1.0, 2, 0])), strict=True)
    )
    assert prediction.type_probabilities == pytest.approx(shares)
    assert prediction.type == "meningioma" and prediction.type_set == ("meningioma",)
    assert prediction.model == "fake 0.0.1" and prediction.sha256 == "ab" * 32
    about, small, ungated = sorted(prediction.warnings, key=lambda text: text == NO_GATE)
    assert (about, ungated) == ("About the file.", NO_GATE)
    assert "small tumours cannot be seen" in small  # the slices of this volume have few pixels
    first = prediction.slices[prediction.key_slices[0]]
    assert first.probability == max(probabilities)
    gaps = np.diff(sorted(prediction.key_slices))
    assert gaps.min() >= 5  # 10 mm at 2 mm a slice
    json = prediction.to_json()
    assert json["plane"] == "axial" and len(json["slices"]) == 42
    assert json["decision"] == "tumor"


def test_deciding_again_needs_no_network() -> None:
    classifier = fake_classifier()
    prediction = predict_volume(classifier, make_volume(lesion=False))
    assert (prediction.decision, prediction.type, prediction.type_set) == ("no_tumor", None, ())
    assert isinstance(classifier.runtime, FakeRuntime)
    before = classifier.runtime.calls
    release = classifier.release
    keen = prediction.at(release, 0.99)
    assert (keen.decision, keen.threshold, keen.band) == ("indeterminate", 0.02, (0.02, 0.6))
    assert (keen.slice_threshold, keen.sensitivity) == (0.01, 0.99)
    assert keen.type == "meningioma"
    assert keen.agreement == 1.0
    assert keen.slices is prediction.slices
    # Nothing reaches 0.5, so the most suspicious slice stands alone; more reach 0.01.
    assert prediction.key_slices == keen.key_slices[:1] and len(keen.key_slices) > 1
    found = [keen.slices[index].probability or 0.0 for index in keen.key_slices]
    assert min(found) >= keen.slice_threshold and found == sorted(found, reverse=True)
    back = keen.at(release, 0.95)
    assert back.to_json() == prediction.to_json() == keen.at(release, None).to_json()
    assert classifier.runtime.calls == before
    with pytest.raises(ModelUnavailable, match="no threshold"):
        prediction.at(release, 0.5)


def test_a_classifier_with_another_sensitivity_decides_there() -> None:
    prediction = predict_volume(fake_classifier(sensitivity=0.99), make_volume(lesion=False))
    assert (prediction.sensitivity, prediction.threshold) == (0.99, 0.02)


def test_single_tumor_slices_of_a_cleared_volume_are_pointed_out() -> None:
    wide = {"volume_rule": {"kind": "run_mean", "share": 0.6, "operating_points": [
        {"sensitivity": 0.95, "threshold": 0.8, "band": [0.8, 0.8]}]}}  # fmt: skip
    classifier = fake_classifier(**wide, segmentation=None)
    prediction = predict_volume(classifier, make_volume())
    assert prediction.decision == "no_tumor"
    assert any("Single slices look like tumour" in text for text in prediction.warnings)
    cleared = predict_volume(classifier, make_volume(lesion=False))
    assert not any("Single slices" in text for text in cleared.warnings)


def sources(folder: Path) -> dict[str, Volume]:
    """The same patient from every orientation of NIfTI and DICOM."""
    found = {
        name: read_nifti(patient.nifti_bytes(affine), "t1.nii.gz")
        for name, affine in affines().items()
    }
    for name, orientation in (
        ("axial", AXIAL), ("coronal", CORONAL), ("sagittal", SAGITTAL), ("dicom oblique", OBLIQUE),
    ):  # fmt: skip
        for backwards in (False, True):
            place = patient.classic_series(
                folder / f"{name} {backwards}", orientation, backwards=backwards
            )
            found[f"{name} {backwards}"] = read_series(find_series(place).series[0])
    return found


def test_the_evidence_lies_on_the_marker_whatever_the_file(tmp_path: Path) -> None:
    classifier = fake_classifier()
    planes = set()
    for name, volume in sources(tmp_path).items():
        prediction = predict_volume(classifier, volume)
        planes.add(prediction.plane)
        evidence = prediction.evidence_volume(volume)
        assert evidence.shape == volume.shape and evidence.dtype == np.float32
        assert evidence.min() >= 0 and evidence.max() <= 1
        strong = np.argwhere(evidence > 0.5)
        place = volume.affine[:3, :3] @ strong.mean(axis=0) + volume.affine[:3, 3]
        # A cell of the network is some 3 mm here; the marker has a radius of 7 mm.
        np.testing.assert_allclose(place, MARKER, atol=5.0, err_msg=name)
        assert place[0] < -10, name  # the patient's left
    assert planes == {"axial", "coronal", "sagittal"}


def test_cancel_ends_the_work_early() -> None:
    classifier = fake_classifier()
    asked = threading.Event()

    def cancel() -> bool:
        return asked.is_set()

    def progress(done: int, total: int) -> None:
        if done == 3:
            asked.set()

    with pytest.raises(Cancelled, match="Stopped"):
        predict_volume(
            classifier, make_volume(shape=(44, 48, 200)), progress=progress, cancel=cancel
        )
    with pytest.raises(Cancelled):
        predict_volume(classifier, make_volume(), cancel=lambda: True)


def test_the_gate_judges_the_volume_by_the_majority() -> None:
    volume = make_volume()
    count = len(predict_volume(fake_classifier(), volume).scored)
    accepted = predict_volume(fake_classifier(gate=FakeGate(count // 2)), volume)
    assert sum(one.gate_refused for one in accepted.slices) == count // 2
    (told,) = (text for text in accepted.warnings if "input gate" in text)
    assert f"{count // 2} of the {count} scored slices" in told
    assert len(accepted.scored) == count
    with pytest.raises(NotBrainMR) as refusal:
        predict_volume(fake_classifier(gate=FakeGate(count // 2 + 1, family=0)), volume)
    assert str(refusal.value) == (
        "scan.nii.gz does not look like an MR scan of the brain: the input gate refuses "
        f"{count // 2 + 1} of its {count} slices, most of them as X-ray or CT. Choose an MR scan "
        "of the brain."
    )
    answered = predict_volume(fake_classifier(gate=FakeGate(count)), volume, gate=False)
    assert any("Read although the input gate refused it" in text for text in answered.warnings)
    clean = predict_volume(fake_classifier(gate=FakeGate(0)), volume)
    assert clean.warnings[0] == "About the file." and len(clean.warnings) == 2


def test_a_refused_volume_that_is_not_axial_is_told_to_be_so() -> None:
    volume = make_volume(plane="sagittal")
    with pytest.raises(NotBrainMR, match="sagittal slices were read; choose an axial"):
        predict_volume(fake_classifier(gate=FakeGate(99)), volume)


def test_nothing_to_read_is_a_sentence() -> None:
    blank = make_volume()
    voxels = np.zeros(blank.shape, np.float32)
    voxels[20:23, 20:23, 20] = 1000.0  # too small to be a head, and the only thing there is
    with pytest.raises(InputRejected, match="no axial slice with a head"):
        predict_volume(fake_classifier(), replace(blank, voxels=voxels))


def test_a_release_without_a_rule_decides_by_the_maximum_and_says_so() -> None:
    classifier = fake_classifier(volume_rule=None)
    prediction = predict_volume(classifier, make_volume())
    assert NO_RULE in prediction.warnings
    assert prediction.tumor_probability == max(one.probability or 0 for one in prediction.scored)
    assert (prediction.threshold, prediction.band) == (0.5, (0.5, 0.7))
    assert prediction.rule == f"The highest tumour probability of {len(prediction.scored)} slices."
    assert prediction.at(classifier.release, 0.99).threshold == 0.01


def test_a_background_that_is_not_the_darkest_value_does_not_hide_the_head() -> None:
    plain = make_volume()
    shifted = np.where(plain.voxels > 0, plain.voxels - 700, 0).astype(np.float32)
    volume = replace(plain, voxels=shifted, background=0.0)
    scored = [one.index for one in predict_volume(fake_classifier(), volume).scored]
    reference: VolumePrediction = predict_volume(fake_classifier(), plain)
    assert scored == [one.index for one in reference.scored]


def test_types_are_not_named_on_proton_density() -> None:
    guess = guess_from_file_name("FSE PD AXIAL OBL.nii")
    answer = predict_volume(fake_classifier(), replace(make_volume(), sequence=guess))
    assert answer.decision == "tumor" and answer.type is None and not answer.types_learned
    assert any("a proton density scan" in text for text in answer.warnings)


def test_types_are_not_named_on_a_sequence_they_were_not_learned_on() -> None:
    guess = SequenceGuess("FLAIR", "Said so.")
    answer = predict_volume(fake_classifier(), replace(make_volume(), sequence=guess))
    assert answer.decision == "tumor" and answer.type is None
    assert answer.type_set == ("meningioma", "glioma", "pituitary")
    assert any("none is ruled out" in text for text in answer.warnings)
    again = answer.at(fake_classifier().release, 0.99)
    assert again.type is None and again.to_json()["types_learned"] is False
