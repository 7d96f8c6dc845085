"""Labelled synthetic scans for the tests of the Evaluate page."""

from __future__ import annotations

from pathlib import Path

from brainscan.imaging.phantom import Lesion, phantom_png, phantom_slice
from tests.evaluation.volume_stub import write_volume
from tests.imaging.patient import classic_series

_LABELS: tuple[tuple[str, Lesion], ...] = (
    ("glioma", "glioma"),
    ("meningioma", "meningioma"),
    ("pituitary", "pituitary"),
    ("notumor", "none"),
)


def labelled_scans(root: Path) -> Path:
    """Write sixteen slices in class folders, and a text that is called a picture."""
    for folder, lesion in _LABELS:
        (root / folder).mkdir(parents=True)
        for seed in range(4):
            data = phantom_png(phantom_slice(seed, lesion=lesion))
            (root / folder / f"{seed}.png").write_bytes(data)
    (root / "notumor" / "broken.png").write_text("no picture", encoding="utf-8")
    return root


def labelled_volumes(root: Path) -> Path:
    """Write a NIfTI volume and a DICOM series without suffixes in class folders, and two images."""
    write_volume(root / "yes" / "a.nii.gz")
    classic_series(root / "no" / "series")
    for folder, lesion in (("yes", "glioma"), ("no", "none")):
        picture = phantom_png(phantom_slice(3, lesion=lesion))  # type: ignore[arg-type]
        (root / folder / "1.png").write_bytes(picture)
    return root
