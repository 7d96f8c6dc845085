"""Evaluating volumes: their own figures, labelled slices, and never both in one figure."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from brainscan.data.dataset import open_dataset
from brainscan.errors import Cancelled
from brainscan.evaluation import evaluate as module
from brainscan.evaluation import volume_run
from brainscan.evaluation.evaluate import evaluate
from brainscan.evaluation.export import metrics_dict, predictions_csv, volumes_csv
from brainscan.evaluation.figures import profile_figure
from brainscan.evaluation.intervals import WILSON_NOTE, resampling_units
from brainscan.evaluation.report import html_report
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.volume_tables import text_volumes, wrong_volumes
from brainscan.evaluation.volumes import volume_figures
from brainscan.inference.batch import FileResult
from brainscan.inference.decision import OperatingPoint
from tests.evaluation.builders import TYPES, result, row, scan
from tests.evaluation.test_evaluate import _prediction
from tests.evaluation.volume_stub import (
    predict_volume,
    tumor_labels,
    write_mask,
    write_volume,
)


@pytest.fixture(scope="module", autouse=True)
def network() -> Any:
    """Let stand-ins answer for images and volumes."""

    def predict_files(classifier: Any, paths: Any, *, cancel: Any, gate: bool) -> Any:
        for path in paths:
            answer = _prediction(0.9 if path.parent.name == "yes" else 0.2)
            yield FileResult(path, "ok", None, answer, scan(40, 30))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volume_run, "predict_volume", predict_volume)
        patch.setattr(module, "predict_files", predict_files)
        yield


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("model")
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    release = SimpleNamespace(
        name="resnet50",
        version="1.0.0",
        types=TYPES,
        manifest={"architecture": "resnet50"},
        folder=folder,
        operating_points=(),
        type_quantiles=None,
    )
    return SimpleNamespace(release=release, point=OperatingPoint(0.5, (0.4, 0.6)))


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tumor volumes of one patient and a tumor-free one, all with masks; two images."""
    root = tmp_path_factory.mktemp("masked")
    for name in ("p1/flair.nii.gz", "p1/t1ce.nii.gz", "p2/free.nii.gz"):
        write_volume(root / name)
    write_mask(root / "p1" / "seg.nii.gz", tumor_labels())
    write_mask(root / "p2" / "seg.nii.gz", tumor_labels() * 0)
    for name in ("yes/1.png", "no/2.png"):
        (root / name).parent.mkdir()
        Image.new("L", (30, 40), 80).save(root / name)
    (root / "manifest.csv").write_text(
        "file,label,patient,sequence,mask\n"
        "p1/flair.nii.gz,glioma,p1,flair,p1/seg.nii.gz\n"
        "yes/1.png,glioma,p3,t1ce,\n"
        "p1/t1ce.nii.gz,meningioma,p1,t1ce,p1/seg.nii.gz\n"
        "p2/free.nii.gz,notumor,,flair,p2/seg.nii.gz\n"
        "no/2.png,notumor,p4,t1ce,\n"
    )
    return root


@pytest.fixture(scope="module")
def outcome(masked: Path, classifier: Any) -> EvaluationResult:
    return evaluate(open_dataset(masked), classifier)


def _one(root: Path, label: str, mask: np.ndarray | None, classifier: Any) -> EvaluationResult:
    """Evaluate one volume with a mask."""
    write_volume(root / "a.nii.gz")
    if mask is not None:
        write_mask(root / "m.nii.gz", mask)
    text = f"file,label,mask\na.nii.gz,{label},{'m.nii.gz' if mask is not None else ''}\n"
    (root / "manifest.csv").write_text(text)
    return evaluate(open_dataset(root), classifier)


def test_volumes_stand_apart_from_images_and_slices(outcome: EvaluationResult) -> None:
    assert [one.row.name for one in outcome.volumes] == [
        "p1/flair.nii.gz",
        "p1/t1ce.nii.gz",
        "p2/free.nii.gz",
    ]
    assert [r.name for r in outcome.rows[:3]] == [
        "yes/1.png",
        "no/2.png",
        "p1/flair.nii.gz, axial 2 of 36",
    ]
    assert len(outcome.rows) == 2 + 3 * 34
    assert not {r.name for r in outcome.rows} & {one.row.name for one in outcome.volumes}
    assert outcome.scope == "2 images and 3 volumes (102 slices with a label from a mask)"


def test_slices_are_labelled_by_the_mask(outcome: EvaluationResult) -> None:
    rows = [r for r in outcome.rows if r.volume == "p1/flair.nii.gz"]
    assert [r.slice for r in rows if r.label == "tumor"] == list(range(15, 21))
    assert [r.slice for r in rows if r.label is None] == [21]
    assert {r.type for r in rows if r.label == "tumor"} == {"glioma"}
    assert {r.type for r in rows if r.label != "tumor"} == {None}
    assert len(outcome.counted) == 2 + 33 + 33 + 34
    assert outcome.at_model_threshold.binary.counts.tolist() == [[89, 0], [0, 13]]


def test_the_maximum_counts_on_slices_and_on_the_volume(outcome: EvaluationResult) -> None:
    hits = {r.slice: r.hit for r in outcome.rows if r.volume == "p1/flair.nii.gz"}
    assert [hits[index] for index in range(14, 22)] == [None, *[True] * 5, False, None]
    # Slice 20 has the largest evidence of all, and it lies outside.
    assert [one.row.hit for one in outcome.volumes] == [False, False, None]
    assert outcome.hit_rate.n == 12
    assert outcome.volume_figures.hit_rate.n == 2


def test_outlines_of_a_volume_are_compared_as_a_whole_and_by_slice(
    tmp_path: Path, classifier: Any
) -> None:
    write_volume(tmp_path / "drawn.nii.gz")
    write_volume(tmp_path / "drawn-free.nii.gz")
    write_mask(tmp_path / "m.nii.gz", tumor_labels())
    (tmp_path / "manifest.csv").write_text(
        "file,label,mask\ndrawn.nii.gz,glioma,m.nii.gz\ndrawn-free.nii.gz,notumor,\n"
    )
    outcome = evaluate(open_dataset(tmp_path), classifier)
    tumor, free = (one.outline for one in outcome.volumes)
    assert tumor is not None and free is not None
    # 4 x 4 x 6 voxels and a stray one; 4 x 5 x 6 are outlined, and 4 x 5 more on a slice that is
    # called tumor-free by itself.
    assert (tumor.reference, tumor.answer, tumor.common) == (97, 120, 96)
    assert (tumor.raw_answer, tumor.raw_common) == (140, 96)
    assert tumor.dice == 2 * 96 / 217
    assert tumor.hd95_mm is not None and 2.0 <= tumor.hd95_mm < 3.0  # a row of 2 mm
    assert (tumor.lesions, tumor.found, tumor.false) == (2, 1, 0)
    assert (free.reference, free.answer, free.raw_answer, free.dice) == (0, 0, 140, None)
    figures = outcome.outlines
    assert figures is not None and figures.volumes is not None and figures.overall is not None
    assert (figures.volumes.dice.value, figures.volumes.dice.n) == (tumor.dice, 1)
    slices = {row.slice: row.outline for row in outcome.rows}
    assert {row.volume for row in outcome.rows} == {"drawn.nii.gz"}
    assert slices[16].dice == 32 / 36 and slices[16].hd95_mm == 2.0 and slices[16].size_mm == 4.0
    assert slices[16].hd95_px == 1.0 and slices[16].head > 100
    assert (slices[21].answer, slices[21].raw_answer, slices[21].reference) == (0, 20, 1)
    assert figures.overall.n_tumor == 6  # the stray voxel is too little for a tumor slice
    assert not figures.overall.stack_dice.defined  # a volume is a stack of its own
    lines = list(csv.DictReader(io.StringIO(volumes_csv(outcome), newline="")))
    assert [line["outline_ml"] for line in lines] == ["0.96", "0"]
    assert lines[0]["dice"] == f"{tumor.dice:.6g}" and lines[1]["dice"] == ""
    assert metrics_dict(outcome)["outlines"]["volumes"]["dice"]["n"] == 1
    assert "Volumes, Dice" in html_report(outcome)
    assert sorted(outcome.rows[n].slice for n in outcome.outline_pictures) == list(range(15, 21))


def test_each_volume_is_one_case(outcome: EvaluationResult) -> None:
    figures = outcome.volume_figures
    assert (figures.n_tumor, figures.n_no_tumor) == (2, 1)
    assert (figures.sensitivity.value, figures.sensitivity.n) == (1.0, 2)
    assert (figures.specificity.value, figures.specificity.n) == (1.0, 1)
    assert (figures.auroc.value, figures.auroc.n) == (1.0, 3)
    assert (figures.type_accuracy.value, figures.type_accuracy.n) == (0.5, 2)
    assert (figures.profile_auroc.value, figures.profile_auroc.n) == (1.0, 2)
    assert [one.error for one in outcome.volumes] == [None, "wrong type", None]
    assert wrong_volumes(outcome) == [1]


def test_a_type_that_is_not_named_is_left_out_of_type_accuracy(outcome: EvaluationResult) -> None:
    right, wrong, free = outcome.volumes
    unnamed = replace(wrong, row=replace(wrong.row, types_learned=False))
    figures = volume_figures((right, unnamed, free))
    assert (figures.type_accuracy.value, figures.type_accuracy.n) == (1.0, 1)
    assert (figures.sensitivity.value, figures.sensitivity.n) == (1.0, 2)
    assert wrong.error == "wrong type" and unnamed.error is None
    alone = volume_figures((unnamed, free)).type_accuracy
    assert not alone.defined and "names none on scans like these" in (alone.reason or "")


def test_what_a_volume_does_not_name_is_not_named_on_its_slices(
    tmp_path: Path, classifier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlearned(*arguments: Any, **named: Any) -> Any:
        return replace(predict_volume(*arguments, **named), types_learned=False)

    monkeypatch.setattr(volume_run, "predict_volume", unlearned)
    outcome = _one(tmp_path, "meningioma", tumor_labels(), classifier)
    assert outcome.volumes[0].error is None
    assert outcome.volume_figures.type_accuracy.n == 0
    assert not any(one.types_learned for one in outcome.rows)
    assert not outcome.errors_at(0.5) and outcome.types is None


def test_the_profile_of_a_volume_has_no_interval(outcome: EvaluationResult) -> None:
    first, _, free = outcome.volumes
    assert first.profile_auroc.value == 1.0 and first.profile_auroc.low is None
    assert "not independent" in (first.profile_auroc.reason or "")
    assert free.profile_auroc.reason == "There is no tumour slice among those scored."
    assert (first.scored, first.tumor_slices, first.unscored_tumor_slices) == (34, 6, 0)


def test_slices_of_a_patient_are_drawn_together(outcome: EvaluationResult) -> None:
    units = {
        outcome.rows[i].volume or outcome.rows[i].name: outcome.units[i]
        for i in range(len(outcome.rows))
    }
    assert units["p1/flair.nii.gz"] == units["p1/t1ce.nii.gz"]
    assert len(set(units.values())) == 4
    assert WILSON_NOTE in outcome.interval_notes


def test_the_slices_of_one_volume_alone_are_one_group() -> None:
    units, notes = resampling_units(["p"] * 5, ["s"] * 5, list("abcde"), ["v"] * 5)
    assert len(set(units)) == 1
    assert notes == (WILSON_NOTE,)
    units, _ = resampling_units([None] * 4, ["s"] * 4, list("abcd"), ["v", "v", "w", None])
    assert len(set(units)) == 3


def test_baselines_are_measured_on_images_only(
    masked: Path, classifier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def held_together(rows: Any, looks: Any) -> Any:
        seen.append(len(rows))
        return np.arange(len(rows)), ()

    monkeypatch.setattr("brainscan.evaluation.baselines.held_together", held_together)
    evaluate(open_dataset(masked), classifier)
    assert seen == [2]


def test_pictures_are_kept_of_key_slices_and_of_wrong_slices(outcome: EvaluationResult) -> None:
    assert set(outcome.key_pictures) == {0, 1, 2}
    assert outcome.key_pictures[0].pixels().shape == (44, 40)
    wrong = outcome.errors_at(0.95)
    assert {outcome.rows[i].volume for i in wrong} >= {"p1/flair.nii.gz"}
    assert all(i in outcome.review for i in wrong)


def test_class_folders_of_volumes_give_volume_figures_only(tmp_path: Path, classifier: Any) -> None:
    write_volume(tmp_path / "glioma" / "a.nii.gz")
    write_volume(tmp_path / "notumor" / "free.nii.gz")
    write_volume(tmp_path / "notumor" / "b.nii.gz")
    (tmp_path / "notumor" / "broken.nii.gz").write_bytes(b"no volume")
    outcome = evaluate(open_dataset(tmp_path), classifier)
    assert outcome.rows == () and outcome.labelled
    assert outcome.volume_figures.specificity.value == 0.5
    assert [one.error for one in outcome.volumes] == [None, "false alarm", None, None]
    (refused,) = outcome.refused
    assert refused.name == "notumor/broken.nii.gz" and "damaged" in (refused.reason or "")
    assert outcome.volumes[0].profile_auroc.reason == "The volume has no mask."
    text = html_report(outcome)
    assert "Volumes answered wrongly" in text and "no labels" not in text
    assert metrics_dict(outcome)["volumes"]["specificity"]["n"] == 2


@pytest.mark.parametrize(
    ("label", "mask", "said"),
    [
        ("glioma", tumor_labels() * 0, "is empty, but the volume is labelled tumour"),
        ("notumor", tumor_labels(), "shows tumour, but the volume is labelled tumour-free"),
        ("glioma", tumor_labels()[:, 1:], "Resample the mask"),
    ],
)
def test_a_mask_that_cannot_be_used_is_said_and_the_volume_counts(
    tmp_path: Path, classifier: Any, label: str, mask: np.ndarray, said: str
) -> None:
    outcome = _one(tmp_path, label, mask, classifier)
    assert outcome.rows == ()
    assert said in (outcome.volumes[0].mask_problem or "")
    assert any(said in warning for warning in outcome.warnings)
    assert outcome.volumes[0].row.probability == 0.9
    assert outcome.volumes[0].row.hit is None


def test_tumor_slices_without_a_head_are_counted_apart(tmp_path: Path, classifier: Any) -> None:
    labels = tumor_labels()
    labels[10:14, 20, 0] = 1
    (one,) = _one(tmp_path, "glioma", labels, classifier).volumes
    assert (one.tumor_slices, one.unscored_tumor_slices) == (7, 1)


def test_an_uncertain_volume_is_predicted_and_not_counted(tmp_path: Path, classifier: Any) -> None:
    outcome = _one(tmp_path, "uncertain", None, classifier)
    assert not outcome.labelled
    assert (outcome.volume_figures.n_tumor, outcome.volume_figures.n_no_tumor) == (0, 0)
    assert outcome.volume_figures.indeterminate.n == 1


def test_progress_goes_through_images_then_volumes(masked: Path, classifier: Any) -> None:
    calls: list[tuple[Any, ...]] = []
    evaluate(open_dataset(masked), classifier, progress=lambda *call: calls.append(call))
    assert calls[:3] == [(0, 302), (1, 302), (2, 302)]
    assert calls[3] == (2, 302, "volume 1 of 3, reading")
    assert (2 + 50, 302, "volume 1 of 3, slice 18 of 36") in calls
    assert calls[-1] == (302, 302, "volume 3 of 3")
    done = [call[0] for call in calls]
    assert done == sorted(done)


def test_cancelling_stops_within_a_volume(masked: Path, classifier: Any) -> None:
    asked: list[tuple[Any, ...]] = []
    with pytest.raises(Cancelled, match="stopped in volume 2 of 3"):
        evaluate(
            open_dataset(masked),
            classifier,
            progress=lambda *call: asked.append(call),
            cancel=lambda: bool(asked) and asked[-1][0] >= 150,
        )
    assert asked[-1][2] == "volume 2 of 3, slice 18 of 36"


def test_the_tables_tell_volumes_from_slices(outcome: EvaluationResult) -> None:
    volumes = list(csv.DictReader(io.StringIO(volumes_csv(outcome))))
    assert [v["file"] for v in volumes] == [one.row.name for one in outcome.volumes]
    assert (volumes[0]["slices"], volumes[0]["scored"], volumes[0]["tumor_slices"]) == (
        "36",
        "34",
        "6",
    )
    assert (volumes[1]["error"], volumes[0]["key_slices"]) == ("wrong type", "18 8")
    lines = list(csv.DictReader(io.StringIO(predictions_csv(outcome))))
    assert len(lines) == len(outcome.rows)
    assert [line["volume"] for line in lines[:3]] == ["", "", "p1/flair.nii.gz"]
    assert lines[2]["slice"] == "1"


def test_json_report_and_text_say_the_same(outcome: EvaluationResult) -> None:
    values = json.loads(json.dumps(metrics_dict(outcome), allow_nan=False))
    assert values["dataset"]["images"] == 104 and values["dataset"]["volumes"] == 3
    assert values["metrics"]["ranking"]["auroc"]["n"] == 102
    assert values["volumes"]["auroc"] == outcome.volume_figures.auroc.to_json()
    assert values["volumes"]["each"][0]["profile"][15] == {
        "index": 15,
        "probability": 0.9,
        "label": "tumor",
    }
    assert values["volumes"]["smallest_tumor_area_mm2"] == 10.0
    text = text_volumes(outcome)
    assert "Volumes: 3, 2 tumour and 1 not, in the figures" in text
    assert "34 of 36 axial" in text and "wrong type" in text
    report = html_report(outcome)
    assert "<h2>Volumes</h2>" in report and "<h2>Images and slices</h2>" in report
    assert "file size and most similar picture are no measure of volumes" in report


def test_a_result_without_volumes_is_as_ever() -> None:
    plain = result([row("a", "tumor", 0.9), row("b", "no_tumor", 0.1)])
    assert metrics_dict(plain)["volumes"] is None
    assert plain.scope == "2 images"
    assert "<h2>Volumes</h2>" not in html_report(plain)


def test_the_profile_is_drawn_over_the_mask(outcome: EvaluationResult) -> None:
    bars, line = profile_figure(outcome.volumes[0], 0.5).data
    assert [x for x, y in zip(bars.x, bars.y, strict=True) if y] == list(range(16, 22))
    assert line.y[0] is None and line.y[15] == 0.9


def test_a_volume_seen_in_training_is_marked(
    masked: Path, classifier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Known:
        def __len__(self) -> int:
            return 1

        def match(self, looks: Any, check: Any) -> list[str | None]:
            return ["near", *[None] * (len(looks) - 1)]

    monkeypatch.setattr(module.SeenImages, "load", lambda folder: Known())
    outcome = evaluate(open_dataset(masked), classifier)
    assert [one.row.seen for one in outcome.volumes] == ["near", None, None]
    assert "Of 1 volume(s) a key slice took part" in " ".join(outcome.warnings)
