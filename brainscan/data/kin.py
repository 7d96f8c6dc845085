"""Images that must not be parted: of one patient, or so alike that one gives the other away."""

from __future__ import annotations

from collections.abc import Callable

from brainscan.data.dataset import Dataset
from brainscan.data.links import link, united
from brainscan.data.survey import survey


def kin_of(dataset: Dataset, progress: Callable[[int, int], None] | None = None) -> dict[str, str]:
    """Name the kin of every readable image, as an audit joins them.

    Near-duplicates (mirrored, cropped and turned ones too) and the images of a given group, such
    as a patient, are kin, directly or over others. Slices without a named patient are so kept with
    the neighbouring slices of their scan, as far as those look alike.

    Parameters
    ----------
    dataset
        Images, no volumes.
    progress
        Called with steps done and in all: reading the files, then comparing them.

    Returns
    -------
    dict
        Name of the record to name of its kin; files that cannot be read are not in it.
    """
    count = len(dataset.records)

    def reading(done: int, total: int) -> None:
        if progress is not None:
            progress(done, 2 * count)

    def comparing(done: int, total: int) -> None:
        if progress is not None:
            progress(count + done * count // max(total, 1), 2 * count)

    seen = survey(dataset, reading)
    links = link(seen, progress=comparing)
    joined = united(links.groups, [image.record.group for image in seen.images])
    return {
        image.record.name: f"kin {number}"
        for image, number in zip(seen.images, joined.tolist(), strict=True)
    }
