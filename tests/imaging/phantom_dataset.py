"""Class folders of synthetic slices, as training and evaluation read them."""

from __future__ import annotations

from pathlib import Path

from brainscan.imaging.phantom import Lesion, phantom_png, phantom_slice

_CLASS_FOLDERS: dict[str, Lesion] = {
    "glioma": "glioma",
    "meningioma": "meningioma",
    "notumor": "none",
    "pituitary": "pituitary",
}


def write_phantom_dataset(
    folder: Path, per_class: int, seed: int = 0, *, size: int = 256
) -> list[Path]:
    """Write class folders of synthetic slices.

    Parameters
    ----------
    folder
        Created when missing; gets ``glioma/``, ``meningioma/``, ``notumor/``, ``pituitary/``.
    per_class
        Number of slices in each class folder.
    seed
        First seed; every slice of the dataset has its own.
    size
        Side of each slice in pixels.

    Returns
    -------
    list of Path
        The files written, in order.
    """
    written: list[Path] = []
    for position, (label, lesion) in enumerate(_CLASS_FOLDERS.items()):
        target = folder / label
        target.mkdir(parents=True, exist_ok=True)
        for index in range(per_class):
            own_seed = seed + position * per_class + index
            phantom = phantom_slice(own_seed, lesion=lesion, size=size)
            path = target / f"{label}-{own_seed:04d}.png"
            path.write_bytes(phantom_png(phantom))
            written.append(path)
    return written
