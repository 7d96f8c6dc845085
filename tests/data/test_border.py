"""What the rim and the file give away, on images that leak and images that do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from brainscan.data.border import _auroc, border_figures
from brainscan.data.dataset import Record
from brainscan.data.rim import RIM_LENGTH, file_features, rim_features
from brainscan.data.survey import ImageFacts

_N = 80


def _images(labels: list[str], source: str = "here") -> list[ImageFacts]:
    rng = np.random.default_rng(0)
    return [
        ImageFacts(
            record=Record(Path(f"{k}.png"), f"{k}.png", label, source=source),  # type: ignore[arg-type]
            bytes=int(rng.integers(5_000, 9_000)),
            sha256="",
            pixels_sha256="",
            format="PNG",
            mode="L",
            width=200,
            height=200,
        )
        for k, label in enumerate(labels)
    ]


def _rim(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(_N, RIM_LENGTH)).astype(np.float32)


LABELS = ["tumor", "no_tumor"] * (_N // 2)


def test_rim_features_see_the_rim_only() -> None:
    pixels = np.full((100, 100), 200, np.uint8)
    pixels[:2] = 0  # top rim: two pixels at 2 %
    pixels[-2:, :50] = 100
    features = rim_features(pixels).reshape(4, 17)
    np.testing.assert_allclose(features[0], 0.0)
    assert features[1, 0] == pytest.approx(100 / 255)
    assert features[1, 15] == pytest.approx(200 / 255)
    assert features[1, 16] == pytest.approx(50 / 255)  # half the line at either level
    changed = pixels.copy()
    changed[10:90, 10:90] = 17
    np.testing.assert_array_equal(rim_features(changed), rim_features(pixels))


@pytest.mark.parametrize("shape", [(16, 16), (16, 300), (5, 3)])
def test_rim_features_of_small_slices_are_finite(shape: tuple[int, int]) -> None:
    features = rim_features(np.ones(shape, np.float32))
    assert features.shape == (RIM_LENGTH,)
    assert np.isfinite(features).all()


def test_rim_features_do_not_depend_on_depth() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (60, 50)).astype(np.uint8)
    deep = pixels.astype(np.uint16) * 257
    np.testing.assert_allclose(rim_features(pixels), rim_features(deep), atol=1e-6)


def test_file_features_by_hand() -> None:
    first, second = _images(["tumor", "no_tumor"])
    first = replace(first, bytes=100, width=20, height=10)
    second = replace(second, bytes=400, mode="RGB", format="JPEG")
    features = file_features([first, second])
    # log bytes, log pixels, log bytes a pixel, log aspect, JPEG, PNG, L, RGB
    expected = [np.log(100), np.log(200), np.log(0.5), np.log(2), 0, 1, 1, 0]
    np.testing.assert_allclose(features[0], expected, rtol=1e-6)
    np.testing.assert_array_equal(features[1, 4:], [1, 0, 0, 1])


def test_a_leaking_rim_is_found_and_the_file_is_cleared() -> None:
    rim = _rim()
    rim[::2, :16] += 4
    figures = {f.uses: f for f in border_figures(_images(LABELS), rim, np.arange(_N))}
    assert set(figures) == {"rim", "file", "rim and file"}
    leaking = figures["rim"]
    assert leaking.accuracy > 0.95 and leaking.auroc is not None and leaking.auroc > 0.98
    assert (leaking.n, leaking.groups, leaking.classes) == (_N, _N, ("no_tumor", "tumor"))
    assert (leaking.chance_accuracy, leaking.chance_balanced_accuracy) == (0.5, 0.5)
    assert leaking.auroc_interval is not None
    assert leaking.auroc_interval[0] <= leaking.auroc <= leaking.auroc_interval[1]
    clear = figures["file"].auroc
    assert clear is not None and 0.3 < clear < 0.7


def test_a_leaking_file_size_is_found() -> None:
    images = [
        replace(image, bytes=image.bytes * (3 if image.record.label == "tumor" else 1))
        for image in _images(LABELS)
    ]
    figures = {f.uses: f for f in border_figures(images, _rim(), np.arange(_N))}
    auroc = figures["file"].auroc
    assert auroc is not None and auroc > 0.99


def test_copies_do_not_help_because_groups_are_held_out() -> None:
    # Four copies of each random rim: a split through the copies would be right every time.
    rim = np.repeat(_rim()[: _N // 4], 4, axis=0)
    labels = list(np.repeat(["tumor", "no_tumor"] * (_N // 8), 4))
    groups = np.repeat(np.arange(_N // 4), 4)
    figures = {f.uses: f for f in border_figures(_images(labels), rim, groups)}
    assert figures["rim"].accuracy < 0.75
    assert figures["rim"].groups == _N // 4


def test_sources_are_questions_of_their_own() -> None:
    images = _images(LABELS)
    images = [
        replace(i, record=replace(i.record, source="east" if k < _N // 2 else "west"))
        for k, i in enumerate(images)
    ]
    figures = border_figures(images, _rim(), np.arange(_N))
    asked = {(f.predicts, f.within, f.n) for f in figures}
    assert asked == {
        ("tumor", None, 80),
        ("source", None, 80),
        ("tumor", "east", 40),
        ("tumor", "west", 40),
    }


def test_questions_without_enough_images_or_groups_are_not_asked() -> None:
    one_class = _images(["tumor"] * _N)
    few = _images(["tumor"] * (_N - 19) + ["no_tumor"] * 19)
    assert border_figures(one_class, _rim(), np.arange(_N)) == ()
    assert border_figures(few, _rim(), np.arange(_N)) == ()
    by_class = np.array([label == "tumor" for label in LABELS]).astype(int)
    assert border_figures(_images(LABELS), _rim(), by_class) == ()
    assert border_figures([], np.zeros((0, 0), np.float32), np.zeros(0, np.int64)) == ()


def test_five_groups_a_class_are_enough_and_four_are_not() -> None:
    figures = border_figures(_images(LABELS), _rim(), np.arange(_N) % 10)
    assert {f.groups for f in figures} == {10}
    assert border_figures(_images(LABELS), _rim(), np.arange(_N) % 8) == ()


def test_auroc_equals_scikit_learn_with_ties() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 200)
    score = np.round(rng.normal(size=200) + truth, 1)
    assert _auroc(truth, score) == pytest.approx(roc_auc_score(truth, score), abs=1e-12)
    assert np.isnan(_auroc(np.ones(3, int), np.arange(3.0)))
