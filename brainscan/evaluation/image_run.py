"""One image of a dataset: what the model said of it beside its label and its mask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, UnidentifiedImageError

from brainscan.data.record import Record
from brainscan.evaluation.outline_match import OutlineMatch
from brainscan.evaluation.outline_pictures import OutlinePicture
from brainscan.evaluation.rows import ImageRow
from brainscan.imaging.head import head_area
from brainscan.imaging.scan import Scan
from brainscan.inference.batch import FileResult
from brainscan.inference.prediction import Prediction

_MOST_NAMED = 5


@dataclass(frozen=True, eq=False)
class ImageAnswer:
    """What became of one image; drop it soon, it holds pixels.

    Attributes
    ----------
    row
        Its line.
    problem
        What is wrong with its mask, as the end of a sentence; ``None`` when nothing is.
    reference, answer
        ``(rows, columns)`` bool, the expert's mask and the model's; ``None`` unless compared.
    """

    row: ImageRow
    problem: str | None = None
    scan: Scan | None = field(default=None, repr=False)
    reference: np.ndarray | None = field(default=None, repr=False)
    answer: np.ndarray | None = field(default=None, repr=False)

    def picture(self) -> OutlinePicture:
        """Return both outlines on the slice."""
        assert self.scan is not None and self.reference is not None and self.answer is not None
        return OutlinePicture.encode(self.scan, self.reference, self.answer)


def compare_image(record: Record, outcome: FileResult) -> ImageAnswer:
    """Join what is known of an image with what the model said.

    The evidence of a tumor image is compared with its mask, and the outline of any image, for a
    release that outlines tumors, with its mask or, where the image is labelled tumor-free, with
    no tumor at all.
    """
    prediction, scan = outcome.prediction, outcome.scan
    if prediction is None or scan is None:
        status = "error" if outcome.status == "ok" else outcome.status
        reason = outcome.reason or "The file could not be processed."
        return ImageAnswer(ImageRow.of(record, status=status, reason=reason))
    mask, problem = _mask(record, prediction.evidence.on_slice().shape)
    answer = prediction.mask()
    compared = mask is not None and answer is not None
    row = ImageRow.of(
        record,
        status="ok",
        probability=float(prediction.tumor_probability),
        decision=prediction.decision,
        types=tuple((name, float(p)) for name, p in prediction.type_probabilities.items()),
        peak=float(prediction.evidence.grid.max()),
        hit=_hit(prediction, mask) if record.label == "tumor" and mask is not None else None,
        sha256=prediction.sha256,
        elapsed_ms=float(prediction.elapsed_ms),
        gate_refused=prediction.refusal is not None,
        types_learned=prediction.types_learned,
        outline=_match(prediction, scan, mask) if mask is not None and compared else None,
    )
    kept = (scan, mask, answer) if compared else (None, None, None)
    return ImageAnswer(row, problem, *kept)


def _match(prediction: Prediction, scan: Scan, mask: np.ndarray) -> OutlineMatch | None:
    answer, drawn = prediction.mask(), prediction.segmentation
    assert answer is not None and drawn is not None
    return OutlineMatch.of(mask, answer, drawn.mask, scan.spacing, head_area(scan.pixels))


def _mask(record: Record, shape: tuple[int, ...]) -> tuple[np.ndarray | None, str | None]:
    """Return where an image shows tumor, as far as is known, and what is wrong with its mask."""
    free = record.label == "no_tumor"
    if record.mask is None:
        return (np.zeros(shape, bool) if free else None), None
    try:
        with Image.open(record.mask) as picture:
            mask = np.asarray(picture.convert("L")) > 0
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None, "cannot be read"
    if mask.shape != shape:
        return None, "have another size than their image"
    if not mask.any() and record.label == "tumor":
        return None, "are empty"
    if mask.any() and free:
        return None, "show tumour on an image labelled tumour-free"
    return mask, None


def _hit(prediction: Prediction, mask: np.ndarray) -> bool:
    """Return whether the evidence peaks inside the mask."""
    heat = prediction.evidence.on_slice()
    return bool(heat.max() > 0 and mask.flat[int(np.argmax(heat))])


def mask_sentences(problems: Iterable[tuple[str, str]]) -> list[str]:
    """Turn the problems met with masks into one sentence each kind.

    Parameters
    ----------
    problems
        What is wrong with a mask, as the end of a sentence, and the name of its file.
    """
    found: dict[str, list[str]] = {}
    for kind, name in problems:
        found.setdefault(kind, []).append(name)
    return [
        f"{len(names)} mask(s) {kind} and are left out of all figures on masks: {_first(names)}."
        for kind, names in sorted(found.items())
    ]


def _first(names: Sequence[str]) -> str:
    """Return the first few names, and how many there are beside them."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
