"""Synthetic slices are reproducible, marked, and show what their label says."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from brainscan.imaging.phantom import (
    Lesion,
    Phantom,
    phantom_png,
    phantom_slice,
)
from brainscan.imaging.phantom_anatomy import band_noise
from brainscan.imaging.reading import read_scan

LESIONS: tuple[Lesion, ...] = ("glioma", "meningioma", "pituitary")


def center(mask: np.ndarray) -> tuple[float, float]:
    """Return the centroid as fractions of height and width."""
    rows, cols = np.nonzero(mask)
    return float(rows.mean() / mask.shape[0]), float(cols.mean() / mask.shape[1])


@pytest.mark.parametrize("lesion", ["none", *LESIONS])
def test_shape_dtype_and_label(lesion: Lesion) -> None:
    phantom = phantom_slice(3, lesion=lesion, size=200)
    assert phantom.pixels.shape == phantom.mask.shape == (200, 200)
    assert (phantom.pixels.dtype, phantom.mask.dtype) == (np.uint8, bool)
    assert phantom.label == ("notumor" if lesion == "none" else lesion)
    assert phantom.mask.any() == (lesion != "none")
    assert phantom.seed == 3


def test_the_same_seed_draws_the_same_slice_in_another_process() -> None:
    command = (
        "import sys; from brainscan.imaging.phantom import phantom_slice;"
        "sys.stdout.buffer.write(phantom_slice(5, lesion='glioma', size=96).pixels.tobytes())"
    )
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True, cwd=root)
    assert run.stdout == phantom_slice(5, lesion="glioma", size=96).pixels.tobytes()


def test_other_seeds_draw_other_heads() -> None:
    first, second = phantom_slice(1).pixels, phantom_slice(2).pixels
    assert np.mean(np.abs(first.astype(int) - second)) > 5


@pytest.mark.parametrize("lesion", ["glioma", "meningioma"])
@pytest.mark.parametrize("seed", range(2))
def test_a_lesion_leaves_the_rest_of_the_head_alone(lesion: Lesion, seed: int) -> None:
    sick, well = phantom_slice(seed, lesion=lesion), phantom_slice(seed)
    changed = np.abs(sick.pixels.astype(int) - well.pixels) > 0
    reach = cv2.dilate(sick.mask.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=45) > 0
    assert changed[sick.mask].mean() > 0.5
    assert not changed[~reach].any()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("sequence", ["t1", "flair"])
def test_where_and_how_bright_each_lesion_is(seed: int, sequence: str) -> None:
    def contrast(phantom: Phantom) -> float:
        ring = cv2.dilate(phantom.mask.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=12)
        around = (ring > 0) & ~phantom.mask
        return float(np.median(phantom.pixels[phantom.mask]) - np.median(phantom.pixels[around]))

    drawn = {kind: phantom_slice(seed, lesion=kind, sequence=sequence) for kind in LESIONS}
    _, column = center(drawn["pituitary"].mask)
    assert abs(column - 0.5) < 0.03
    assert drawn["pituitary"].mask.mean() < 0.01
    assert min(contrast(drawn["meningioma"]), contrast(drawn["pituitary"])) > 30

    def roughness(phantom: Phantom) -> float:
        inside = cv2.erode(phantom.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        return float(phantom.pixels[inside].std())

    assert roughness(drawn["glioma"]) > 2 * roughness(drawn["meningioma"])


def test_the_background_is_dark_and_the_head_fills_the_frame() -> None:
    pixels = phantom_slice(0).pixels
    assert pixels[:8, :8].mean() < 12
    assert 0.35 < (pixels > 40).mean() < 0.75
    assert pixels.max() > 180


def test_png_says_synthetic_in_words_and_in_the_picture() -> None:
    phantom = phantom_slice(4, lesion="meningioma")
    data = phantom_png(phantom)
    with Image.open(io.BytesIO(data)) as image:
        text = image.text  # type: ignore[attr-defined]
    assert "SYNTHETIC" in text["Title"] and "SYNTHETIC" in text["Description"]
    scan = read_scan(data)
    changed = scan.pixels != phantom.pixels
    rows, cols = np.nonzero(changed)
    assert 50 < changed.sum() < 600
    assert rows.min() > 0.9 * 256 and cols.min() > 0.6 * 256


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="lesion must be one of"):
        phantom_slice(0, lesion="cyst")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="64 pixels or more"):
        phantom_slice(0, size=63)
    with pytest.raises(ValueError, match="zero or more"):
        phantom_slice(-1)


def test_band_noise_is_limited_to_its_wavelength() -> None:
    field = band_noise(np.random.default_rng(0), 0.2, octaves=0.2)
    assert abs(float(field.mean())) < 1e-3
    assert float(field.std()) == pytest.approx(1.0, abs=1e-3)
    power = np.abs(np.fft.rfft2(field)) ** 2
    cycles = np.hypot(np.fft.fftfreq(384)[:, None] * 384, np.fft.rfftfreq(384)[None, :] * 384)
    # The canvas is 2 wide, so a wavelength of 0.2 is 10 cycles across it.
    assert float((power * cycles).sum() / power.sum()) == pytest.approx(10.0, rel=0.1)
