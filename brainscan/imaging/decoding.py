"""From the bytes of a picture to an array of one channel.

Two decoders share the work. OpenCV takes the plain cases (8-bit grey and RGB PNG, JPEG and
WebP, about half of Pillow's time) and the depths Pillow would reduce (16-bit colour, 64-bit
float). Pillow takes everything else and is the judge of damaged files: whatever OpenCV does
not return goes to Pillow, whose error then says why. Both give the same pixel values.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from brainscan.imaging.formats import Format
from brainscan.imaging.gray import over_black, reduce_rgb
from brainscan.imaging.headers import Header

COLOR_WARNING = (
    "This is a colour image; its brightness is used. "
    "MR images are grey: check that this is the right file."
)
CMYK_WARNING = (
    "The colours are stored for print (CMYK) and were converted; grey values are approximate."
)
ALPHA_WARNING = "The image has transparent areas; they are read as black."
DEPTH_WARNING = "The image stores 32-bit integers; values are kept as 32-bit floating point."

# OpenCV prints its complaints about damaged files; the user is told Pillow's verdict instead.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_FAST_FORMATS = frozenset({Format.PNG, Format.JPEG, Format.WEBP})


class UnsupportedPixels(Exception):
    """The pixels are of a kind that cannot be turned into one grey channel."""


def decode(
    image: Image.Image | None, data: bytes, kind: Format, header: Header | None
) -> tuple[np.ndarray, str, list[str]]:
    """Decode a picture to one channel, not yet turned upright.

    Parameters
    ----------
    image
        The picture opened by :func:`brainscan.imaging.headers.open_lazily`, or ``None`` when
        only OpenCV can read it.
    data
        The whole file.
    kind
        Its format.
    header
        What :func:`brainscan.imaging.headers.read_header` found.

    Returns
    -------
    tuple
        ``(height, width)`` uint8, uint16 or float32; the mode as stored; warnings.

    Raises
    ------
    UnsupportedPixels
        If the colour mode is not one BrainScan can use.
    OSError, SyntaxError, ValueError, EOFError
        If Pillow finds the file damaged or cut off.
    """
    if image is None or (header is not None and header.deep):
        return _decode_deep(data, header)
    if kind in _FAST_FORMATS and image.mode in ("L", "RGB") and _is_plain(image, data, kind):
        channels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        expected = (image.height, image.width) + ((3,) if image.mode == "RGB" else ())
        if channels is not None and channels.shape == expected and channels.dtype == np.uint8:
            if channels.ndim == 2:
                return np.asarray(channels), image.mode, []
            pixels, warnings = _from_rgb(cv2.cvtColor(channels, cv2.COLOR_BGR2RGB))
            return pixels, image.mode, warnings
    return _decode_pillow(image, header)


def _is_plain(image: Image.Image, data: bytes, kind: Format) -> bool:
    """Whether OpenCV's reading is known to equal Pillow's: complete, opaque, 8 bits."""
    if kind is Format.PNG:
        complete = data[-8:-4] == b"IEND" and "transparency" not in image.info
        return complete and data[24] == 8
    if kind is Format.JPEG:
        return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda") > 0
    return True


def _from_rgb(rgb: np.ndarray) -> tuple[np.ndarray, list[str]]:
    pixels, colored = reduce_rgb(rgb)
    return pixels, [COLOR_WARNING] if colored else []


def _decode_deep(data: bytes, header: Header | None) -> tuple[np.ndarray, str, list[str]]:
    """Decode 16-bit colour, 64-bit and other depths with OpenCV."""
    channels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if channels is None:
        raise UnsupportedPixels("its combination of depth, channels and compression")
    if channels.dtype not in (np.uint8, np.uint16):
        with np.errstate(over="ignore"):  # beyond single precision becomes infinite: refused later
            channels = channels.astype(np.float32)
    bits = header.bits if header else channels.dtype.itemsize * 8
    if channels.ndim == 2:
        return np.asarray(channels), f"F;{bits}" if header and header.real else f"I;{bits}", []
    if channels.shape[2] == 4:
        rgba = cv2.cvtColor(channels, cv2.COLOR_BGRA2RGBA)
        if rgba.dtype == np.float32:
            raise UnsupportedPixels("floating-point colour with transparency")
        rgb, transparent = over_black(rgba)
        pixels, warnings = _from_rgb(rgb)
        mode = f"LA;{bits}" if header and header.samples == 2 else f"RGBA;{bits}"
        return pixels, mode, warnings + [ALPHA_WARNING] * transparent
    if channels.shape[2] != 3:
        raise UnsupportedPixels(f"{channels.shape[2]} channels")
    rgb = cv2.cvtColor(channels, cv2.COLOR_BGR2RGB)
    if rgb.dtype == np.float32 and not np.isfinite(rgb).all():
        return rgb.sum(axis=2), f"RGB;{bits}", []
    pixels, warnings = _from_rgb(rgb)
    return pixels, f"RGB;{bits}", warnings


def _decode_pillow(image: Image.Image, header: Header | None) -> tuple[np.ndarray, str, list[str]]:
    """Decode with Pillow and reduce each of its modes to one channel."""
    mode = image.mode
    image.load()
    transparent_color = image.info.get("transparency")
    if mode in ("I", "F") or mode.startswith("I;16"):
        return _from_numbers(image, mode, header)
    if mode in ("1", "L") and transparent_color is None:
        return np.array(image.convert("L")), mode, []
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or transparent_color is not None:
        wanted = "LA" if mode in ("1", "L", "LA", "La") else "RGBA"
        channels, transparent = over_black(np.asarray(_convert(image, wanted)))
        pixels, warnings = (channels, []) if channels.ndim == 2 else _from_rgb(channels)
        return pixels, mode, warnings + [ALPHA_WARNING] * transparent
    pixels, warnings = _from_rgb(np.asarray(_convert(image, "RGB")))
    return pixels, mode, warnings + [CMYK_WARNING] * (mode == "CMYK")


def _convert(image: Image.Image, mode: str) -> Image.Image:
    if image.mode == mode:
        return image
    # Pillow knows no direct way from premultiplied modes.
    steps = {"La": "LA", "RGBa": "RGBA"}
    if image.mode in steps:
        image = image.convert(steps[image.mode])
    try:
        return image.convert(mode)
    except ValueError as error:
        raise UnsupportedPixels(f"colour mode {image.mode}") from error


def _from_numbers(
    image: Image.Image, mode: str, header: Header | None
) -> tuple[np.ndarray, str, list[str]]:
    """Return 16-bit, 32-bit integer and float pixels without loss where the dtype allows."""
    values = np.array(image)
    if mode == "F":
        return values.astype(np.float32), mode, []
    if mode == "I":
        if values.size and values.min() >= 0 and values.max() <= np.iinfo(np.uint16).max:
            return values.astype(np.uint16), mode, []
        return values.astype(np.float32), mode, [DEPTH_WARNING]
    pixels = values.astype(np.uint16)
    if header is not None and header.inverted:
        pixels = np.asarray((1 << header.bits) - 1 - pixels.astype(np.int64), dtype=np.uint16)
    transparent_value = image.info.get("transparency")
    if isinstance(transparent_value, int):
        pixels[pixels == transparent_value] = 0
    return pixels, mode, []
