"""Masks as labels for trainers: pictures of slices together with COCO or YOLO annotations.

A set is a folder, or a ZIP archive of one, that a trainer reads as it is: 8-bit pictures in
``images``, labels beside them, and a notice. Slices without tumor are in it too, as a detector
must see both. The pictures hold the slice's pixels only and no header; text that is burned into
a slice, and the shape of a face, stay visible.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from PIL import Image

from brainscan.imaging.orientation import PLANE_OF_AXIS
from brainscan.imaging.scan import Scan
from brainscan.imaging.voi import Voi
from brainscan.imaging.volume import Volume, as_displayed
from brainscan.imaging.windowing import Window, apply_window, full_window
from brainscan.inference.decision import Decision
from brainscan.inference.prediction import Prediction
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.outline import Outline

LABEL_KINDS: Mapping[str, str] = {"coco": "COCO labels", "yolo": "YOLO labels"}
"""The forms of labels and their names."""

PICTURES = "images"
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_TRIMMED = (0.5, 99.5)  # percent: brightness beyond is cut where the file has no window


@dataclass(frozen=True, eq=False)
class LabeledSlice:
    """A slice as a trainer gets it.

    Attributes
    ----------
    name
        Of the picture without suffix; it may name folders. No two of a set have the same.
    picture
        ``(height, width)`` uint8.
    outline
        Of the slice.
    sha256
        Of the scan.
    decision
        What the model said of slice or volume.
    of_scan
        Whether that is said of the whole scan, and not of this slice.
    type
        Most probable tumor type, ``None`` where none is named.
    spacing
        Millimeters between rows and between columns; ``None`` where the file does not tell.
    """

    name: str
    picture: np.ndarray = field(repr=False)
    outline: Outline
    sha256: str
    decision: Decision
    type: str | None
    spacing: tuple[float, float] | None
    of_scan: bool = False

    @classmethod
    def of(cls, scan: Scan, prediction: Prediction, outline: Outline, name: str) -> LabeledSlice:
        """Return a single slice."""
        return cls(
            name=name,
            picture=_eight_bits(scan, scan.windows[0] if scan.windows else None),
            outline=outline,
            sha256=scan.sha256,
            decision=prediction.decision,
            type=prediction.type,
            spacing=scan.spacing,
        )

    def png(self) -> bytes:
        """Return the picture."""
        buffer = io.BytesIO()
        Image.fromarray(self.picture).save(buffer, format="PNG")
        return buffer.getvalue()


def labeled_slices(
    volume: Volume, prediction: VolumePrediction, outline: Outline, name: str
) -> Iterator[LabeledSlice]:
    """Yield the slices of a volume that the model read or in which the mask has a voxel.

    Parameters
    ----------
    volume, prediction
        What was read, and the answer.
    outline
        Of the volume.
    name
        Begins the names of the pictures; plane and number of the slice, from 1, follow.
    """
    axis = PLANE_OF_AXIS.index(prediction.plane)
    # Slices that a reader left as the model outlined them are no work of the reader.
    corrected = outline.by == "person" and outline.model == prediction.model
    own = prediction.mask_volume(volume) if corrected else None
    window = volume.windows[0] if volume.windows else volume.window()
    digits = len(str(volume.depth(prediction.plane)))
    for one in prediction.slices:
        mask = np.ascontiguousarray(as_displayed(np.take(outline.mask, one.index, axis=axis)))
        if one.state != "scored" and not mask.any():
            continue
        scan = volume.to_scan(prediction.plane, one.index)
        whose = outline
        if own is not None:
            before = as_displayed(np.take(own, one.index, axis=axis))
            if np.array_equal(before, mask):
                whose = Outline.drawn(mask, prediction.model)
        yield LabeledSlice(
            name=f"{name}-{prediction.plane}-{one.index + 1:0{digits}d}",
            picture=_eight_bits(scan, window),
            outline=whose.placed(mask),
            sha256=volume.sha256,
            decision=prediction.decision,
            type=prediction.type,
            spacing=scan.spacing,
            of_scan=True,
        )


class LabelSet(Protocol):
    """Takes slices one by one; what it returns are files by their path in the set."""

    def add(self, one: LabeledSlice) -> dict[str, bytes]:
        """Take a slice and return the files that are complete with it."""

    def finish(self) -> dict[str, bytes]:
        """Return the files that are complete only with the last slice."""


def new_label_set(kind: str) -> LabelSet:
    """Return an empty set.

    Raises
    ------
    ValueError
        If there is no such kind.
    """
    from brainscan.reporting.labels_coco import CocoLabels
    from brainscan.reporting.labels_yolo import YoloLabels

    if kind not in LABEL_KINDS:
        msg = f"kind must be one of {', '.join(LABEL_KINDS)}, got {kind!r}."
        raise ValueError(msg)
    return CocoLabels() if kind == "coco" else YoloLabels()


def labels_zip(kind: str, slices: Iterable[LabeledSlice]) -> bytes:
    """Return a set of slices as a ZIP archive.

    Raises
    ------
    ValueError
        If there is no such kind, or two slices have one name.
    """
    buffer = io.BytesIO()
    labels = new_label_set(kind)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:

        def write(files: Mapping[str, bytes]) -> None:
            for path, data in files.items():
                if path in archive.NameToInfo:
                    msg = f"Two slices are named {path}."
                    raise ValueError(msg)
                archive.writestr(zipfile.ZipInfo(path, _FIXED_DATE), data, zipfile.ZIP_DEFLATED)

        for one in slices:
            write(labels.add(one))
        write(labels.finish())
        write({"NOTICE.txt": f"{RESEARCH_USE}\n".encode()})
    return buffer.getvalue()


def _eight_bits(scan: Scan, window: Window | Voi | None) -> np.ndarray:
    """Return a slice as a trainer's picture: uint8 as it is, other values through a window."""
    if scan.pixels.dtype == np.uint8 and window is None:
        return scan.pixels
    if isinstance(window, Voi):
        shown = window.apply(scan.pixels)
    else:
        shown = apply_window(scan.pixels, window or _trimmed(scan.pixels))
    return np.rint(shown * 255).astype(np.uint8)


def _trimmed(pixels: np.ndarray) -> Window:
    low, high = (float(value) for value in np.percentile(pixels, _TRIMMED))
    return (high - low, (low + high) / 2) if high - low > 1 else full_window(pixels)
