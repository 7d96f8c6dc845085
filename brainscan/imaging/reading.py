"""Read one file as a scan, or say in a sentence why not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image

from brainscan.errors import FileUnreadable, InputRejected
from brainscan.imaging.decoding import UnsupportedPixels, decode
from brainscan.imaging.formats import HEAD_BYTES, READABLE, Format, sniff
from brainscan.imaging.gray import upright
from brainscan.imaging.headers import (
    HEADER_ERRORS,
    EndsEarly,
    lacks_pixels,
    open_lazily,
    orientation,
    read_header,
)
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits, human_bytes
from brainscan.imaging.scan import Scan
from brainscan.imaging.source import Source

_SUPPORTED = "PNG, JPEG, TIFF, BMP, WebP or DICOM"

_REFUSALS: dict[Format, str] = {
    Format.EMPTY: "is empty (0 bytes). Copy or export the image again.",
    Format.GIF: (
        "is a GIF, a format with 256 colours at most that is not read as a scan. "
        "Export the original slice as PNG."
    ),
    Format.NIFTI: (
        "is a NIfTI volume, which holds many slices. Open it on the Volume page, or export the "
        "slice as PNG from your viewer."
    ),
    Format.ZIP: (
        "is a ZIP archive (or an office document). "
        "Unpack it and open the images inside, or drop it on the Diagnose or Evaluate page."
    ),
    Format.PDF: "is a PDF document. Export the image in it as PNG.",
    Format.GZIP: "is a gzip archive without a NIfTI volume inside. Unpack it first.",
    Format.HEIF: f"is a HEIF or AVIF picture. Export it as {_SUPPORTED}.",
    Format.JPEG2000: f"is a JPEG 2000 picture. Export it as {_SUPPORTED}.",
    Format.TEXT: f"contains text, not an image. Choose a {_SUPPORTED} file.",
    Format.UNKNOWN: (
        f"is not in a format that is known here, or it is damaged. Choose a {_SUPPORTED} file."
    ),
}
_ENDS_EARLY = "ends early: part of the picture is missing. Copy or export it again."


def read_scan(
    source: str | Path | bytes, *, name: str | None = None, limits: ReadLimits = DEFAULT_LIMITS
) -> Scan:
    """Read a PNG, JPEG, TIFF, BMP or WebP picture or a DICOM image as a scan of one channel.

    DICOM is read by :func:`brainscan.imaging.dicom.read_dicom_scan`; of a file with several
    frames the middle one. The following is about pictures.

    The format is judged by the bytes, never by the suffix. EXIF rotation is applied, colour
    reduced to luma (:func:`brainscan.imaging.gray.luma`), transparency laid over black. The
    size is checked against the limits before anything is decoded.

    Parameters
    ----------
    source
        A path, or the bytes of a file.
    name
        Name for display; by default the file name of the path, or ``"unnamed"`` for bytes.
    limits
        Largest file and largest and smallest picture to accept.

    Returns
    -------
    Scan
        ``pixels`` is uint8 for up to 8 bits a sample, uint16 for 9 to 16 bits, otherwise
        float32; values are those of the file, never stretched. 1-bit pictures become 0 and
        255.

    Raises
    ------
    InputRejected
        If the file cannot be read as a scan; the message says why and what to do.
    """
    path: Path | None = None
    if isinstance(source, bytes):
        shown = _basename(name) if name else "unnamed"
        who = shown if name else "The file"
        if len(source) > limits.max_bytes:
            _refuse_bytes(who, len(source), limits)
        data = source
    else:
        path = Path(source)
        shown = who = _basename(name) if name else path.name
        data = _load(path, who, limits)
    kind = sniff(data[:HEAD_BYTES])
    if kind is Format.DICOM:
        return _read_dicom(data, who, shown, path, limits)
    if kind not in READABLE:
        raise InputRejected(f"{who} {_REFUSALS[kind]}")
    pixels, mode, warnings = _decode_checked(data, kind, who, limits)
    pixels.setflags(write=False)
    digest = hashlib.sha256(data).hexdigest()
    return Scan(pixels, shown, digest, kind.value, mode, tuple(warnings))


def _read_dicom(data: bytes, who: str, shown: str, path: Path | None, limits: ReadLimits) -> Scan:
    from brainscan.imaging.dicom.scan import read_dicom_scan  # pictures do without pydicom

    # A source on disk is opened again; only an upload keeps its bytes.
    source = (
        Source(who, path, len(data), lambda: path.open("rb"))
        if path
        else Source.of_bytes(data, who)
    )
    return replace(read_dicom_scan(source, limits=limits), name=shown)


def _basename(name: str) -> str:
    return name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] or "unnamed"


def _load(path: Path, who: str, limits: ReadLimits) -> bytes:
    try:
        if path.is_dir():
            raise InputRejected(f"{who} is a folder. Choose a single image file.")
        if not path.exists():
            raise FileUnreadable(f"{who} does not exist at {path}. Check the path.")
        if not path.is_file():
            raise InputRejected(f"{who} is a device or pipe. Choose an ordinary image file.")
        size = path.stat().st_size
        if size > limits.max_bytes:
            _refuse_bytes(who, size, limits)
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileUnreadable(
            f"{who} cannot be opened ({reason}). Check the path and its permissions."
        ) from error


def _decode_checked(
    data: bytes, kind: Format, who: str, limits: ReadLimits
) -> tuple[np.ndarray, str, list[str]]:
    """Decode the picture, turning whatever is wrong with it into an ``InputRejected``."""
    extra: list[str] = []
    try:
        header = read_header(data, kind)
        if header is not None:
            _check_size(who, header.width, header.height, limits)
            if lacks_pixels(header, data, kind):
                raise EndsEarly
        image: Image.Image | None = None
        turn = 1
        try:
            image = open_lazily(data, kind)
        except SyntaxError:
            # Pillow knows no 64-bit TIFF and no floating-point colour; OpenCV does.
            if kind is not Format.TIFF or header is None or not header.deep:
                raise
        if image is not None:
            _check_size(who, image.width, image.height, limits)
            frames = int(getattr(image, "n_frames", 1))
            if frames > 1:
                _refuse_frames(who, kind, frames)
            try:
                turn = orientation(image, data, kind)
            except HEADER_ERRORS:
                extra.append("The EXIF block is damaged; the image is shown as stored.")
        pixels, mode, warnings = decode(image, data, kind, header)
    except EndsEarly as error:
        raise InputRejected(f"{who} {_ENDS_EARLY}") from error
    except UnsupportedPixels as error:
        raise InputRejected(
            f"{who} is a {kind.value} file with {error}, which is not supported. "
            "Export it as 8-bit or 16-bit grey PNG."
        ) from error
    except MemoryError as error:
        raise InputRejected(
            f"{who} needs more memory than this machine has free. Export it at a smaller size."
        ) from error
    except HEADER_ERRORS as error:
        _refuse_damaged(who, kind, data, error)
    _check_values(who, pixels)
    return upright(pixels, turn), mode, warnings + extra


def _check_size(who: str, width: int, height: int, limits: ReadLimits) -> None:
    if width * height > limits.max_pixels:
        raise InputRejected(
            f"{who} is {width:,} x {height:,} pixels ({width * height / 1e6:,.0f} million); the "
            f"limit is {limits.max_pixels / 1e6:,.0f} million. Export it at a smaller size."
        )
    if min(width, height) < limits.min_side:
        raise InputRejected(
            f"{who} is only {width} x {height} pixels; a slice must be at least "
            f"{limits.min_side} pixels on each side. Export it at full resolution."
        )


def _check_values(who: str, pixels: np.ndarray) -> None:
    if pixels.dtype != np.float32:
        return
    bad = pixels.size - int(np.isfinite(pixels).sum())
    if bad:
        raise InputRejected(
            f"{who} has {bad:,} of {pixels.size:,} pixels that are not finite numbers (NaN or "
            "infinity). Replace them in the program that wrote the file and export it again."
        )


def _refuse_bytes(who: str, size: int, limits: ReadLimits) -> NoReturn:
    raise InputRejected(
        f"{who} is {human_bytes(size)} large; the limit is {human_bytes(limits.max_bytes)}. "
        "Export a single slice."
    )


def _refuse_frames(who: str, kind: Format, frames: int) -> NoReturn:
    noun = "pages" if kind is Format.TIFF else "animation frames"
    raise InputRejected(
        f"{who} has {frames} {noun}; one slice is read at a time. Export the slice as PNG."
    )


def _refuse_damaged(who: str, kind: Format, data: bytes, error: BaseException) -> NoReturn:
    text = str(error).lower()
    jpeg_without_end = kind is Format.JPEG and b"\xff\xd9" not in data[-65536:]
    if "truncated" in text or isinstance(error, EOFError) or jpeg_without_end:
        raise InputRejected(f"{who} {_ENDS_EARLY}") from error
    raise InputRejected(
        f"{who} looks like a {kind.value} file but cannot be decoded: it is damaged or of a rare "
        "kind. Open it in an image program and export it as PNG."
    ) from error
