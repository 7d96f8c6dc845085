"""Read one DICOM file as a single slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from brainscan.imaging.decoding import COLOR_WARNING
from brainscan.imaging.dicom.frames import Frame
from brainscan.imaging.dicom.image import (
    BURNED_IN_WARNING,
    DicomImage,
    load_image,
    read_image,
    refuse_modality,
)
from brainscan.imaging.dicom.modality import judge
from brainscan.imaging.dicom.pixels import without_padding
from brainscan.imaging.dicom.protocol import guess_sequence
from brainscan.imaging.dicom.stack import why_no_volume
from brainscan.imaging.instance import Instance
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits
from brainscan.imaging.orientation import LPS_TO_RAS, Letters, edge_letters
from brainscan.imaging.scan import Scan
from brainscan.imaging.source import Source, open_source


def read_dicom_scan(
    source: str | Path | bytes | Source,
    *,
    name: str | None = None,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> Scan:
    """Read a DICOM file as one slice; of a file with several frames the middle one.

    Parameters
    ----------
    source
        A path, the bytes of a file, or a :class:`Source`.
    name
        Name for display; by default that of the file.
    limits
        Largest file and largest and smallest image to accept.

    Returns
    -------
    Scan
        ``pixels`` are float32 modality values (rescale slope and intercept or modality LUT
        applied), large for bright also where the file stores MONOCHROME1, padding black; on the
        file's own grid, whose ``letters`` say how the patient lies in it. No window is applied;
        ``windows`` are those of the file.

    Raises
    ------
    InputRejected
        If it is no MR image or cannot be read; the sentence names no patient.
    """
    image = read_image(open_source(source, name, limits.max_volume_bytes), limits)
    require_mr(image)
    frame = image.frames[len(image.frames) // 2]
    loaded = load_image(image, limits)
    values, total, colored = loaded.values(frame)
    pixels = np.ascontiguousarray(without_padding(values))
    pixels.setflags(write=False)
    return Scan(
        pixels=pixels,
        name=image.source.name,
        sha256=loaded.sha256,
        format="DICOM",
        mode=f"{image.layout.photometric};{image.layout.bits_stored}",
        warnings=(*_warnings(image, frame, colored), *loaded.warnings),
        letters=_letters(frame),
        spacing=frame.spacing,
        windows=loaded.windows(frame, total),
        sequence=guess_sequence(image.protocol),
        instance=instance_of(image, frame),
        identity=image.identity,
        burned_in=image.burned_in,
    )


def require_mr(image: DicomImage) -> None:
    """Refuse what is not an MR image.

    Raises
    ------
    InputRejected
        If the modality is another one; unstated ones pass, as secondary captures state none.
    """
    if judge(image.modality) == "other":
        refuse_modality(image.source.name, image.modality)


def unsaid_warning(stated: str) -> str:
    """Return the sentence for an image whose modality tells nothing."""
    what = f"its modality is {stated}" if stated else "it states no modality"
    return f"The file does not say that it is an MR image ({what}): check that it is one."


def frames_words(image: DicomImage) -> str:
    """Return how many frames an image holds, in words."""
    return f"{len(image.frames)} {'slices in a mosaic' if image.mosaic else 'frames'}"


def instance_of(image: DicomImage, frame: Frame) -> Instance:
    """Return what a result needs to refer to a slice."""
    return Instance(
        sop_instance_uid=image.sop_instance_uid,
        sop_class_uid=image.sop_class_uid,
        frame=frame.index + 1,
        source=image.source,
        position=frame.position,
    )


def _letters(frame: Frame) -> Letters | None:
    if frame.orientation is None:
        return None
    to_ras = LPS_TO_RAS[:3, :3]
    return edge_letters(
        to_ras @ np.array(frame.orientation[:3]), to_ras @ np.array(frame.orientation[3:])
    )


def _warnings(image: DicomImage, frame: Frame, colored: bool) -> tuple[str, ...]:
    found: list[str] = []
    if len(image.frames) > 1:
        place = image.frames.index(frame) + 1
        rest = why_no_volume(image) or "Open it on the Volume page to read all."
        found.append(
            f"The file holds {frames_words(image)}; only number {place}, the middle one, is read. "
            f"{rest}"
        )
    if image.flaw:
        found.append(f"{image.flaw}. It is read as one picture.")
    if judge(image.modality) == "unsaid":
        found.append(unsaid_warning(image.modality))
    if frame.spacing is None:
        found.append(
            "The file states no pixel spacing: pixels are taken for square, and nothing "
            "can be measured in millimetres."
        )
    if frame.orientation is None:
        found.append(
            "The file does not say how the patient lies in the image: left and right are unknown."
        )
    if colored:
        found.append(COLOR_WARNING)
    if image.burned_in:
        found.append(BURNED_IN_WARNING)
    return tuple(found)
