"""Running a model over a dataset, with a stand-in for the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from brainscan.data.dataset import Dataset, Record, open_dataset
from brainscan.errors import Cancelled, ModelUnavailable
from brainscan.evaluation import evaluate as module
from brainscan.evaluation.evaluate import evaluate
from brainscan.evaluation.image_run import mask_sentences
from brainscan.inference.batch import FileResult
from brainscan.inference.decision import OperatingPoint
from brainscan.inference.prediction import Prediction
from brainscan.inference.segmentation import Segmentation
from tests.evaluation.builders import TYPES, heat, scan


@pytest.fixture
def classifier(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    release = SimpleNamespace(
        name="resnet50",
        version="1.0.0",
        types=TYPES,
        threshold=0.5,
        band=(0.4, 0.6),
        manifest={"architecture": "resnet50", "data": {"fingerprint": {"training": "f"}}},
        folder=folder,
    )
    release.operating_points, release.type_quantiles = (), None
    release.outlines = False
    return SimpleNamespace(release=release, point=OperatingPoint(0.5, (0.4, 0.6)))


def _prediction(probability: float, *, outlined: bool = False) -> Prediction:
    """Answer for a slice of 40 x 30; the outline, if any, is around the evidence's maximum."""
    evidence = heat(40, 30, cell=(1, 2))
    drawn = Segmentation(evidence.grid[None], evidence.geometry) if outlined else None
    return Prediction(
        segmentation=drawn,
        tumor_probability=probability,
        decision="tumor" if probability >= 0.5 else "no_tumor",
        type_probabilities=dict(zip(TYPES, (0.7, 0.2, 0.1), strict=True)),
        evidence=evidence,
        gradcam={},
        threshold=0.5,
        band=(0.4, 0.6),
        model="resnet50 1.0.0",
        sha256="0" * 64,
        elapsed_ms=10.0,
    )


@pytest.fixture(autouse=True)
def network(monkeypatch):
    """Answer 0.9 for files of class ``yes``, 0.2 for others; refuse names with ``bad``."""
    asked: list[Path] = []

    def predict_files(classifier, paths, *, cancel, gate):
        for path in paths:
            if cancel():
                return
            asked.append(path)
            if "bad" in path.name:
                yield FileResult(path, "rejected", "bad.png is empty. Export it again.", None, None)
            else:
                outlined = classifier.release.outlines
                probability = 0.9 if path.parent.name == "yes" else 0.2
                answer = _prediction(probability, outlined=outlined)
                yield FileResult(path, "ok", None, answer, scan(40, 30))

    monkeypatch.setattr(module, "predict_files", predict_files)
    return asked


@pytest.fixture
def folder(tmp_path):
    for name in ("yes/1.png", "yes/2.png", "no/3.png", "no/bad.png"):
        path = tmp_path / "scans" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 40), 80).save(path)
    return tmp_path / "scans"


def test_every_image_has_a_row_in_the_order_of_the_dataset(folder, classifier):
    dataset = open_dataset(folder)
    outcome = evaluate(dataset, classifier)
    assert [r.name for r in outcome.rows] == [r.name for r in dataset.records]
    assert outcome.at_model_threshold.binary.counts.tolist() == [[1, 0], [0, 2]]
    assert [r.reason for r in outcome.refused] == ["bad.png is empty. Export it again."]
    assert outcome.fingerprint == dataset.fingerprint()
    assert outcome.model.title == "resnet50 1.0.0"
    assert outcome.versions["numpy"] == np.__version__


def test_a_type_that_is_not_named_is_no_error(folder, classifier, monkeypatch):
    record = Record(folder / "yes" / "1.png", "yes/1.png", "tumor", type="pituitary")
    dataset = Dataset(folder, (record,), "manifest")
    assert evaluate(dataset, classifier).rows[0].error(0.5) == "wrong type"

    def predict_files(classifier, paths, *, cancel, gate):
        for path in paths:
            answer = replace(_prediction(0.9), types_learned=False)
            yield FileResult(path, "ok", None, answer, scan(40, 30))

    monkeypatch.setattr(module, "predict_files", predict_files)
    outcome = evaluate(dataset, classifier)
    assert outcome.rows[0].error(0.5) is None and outcome.types is None


def test_progress_runs_from_nothing_to_all(folder, classifier):
    calls: list[tuple[int, int]] = []
    evaluate(open_dataset(folder), classifier, progress=lambda *call: calls.append(call))
    assert calls == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_cancelling_stops_soon_and_says_where(folder, classifier, network):
    with pytest.raises(Cancelled, match="2 of 4"):
        evaluate(open_dataset(folder), classifier, cancel=lambda: len(network) >= 2)
    assert len(network) == 2


def test_a_file_listed_twice_is_predicted_once(folder, classifier, network):
    record = Record(folder / "yes" / "1.png", "yes/1.png", "tumor")
    outcome = evaluate(Dataset(folder, (record, record), "manifest"), classifier)
    assert len(network) == 1
    assert len(outcome.rows) == 2


def test_unlabelled_images_are_predicted(tmp_path, classifier):
    Image.new("L", (30, 40), 80).save(tmp_path / "1.png")
    outcome = evaluate(open_dataset(tmp_path), classifier)
    assert not outcome.labelled
    assert outcome.rows[0].probability == 0.2


def _masked(folder: Path, mask: np.ndarray | bytes) -> Dataset:
    path = folder / "mask.png"
    if isinstance(mask, bytes):
        path.write_bytes(mask)
    else:
        Image.fromarray(mask).save(path)
    record = Record(folder / "yes" / "1.png", "yes/1.png", "tumor", mask=path)
    return Dataset(folder, (record,), "manifest")


def _disc(row: int, column: int, shape: tuple[int, int] = (40, 30)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[max(0, row - 6) : row + 6, max(0, column - 6) : column + 6] = True
    return mask


def test_a_peak_inside_the_mask_is_a_hit(folder, classifier):
    assert evaluate(_masked(folder, _disc(15, 19)), classifier).rows[0].hit is True


def test_a_peak_outside_the_mask_is_a_miss(folder, classifier):
    outcome = evaluate(_masked(folder, _disc(34, 4)), classifier)
    assert outcome.rows[0].hit is False
    assert outcome.hit_rate.value == 0.0


@pytest.mark.parametrize(
    ("mask", "problem"),
    [
        (_disc(5, 5, (20, 20)), "another size"),
        (np.zeros((40, 30), bool), "are empty"),
        (b"no picture", "cannot be read"),
    ],
)
def test_a_mask_that_does_not_fit_is_left_out_and_said(folder, classifier, mask, problem):
    outcome = evaluate(_masked(folder, mask), classifier)
    assert outcome.rows[0].hit is None
    assert problem in outcome.warnings[0]
    assert outcome.hit_rate.reason == "No image with a prediction has a tumour mask."


def test_the_first_masks_that_do_not_fit_are_named():
    problems = [("are empty", f"m{number}.png") for number in range(7)]
    assert mask_sentences([*problems, ("cannot be read", "x.png")]) == [
        "7 mask(s) are empty and are left out of all figures on masks: "
        "m0.png, m1.png, m2.png, m3.png, m4.png and 2 more.",
        "1 mask(s) cannot be read and are left out of all figures on masks: x.png.",
    ]


def test_outlines_are_compared_with_masks_and_with_tumor_free_slices(folder, classifier):
    classifier.release.outlines = True
    drawn = _prediction(0.9, outlined=True).mask()
    Image.fromarray(drawn).save(folder / "mask.png")
    shifted = np.roll(drawn, 2, axis=1)
    Image.fromarray(shifted).save(folder / "shifted.png")
    Image.fromarray(np.ones((40, 30), bool)).save(folder / "full.png")
    records = (
        Record(folder / "yes" / "1.png", "exact", "tumor", mask=folder / "mask.png"),
        Record(folder / "yes" / "2.png", "shifted", "tumor", mask=folder / "shifted.png"),
        Record(folder / "yes" / "1.png", "unmasked", "tumor"),
        Record(folder / "no" / "3.png", "free", "no_tumor"),
        Record(folder / "no" / "3.png", "missed", "tumor", mask=folder / "mask.png"),
        Record(folder / "no" / "3.png", "wrong", "no_tumor", mask=folder / "full.png"),
    )
    outcome = evaluate(Dataset(folder, records, "manifest"), classifier)
    exact, moved, unmasked, free, missed, wrong = (one.outline for one in outcome.rows)
    assert unmasked is None and wrong is None
    assert outcome.warnings == (
        "1 mask(s) show tumour on an image labelled tumour-free and are left out of all figures "
        "on masks: full.png.",
    )
    size = int(drawn.sum())
    assert (exact.dice, exact.hd95_px, exact.reference) == (1.0, 0.0, size)
    overlap = int((drawn & shifted).sum())
    assert moved.dice == 2 * overlap / (2 * size) and moved.hd95_px == 2.0
    # The answer is no tumor, so the outline that the network draws all the same is left out.
    assert (free.answer, free.raw_answer, free.false) == (0, size, 0)
    assert (missed.dice, missed.raw_dice, missed.found, missed.lesions) == (0.0, 1.0, 0, 1)
    assert outcome.outlines.overall.n_tumor == 3
    assert sorted(outcome.outline_pictures) == [0, 1, 4]
    kept = outcome.outline_pictures[1].masks()
    assert np.array_equal(kept[0], shifted) and np.array_equal(kept[1], drawn)


def test_a_model_folder_without_manifest_is_refused(folder, classifier):
    (classifier.release.folder / "manifest.json").unlink()
    with pytest.raises(ModelUnavailable, match=r"manifest\.json"):
        evaluate(open_dataset(folder), classifier)
