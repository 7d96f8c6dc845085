"""A small synthetic dataset with planted faults, on which an audit can be tried and tested.

The slices are phantoms: drawings, marked ``SYNTHETIC``. The faults are those of the brain-MRI
sets published on the web: test images copied from training, some of them mirrored, cropped or
saved again; one picture with two labels; tumours from one source, tumour-free slices from another.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from brainscan.errors import Cancelled
from brainscan.imaging.phantom import Lesion, Phantom, phantom_png, phantom_slice

_TRAINING: tuple[tuple[Lesion, int], ...] = (
    ("glioma", 7),
    ("meningioma", 7),
    ("pituitary", 5),
    ("none", 19),
)
_FRESH: tuple[tuple[Lesion, int], ...] = (("glioma", 2), ("meningioma", 2), ("none", 4))
_SIZE = 208


@dataclass(frozen=True)
class Planted:
    """What was planted, in the words of :class:`brainscan.data.leaks.FoldTwins`.

    Attributes
    ----------
    images, pictures
        Files written, and different pictures among them.
    test
        Images of the test side.
    byte_identical, pixel_identical, near_plain, near
        How many of these have a copy in training.
    conflicts
        Pictures with two labels.
    """

    images: int
    pictures: int
    test: int
    byte_identical: int
    pixel_identical: int
    near_plain: int
    near: int
    conflicts: int


@dataclass(frozen=True)
class _File:
    """One line of the manifest and what it shows."""

    split: str
    label: str
    stem: str
    pixels: np.ndarray
    phantom: Phantom
    suffix: str

    @property
    def source(self) -> str:
        return "synthetic web" if self.phantom.label == "notumor" else "synthetic hospital"

    @property
    def name(self) -> str:
        return f"{self.split}/{self.label}/{self.stem}{self.suffix}"


def write_planted(
    folder: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Planted:
    """Write ``Training`` and ``Testing`` with class folders and a ``manifest.csv``.

    Parameters
    ----------
    folder
        Created when missing.
    progress
        Called with slices drawn and in all.
    cancel
        Asked before every slice.

    Raises
    ------
    Cancelled
        When ``cancel`` returned true.
    """
    wanted = [(split, lesion) for split, counts in (("Training", _TRAINING), ("Testing", _FRESH))
              for lesion, count in counts for _ in range(count)]  # fmt: skip
    originals: list[_File] = []
    for seed, (split, lesion) in enumerate(wanted):
        if cancel is not None and cancel():
            raise Cancelled("Drawing the synthetic set was stopped.")
        if progress is not None:
            progress(seed, len(wanted))
        originals.append(_original(split, seed, phantom_slice(seed, lesion=lesion, size=_SIZE)))
    if progress is not None:
        progress(len(wanted), len(wanted))
    training = [file for file in originals if file.split == "Training"]
    copies = _copies(training)
    conflict = replace(training[-1], label="glioma", stem="second-label")
    files = [*originals, *copies, conflict]
    for file in files:
        _write(folder, file)
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["file", "label", "source", "fold"])
        writer.writerows([file.name, file.label, file.source, file.split] for file in files)
    return Planted(
        images=len(files),
        pictures=len(originals),
        test=len(copies) + sum(count for _, count in _FRESH),
        byte_identical=3,
        pixel_identical=4,
        near_plain=6,
        near=len(copies),
        conflicts=1,
    )


def _original(split: str, seed: int, phantom: Phantom) -> _File:
    """Give a slice the margin and the format of its source."""
    if phantom.label == "notumor":
        pixels = _cropped(phantom.pixels, 0.08)
        return _File(split, phantom.label, f"slice-{seed:02d}", pixels, phantom, ".jpg")
    pixels = np.pad(phantom.pixels, 12)
    return _File(split, phantom.label, f"slice-{seed:02d}", pixels, phantom, ".png")


def _copies(training: list[_File]) -> list[_File]:
    """Copies of training slices for the test side, one fault after the other."""

    def copy(number: int, stem: str, pixels: np.ndarray, suffix: str | None = None) -> _File:
        file = training[number]
        return replace(
            file,
            split="Testing",
            stem=f"{stem}-{number:02d}",
            pixels=np.ascontiguousarray(pixels),
            suffix=suffix or file.suffix,
        )

    def of(number: int) -> np.ndarray:
        return training[number].pixels

    half = (150, 150)
    return [
        *(copy(number, "same-bytes", of(number)) for number in (0, 8, 22)),
        copy(1, "same-pixels", of(1), ".bmp"),
        copy(9, "saved-again", of(9), ".jpg"),
        copy(2, "smaller", cv2.resize(of(2), half, interpolation=cv2.INTER_AREA)),
        *(copy(number, "mirrored", of(number)[:, ::-1]) for number in (3, 24)),
        *(copy(number, "cropped", _cropped(of(number), 0.16)) for number in (4, 26)),
        copy(10, "mirrored-and-cropped", _cropped(of(10)[:, ::-1], 0.12)),
    ]


def _cropped(pixels: np.ndarray, share: float) -> np.ndarray:
    """Cut ``share`` of height and width away, half on either side."""
    top, left = (round(side * share / 2) for side in pixels.shape)
    height, width = pixels.shape
    return np.ascontiguousarray(pixels[top : height - top, left : width - left])


def _write(folder: Path, file: _File) -> None:
    path = folder / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    marked = phantom_png(replace(file.phantom, pixels=file.pixels))
    if file.suffix != ".png":
        pixels = cv2.imdecode(np.frombuffer(marked, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert pixels is not None  # we encoded it ourselves
        marked = cv2.imencode(file.suffix, pixels, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()
    path.write_bytes(marked)
