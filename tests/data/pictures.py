"""Small pictures for the audit's tests: distinct from one another, quick to draw."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

HEIGHT, WIDTH = 160, 144


def picture(seed: int) -> np.ndarray:
    """Return a bright ellipse with random blobs on black: ``(160, 144)`` uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    inside = ((y - 80) / 68) ** 2 + ((x - 72) / 58) ** 2 < 1
    values = np.full((HEIGHT, WIDTH), 110.0, np.float32)
    for _ in range(60):
        cy, cx, size = rng.uniform(10, 150), rng.uniform(10, 134), rng.uniform(3, 10)
        spot = np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * size**2))
        values += rng.uniform(-90, 90) * spot
    return np.where(inside, np.clip(values, 30, 240), 0).astype(np.uint8)


def cropped(pixels: np.ndarray, share: float) -> np.ndarray:
    """Cut ``share`` of height and width away, half on either side."""
    top, left = (round(side * share / 2) for side in pixels.shape)
    return np.ascontiguousarray(pixels[top : pixels.shape[0] - top, left : pixels.shape[1] - left])


def recompressed(pixels: np.ndarray, quality: int = 50) -> np.ndarray:
    """Return the picture after a pass through JPEG."""
    decoded = cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
    return np.asarray(decoded)


def save(path: Path, pixels: np.ndarray) -> Path:
    """Write a picture in the format its suffix names; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoded = cv2.imencode(path.suffix, pixels)[1]
    path.write_bytes(encoded.tobytes())
    return path
