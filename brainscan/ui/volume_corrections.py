"""Outlines of volumes that readers corrected slice by slice, and what the canvas sends of them.

What the canvas sends is not trusted: it may be of another volume, of an outline that has changed
meanwhile, or no mask at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from brainscan.errors import InputRejected
from brainscan.imaging.correction import Correction, decode_mask
from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane
from brainscan.imaging.volume import Volume, from_displayed
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.ui.corrections import Receipt
from brainscan.ui.volume_viewer.outline import shown_slice
from brainscan.ui.volume_viewer.reducing import reduction

_KEPT_HERE = "Your strokes are still in the viewer."


@dataclass(frozen=True, eq=False)
class Shown:
    """The outline that the viewer shows, and that a reader therefore corrects.

    Attributes
    ----------
    volume
        The volume.
    plane
        Whose slices are edited.
    outline
        What stands for it; ``None``: nothing yet.
    digest
        Of the viewer's message.
    model
        Title of the release.
    """

    volume: Volume = field(repr=False)
    plane: Plane
    outline: VolumeOutline | None = field(repr=False)
    digest: str
    model: str

    @property
    def started(self) -> str:
        """Title of the release whose outline a reader starts from; empty where there is none."""
        if self.outline is None:
            return ""
        corrected = self.outline.correction
        return self.model if corrected is None else corrected.model


def keep(shown: Shown | None, sent: object) -> tuple[Receipt, Correction | None]:
    """Return what becomes of slices that a reader drew.

    Parameters
    ----------
    shown
        What the viewer shows; ``None``: no volume, or no answer.
    sent
        What the canvas sent: ``id``, ``volume`` (SHA-256), ``outline`` (digest of the message the
        strokes lie on), ``author``, and ``slices``, pairs of a slice on screen and its mask as
        text. Anything may stand there.

    Returns
    -------
    tuple of Receipt and Correction
        The correction is ``None`` where nothing can be kept; the receipt then has a sentence.
    """
    values: Mapping[str, Any] = sent if isinstance(sent, Mapping) else {}
    name, sha256 = str(values.get("id", "")), str(values.get("volume", ""))
    if shown is None or shown.volume.sha256 != sha256:
        problem = f"The outline was not kept: another scan is open now. {_KEPT_HERE}"
        return Receipt(name, sha256, problem), None
    if values.get("outline") != shown.digest:
        problem = (
            "The outline was not kept: another one has taken the place of the one you drew on. "
            f"{_KEPT_HERE} Look at them over the new outline and save again."
        )
        return Receipt(name, sha256, problem), None
    try:
        mask = _merged(shown, values.get("slices"))
    except InputRejected as rejection:
        return Receipt(name, sha256, str(rejection)), None
    typed = values.get("author", "")
    author = typed if isinstance(typed, str) else ""
    made = Correction.now(mask, author, shown.started)
    return Receipt(name, sha256, author=made.author if author.strip() else ""), made


def _merged(shown: Shown, slices: object) -> np.ndarray:
    """Return the whole mask with the slices drawn; what a reader left alone keeps every voxel.

    A voxel that the reader changed in a volume shown reduced stands for all those behind it.

    Raises
    ------
    InputRejected
        If the slices are none of this volume.
    """
    volume, outline = shown.volume, shown.outline
    mask = np.zeros(volume.shape, bool) if outline is None else outline.whole()
    by = reduction(volume.shape)
    axis = PLANE_OF_AXIS.index(shown.plane)
    across, down = (other for other in range(3) if other != axis)
    along = np.moveaxis(mask, axis, 0)
    for at, text in _pairs(slices):
        try:
            before = shown_slice(outline, volume, shown.plane, at)
        except IndexError as error:
            msg = f"The outline was not kept: {error} {_KEPT_HERE}"
            raise InputRejected(msg) from error
        drawn = from_displayed(decode_mask(text, (before.shape[1], before.shape[0])))
        changed, drawn = (
            one.repeat(by[across], axis=0).repeat(by[down], axis=1)[
                : volume.shape[across], : volume.shape[down]
            ]
            for one in (drawn != before, drawn)
        )
        for behind in along[at * by[axis] : (at + 1) * by[axis]]:
            behind[changed] = drawn[changed]
    return mask


def _pairs(slices: object) -> list[tuple[int, str]]:
    """Return slices as pairs of a number and a text, if that is what they are."""
    if not isinstance(slices, list | tuple) or not slices:
        raise InputRejected(f"The outline was not kept: it holds no slice. {_KEPT_HERE}")
    found = []
    for pair in slices:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise InputRejected(f"The outline was not kept: it is damaged. {_KEPT_HERE}")
        at, text = pair
        if isinstance(at, float) and at.is_integer():
            at = int(at)  # JSON knows one kind of number
        if not isinstance(at, int) or isinstance(at, bool) or not isinstance(text, str):
            raise InputRejected(f"The outline was not kept: it is damaged. {_KEPT_HERE}")
        found.append((at, text))
    return found
