"""Pictures with the wrong anatomy or contrast, many of them made from genuine slices."""

from __future__ import annotations

import cv2
import numpy as np

from brainscan.training.impostor_canvas import SIDE, blank, colored_noise, stretched


def scrambled(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A genuine slice's spectrum with random phases: its texture without its anatomy."""
    spectrum = np.fft.rfft2(original)
    phases = np.angle(np.fft.rfft2(rng.normal(size=original.shape)))
    mixed = np.abs(spectrum) * np.exp(1j * phases)
    return stretched(np.fft.irfft2(mixed, s=original.shape[:2]))


def shuffled(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A genuine slice cut into tiles and put together in another order."""
    count = int(rng.integers(3, 7))
    side = max(8, SIDE // count)
    picture = cv2.resize(original, (side * count, side * count), interpolation=cv2.INTER_AREA)
    tiles = picture.reshape(count, side, count, side).swapaxes(1, 2).reshape(-1, side, side)
    mixed = tiles[rng.permutation(len(tiles))].reshape(count, count, side, side)
    return np.asarray(mixed.swapaxes(1, 2).reshape(picture.shape))


def negative(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A genuine slice with black and white exchanged."""
    return coarse(rng, 255.0 * (1.0 - original / 255.0) ** rng.uniform(0.7, 1.4))


def ct_like(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A head with a broad white skull around weakly contrasted tissue, as CT shows it."""
    head = cv2.GaussianBlur(original, (0, 0), 3.0) > 25
    kernel = np.ones((25, 25), np.uint8)
    closed = cv2.morphologyEx(head.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    depth = cv2.distanceTransform(np.pad(closed, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    side = max(original.shape)
    wave = cv2.GaussianBlur(rng.normal(size=depth.shape).astype(np.float32), (0, 0), 0.04 * side)
    depth = depth + wave * (rng.uniform(0.0, 0.02) * side / max(float(wave.std()), 1e-6))
    skin, bone = side * rng.uniform(0.0, 0.04), side * rng.uniform(0.015, 0.06)
    smooth = cv2.GaussianBlur(original, (0, 0), rng.uniform(0.5, 2.0))
    inside = depth > skin + bone
    center = float(smooth[inside].mean()) if inside.any() else 0.0
    # Fluid is dark in both; beyond that the contrast of the tissues is weak, or the other way.
    white = rng.uniform(200, 255)
    tissue = rng.uniform(50, 160) + rng.uniform(-0.3, 0.3) * (smooth - center)
    if rng.random() < 0.15:  # at the top of the head, or narrowly windowed: bone alone
        tissue = np.full(tissue.shape, rng.uniform(190, 255), np.float32)
    picture = np.where(inside, tissue, white)
    if rng.random() < 0.5:  # near the base: bone and air between the tissues
        base = colored_noise(rng, picture.shape, rng.uniform(1.3, 1.9))
        share = rng.uniform(0.5, 0.95)
        picture = np.where(inside & (base > 255 * share), rng.uniform(200, 255), picture)
        picture = np.where(inside & (base < 100 * (1 - share)), 0.0, picture)
    picture = np.where(depth < skin, rng.uniform(20, 130), picture)
    air = rng.uniform(0, 90) if rng.random() < 0.2 else 0.0
    picture = np.where(closed > 0, picture, air).astype(np.float32)
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 1.2))
    picture = on_table(rng, picture + rng.normal(size=picture.shape) * rng.uniform(0, 6))
    return coarse(rng, picture)


def on_table(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Half of the time with room around the head and the head rest of the scanner in it."""
    if rng.random() < 0.5:
        return picture
    rim = int(max(picture.shape) * rng.uniform(0.02, 0.3))
    wide = cv2.copyMakeBorder(picture, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=0.0)
    height, width = wide.shape
    rest = (width * rng.uniform(0.35, 0.48), height * rng.uniform(0.38, 0.55))
    thick = max(1, int(width * rng.uniform(0.008, 0.02)))
    center, axes = (width // 2, int(height * 0.47)), (int(rest[0]), int(rest[1]))
    cv2.ellipse(wide, center, axes, 0, 20, 160, float(rng.uniform(60, 230)), thick, cv2.LINE_AA)
    return np.asarray(wide)


def bone(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A white blob, a bow or both: CT slices that graze the skull or miss the head."""
    del original
    picture = blank(rng, 0.0)
    height, width = picture.shape
    if rng.random() < 0.7:
        place = (width * rng.uniform(0.4, 0.6), height * rng.uniform(0.35, 0.6))
        axes = (width * rng.uniform(0.1, 0.5), height * rng.uniform(0.1, 0.5))
        tone = float(rng.uniform(170, 255))
        cv2.ellipse(picture, (place, axes, float(rng.uniform(0, 180))), tone, -1)
    if rng.random() < 0.5:
        place = (width * rng.uniform(0.4, 0.6), height * rng.uniform(0.35, 0.6))
        axes = (width * rng.uniform(0.05, 0.2), height * rng.uniform(0.05, 0.3))
        cv2.ellipse(picture, (place, axes, 0.0), float(rng.uniform(60, 220)), -1)
    soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 4.0))
    grain = rng.normal(size=soft.shape) * rng.uniform(0, 6)
    return coarse(rng, on_table(rng, soft + grain))


def organs(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """The tissue of a genuine slice in another outline with a rim of fat: other MR."""
    picture = blank(rng, 0.0)
    height, width = picture.shape
    rows, cols = (np.array(original.shape) * 0.25).astype(int)
    inner = original[rows : -max(rows, 1), cols : -max(cols, 1)]
    grain = cv2.resize(inner, (width, height), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        grain = np.asarray(np.roll(grain, int(rng.integers(width)), axis=1))
    body = np.zeros(picture.shape, np.uint8)
    lobes = int(rng.integers(1, 4))
    for lobe in range(lobes):
        place = (width * (lobe + 0.5) / lobes, height * rng.uniform(0.3, 0.7))
        axes = (width / lobes * rng.uniform(0.6, 1.1), height * rng.uniform(0.25, 0.95))
        cv2.ellipse(body, (place, axes, float(rng.uniform(-25, 25))), 1, -1)
    if rng.random() < 0.5:  # lying on a flat or curved ground
        place, axes = (width * 0.5, height * 0.9), (width * 1.0, height * rng.uniform(0.3, 0.7))
        cv2.ellipse(body, (place, axes, 0.0), 1, -1)
    depth = cv2.distanceTransform(body, cv2.DIST_L2, 5)
    rim = rng.uniform(0.01, 0.15) * width
    picture = np.where(depth > rim, grain * rng.uniform(0.2, 1.0), rng.uniform(80, 255))
    for _ in range(int(rng.integers(0, 5))):
        hole = np.zeros(picture.shape, np.uint8)
        place = (width * rng.uniform(0.2, 0.8), height * rng.uniform(0.2, 0.8))
        axes = (width * rng.uniform(0.03, 0.25), height * rng.uniform(0.03, 0.25))
        cv2.ellipse(hole, (place, axes, float(rng.uniform(0, 180))), 1, -1)
        picture = np.where(hole > 0, rng.uniform(0, 255), picture)
    picture = np.where(body > 0, picture, 0.0).astype(np.float32)
    soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.5))
    return coarse(rng, soft + rng.normal(size=soft.shape) * rng.uniform(0, 8))


def glow(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A few blurred spots: nuclear medicine; half of the time their speckle in a fan."""
    del original
    picture = blank(rng, 0.0)
    height, width = picture.shape
    for _ in range(int(rng.integers(1, 8))):
        place = (width * rng.uniform(0.2, 0.8), height * rng.uniform(0.2, 0.8))
        axes = (width * rng.uniform(0.05, 0.5), height * rng.uniform(0.05, 0.5))
        cv2.ellipse(picture, (place, axes, float(rng.uniform(0, 180))), rng.uniform(60, 255), -1)
    picture = cv2.GaussianBlur(picture, (0, 0), width * rng.uniform(0.01, 0.06))
    if rng.random() < 0.5:
        return coarse(rng, picture)
    speckle = cv2.GaussianBlur(rng.rayleigh(1.0, picture.shape), (0, 0), rng.uniform(0.6, 2.5))
    fan = np.zeros(picture.shape, np.float32)
    half = int(rng.integers(25, 50))
    reach = (int(height * 0.95), int(height * 0.95))
    cv2.ellipse(fan, (width // 2, 2), reach, 90, -half, half, 1.0, -1)
    return np.asarray(fan * speckle * (30 + 0.6 * picture))


def coarse(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Half of the time, a copy of 64 to 160 pixels, as collections of small pictures have."""
    if rng.random() < 0.5:
        return picture
    factor = rng.uniform(64, 160) / max(picture.shape)
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))


def trunk(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A wide section or projection with organs or lungs and a spine: body CT and X-ray."""
    picture = blank(rng, 0.0)
    height, width = picture.shape
    scale = np.array([width, height], float)
    center = (0.5 * scale).tolist()
    wide = (scale * (rng.uniform(0.8, 1.0), rng.uniform(0.55, 0.95))).tolist()
    cv2.ellipse(picture, (center, wide, 0.0), float(rng.uniform(60, 200)), -1)
    for _ in range(int(rng.integers(3, 12))):
        place = (scale * rng.uniform(0.2, 0.8, 2)).tolist()
        axes = (scale * rng.uniform(0.05, 0.35, 2)).tolist()
        cv2.ellipse(picture, (place, axes, rng.uniform(0, 180)), float(rng.uniform(0, 220)), -1)
    for _ in range(int(rng.integers(1, 9))):
        place = (scale * rng.uniform(0.15, 0.85, 2)).tolist()
        axes = (scale * rng.uniform(0.02, 0.14, 2)).tolist()
        cv2.ellipse(picture, (place, axes, rng.uniform(0, 180)), 255.0, -1)
    soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 4.0))
    grain = cv2.resize(original, (width, height)) - 100.0
    noise = rng.normal(size=soft.shape) * rng.uniform(0, 25)
    return coarse(rng, soft + rng.uniform(0, 0.1) * grain + noise)
