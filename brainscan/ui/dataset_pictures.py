"""Pictures of a dataset's images, read from their files when they are looked at."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import streamlit as st

from brainscan.data.survey import ImageFacts
from brainscan.errors import InputRejected
from brainscan.imaging.reading import read_scan
from brainscan.ui.store import BoundedStore

_SIDE = 256
_CAPACITY = 24 * 2**20  # bytes of encoded pictures in this process


def picture_url(image: ImageFacts) -> str | None:
    """Return an image as a JPEG data URL of at most 256 pixels a side.

    ``None`` when the file has gone or has changed since the audit: another picture must not be
    shown for it.
    """
    known = _store().get(image.sha256)
    if known is not None:
        return known
    try:
        scan = read_scan(image.record.path, name=image.record.name)
    except InputRejected:
        return None
    if scan.sha256 != image.sha256:
        return None
    url = _encoded(scan.pixels)
    _store().put(image.sha256, url, len(url))
    return url


@st.cache_resource(show_spinner=False)
def _store() -> BoundedStore[str, str]:
    return BoundedStore(_CAPACITY)


def _encoded(pixels: np.ndarray) -> str:
    gray = pixels
    if gray.dtype != np.uint8:
        low, high = np.percentile(gray, [0.5, 99.5])
        scaled = (gray.astype(np.float32) - low) / max(float(high - low), 1e-6)
        gray = np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    shrink = min(1.0, _SIDE / max(gray.shape))
    size = (max(1, round(gray.shape[1] * shrink)), max(1, round(gray.shape[0] * shrink)))
    small = cv2.resize(np.ascontiguousarray(gray), size, interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")
