"""Pictures that are no brain MR slice, drawn in code: what the gate learns to refuse.

They stand in for kinds of which no real example is at hand, so that the gate does not depend
on a small collection. Some are drawn from nothing, some are made from genuine slices so that
only the anatomy or the contrast is wrong, not the hospital's way of storing pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import cv2
import numpy as np
from sklearn.datasets import load_sample_images

Draw = Callable[[np.random.Generator, np.ndarray], np.ndarray]

_SIDE = 224


def impostors(
    slices: Sequence[np.ndarray], *, per_kind: int, seed: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield ``(kind, picture)``: ``per_kind`` of every kind in :data:`KINDS`.

    Parameters
    ----------
    slices
        Genuine slices, ``(h, w)`` uint8, that some kinds are made from; at least one.
    per_kind
        Pictures of each kind.
    seed
        The same seed and slices give the same pictures.

    Yields
    ------
    tuple
        Name of the kind and an ``(h, w)`` uint8 picture.
    """
    for number, (kind, draw) in enumerate(KINDS.items()):
        for index in range(per_kind):
            rng = np.random.default_rng([seed, number, index])
            original = slices[int(rng.integers(len(slices)))]
            yield kind, _bytes(draw(rng, original.astype(np.float32)))


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _stretched(values: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values, [0.5, 99.5])
    return np.asarray((values - low) * (255.0 / max(float(high - low), 1e-6)), np.float32)


def _canvas(rng: np.random.Generator, level: float = 0.0) -> np.ndarray:
    height, width = rng.integers(_SIDE * 3 // 4, _SIDE * 4 // 3, 2)
    return np.full((int(height), int(width)), level, np.float32)


def _colored_noise(rng: np.random.Generator, shape: tuple[int, ...], slope: float) -> np.ndarray:
    """Noise whose amplitude falls with spatial frequency to the power of ``slope``."""
    down = np.fft.fftfreq(shape[0])[:, None]
    across = np.fft.rfftfreq(shape[1])[None, :]
    frequency = np.maximum(np.hypot(down, across), 1.0 / max(shape))
    spectrum = np.fft.rfft2(rng.normal(size=shape)) / frequency**slope
    return _stretched(np.fft.irfft2(spectrum, s=shape[:2]))


def _noise(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    del original
    return _colored_noise(rng, _canvas(rng).shape, rng.uniform(0.0, 2.0))


def _gradient(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    del original
    canvas = _canvas(rng)
    y, x = np.mgrid[-1 : 1 : canvas.shape[0] * 1j, -1 : 1 : canvas.shape[1] * 1j]
    slope = rng.normal(size=2)
    ramp = slope[0] * x + slope[1] * y + rng.normal() * (x**2 + y**2)
    return _stretched(ramp) + rng.normal(size=canvas.shape) * rng.uniform(0, 8)


def _pattern(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """Checkerboards, bars and stripes: test charts."""
    del original
    canvas = _canvas(rng)
    y, x = np.indices(canvas.shape)
    step = rng.integers(4, 40, 2)
    kind = rng.integers(3)
    if kind == 0:
        chart = ((y // step[0] + x // step[1]) % 2) * 255.0
    elif kind == 1:
        chart = (x // step[1] % 8) * (255.0 / 7)
    else:
        chart = 127.5 + 127.5 * np.sin(y / step[0] + x / step[1])
    return np.asarray(chart + rng.normal(size=canvas.shape) * rng.uniform(0, 8))


def _write(rng: np.random.Generator, picture: np.ndarray, box: Sequence[int], ink: float) -> None:
    """Fill a box (top, bottom, left, right) with lines of letters."""
    top, bottom, left, right = box
    size = float(rng.uniform(0.25, 0.6))
    line = max(8, round(size * 30))
    letters_on = np.zeros(picture.shape, np.uint8)  # OpenCV writes on bytes only
    for y in range(top + line, bottom, line):
        letters = rng.integers(ord("a"), ord("z") + 1, 60)
        words = "".join(" " if rng.random() < 0.18 else chr(code) for code in letters)
        count = max(1, int((right - left) / (size * 18) * rng.uniform(0.4, 1.0)))
        cv2.putText(letters_on, words[:count], (left, y), cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1)
    share = letters_on / np.float32(255)
    picture += share * (np.float32(ink) - picture)


def _text_page(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    del original
    paper, ink = (245.0, 20.0) if rng.random() < 0.75 else (15.0, 235.0)
    page = _canvas(rng, paper)
    height, width = page.shape
    _write(rng, page, (8, height - 8, 10, width - 8), ink)
    return page + rng.normal(size=page.shape) * rng.uniform(0, 6)


def _screenshot(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """Windows with bars, boxes, text and, half of the time, a small slice among them."""
    dark = rng.random() < 0.5
    page = _canvas(rng, 30.0 if dark else 235.0)
    height, width = page.shape
    page[: int(rng.integers(10, 24))] = rng.uniform(60, 200)
    for _ in range(int(rng.integers(3, 9))):
        top, left = rng.integers(0, height - 40), rng.integers(0, width - 40)
        bottom = min(height, int(top + rng.integers(20, 120)))
        right = min(width, int(left + rng.integers(30, 160)))
        page[top:bottom, left:right] = rng.uniform(0, 255)
        if rng.random() < 0.6:
            _write(rng, page, (int(top), bottom, int(left) + 3, right), 255.0 if dark else 0.0)
    if rng.random() < 0.5:
        side = int(rng.integers(40, 80))
        top, left = rng.integers(0, height - side), rng.integers(0, width - side)
        page[top : top + side, left : left + side] = cv2.resize(original, (side, side))
    return page


def _dead_leaves(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """Overlapping shaded shapes: the statistics of photographs (Lee, Mumford, Huang 2001)."""
    del original
    picture = _canvas(rng, rng.uniform(0, 255))
    height, width = picture.shape
    texture = _colored_noise(rng, picture.shape, rng.uniform(0.8, 1.4)) - 127.5
    for _ in range(int(rng.integers(15, 120))):
        radius = min(0.5 * height, 5.0 / rng.uniform(0.03, 1.0) ** 1.2)
        center = (int(rng.integers(width)), int(rng.integers(height)))
        shape = np.zeros(picture.shape, np.uint8)
        if rng.random() < 0.5:
            axes = (int(radius) + 1, int(radius * rng.uniform(0.3, 1.0)) + 1)
            cv2.ellipse(shape, (center, (2.0 * axes[0], 2.0 * axes[1]), rng.uniform(0, 180)), 1, -1)
        else:
            corners = np.array(center) + rng.normal(size=(int(rng.integers(3, 7)), 2)) * radius
            cv2.fillPoly(shape, [cv2.convexHull(corners.astype(np.int32))], 1)
        inside = shape > 0
        picture[inside] = rng.uniform(0, 255) + rng.uniform(0, 0.5) * texture[inside]
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6)))


def _silhouette(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A few flat or softly shaded shapes on an empty ground: logos, objects, single bones."""
    del original
    picture = _canvas(rng, 255.0 * (rng.random() < 0.3))
    height, width = picture.shape
    for _ in range(int(rng.integers(1, 5))):
        tone = float(rng.uniform(60, 255))
        a, b = rng.uniform(0.1, 0.9, (2, 2)) * (width, height)
        if rng.random() < 0.5:
            thick = int(rng.integers(4, 50))
            cv2.line(picture, a.astype(int).tolist(), b.astype(int).tolist(), tone, thick)
        else:
            corners = (rng.uniform(0.1, 0.9, (6, 2)) * (width, height)).astype(np.int32)
            cv2.fillPoly(picture, [corners], tone)
    soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 6.0))
    return _coarse(rng, soft + rng.normal(size=soft.shape) * rng.uniform(0, 6))


def _scrambled(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A genuine slice's spectrum with random phases: its texture without its anatomy."""
    spectrum = np.fft.rfft2(original)
    phases = np.angle(np.fft.rfft2(rng.normal(size=original.shape)))
    mixed = np.abs(spectrum) * np.exp(1j * phases)
    return _stretched(np.fft.irfft2(mixed, s=original.shape[:2]))


def _shuffled(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A genuine slice cut into tiles and put together in another order."""
    count = int(rng.integers(3, 7))
    side = max(8, _SIDE // count)
    picture = cv2.resize(original, (side * count, side * count), interpolation=cv2.INTER_AREA)
    tiles = picture.reshape(count, side, count, side).swapaxes(1, 2).reshape(-1, side, side)
    mixed = tiles[rng.permutation(len(tiles))].reshape(count, count, side, side)
    return np.asarray(mixed.swapaxes(1, 2).reshape(picture.shape))


def _negative(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A genuine slice with black and white exchanged."""
    return _coarse(rng, 255.0 * (1.0 - original / 255.0) ** rng.uniform(0.7, 1.4))


def _ct_like(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
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
        base = _colored_noise(rng, picture.shape, rng.uniform(1.3, 1.9))
        share = rng.uniform(0.5, 0.95)
        picture = np.where(inside & (base > 255 * share), rng.uniform(200, 255), picture)
        picture = np.where(inside & (base < 100 * (1 - share)), 0.0, picture)
    picture = np.where(depth < skin, rng.uniform(20, 130), picture)
    air = rng.uniform(0, 90) if rng.random() < 0.2 else 0.0
    picture = np.where(closed > 0, picture, air).astype(np.float32)
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 1.2))
    picture = _on_table(rng, picture + rng.normal(size=picture.shape) * rng.uniform(0, 6))
    return _coarse(rng, picture)


def _on_table(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
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


def _bone(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A white blob, a bow or both: CT slices that graze the skull or miss the head."""
    del original
    picture = _canvas(rng, 0.0)
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
    return _coarse(rng, _on_table(rng, soft + grain))


def _organs(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """The tissue of a genuine slice in another outline with a rim of fat: other MR."""
    picture = _canvas(rng, 0.0)
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
    return _coarse(rng, soft + rng.normal(size=soft.shape) * rng.uniform(0, 8))


def _glow(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A few blurred spots: nuclear medicine; half of the time their speckle in a fan."""
    del original
    picture = _canvas(rng, 0.0)
    height, width = picture.shape
    for _ in range(int(rng.integers(1, 8))):
        place = (width * rng.uniform(0.2, 0.8), height * rng.uniform(0.2, 0.8))
        axes = (width * rng.uniform(0.05, 0.5), height * rng.uniform(0.05, 0.5))
        cv2.ellipse(picture, (place, axes, float(rng.uniform(0, 180))), rng.uniform(60, 255), -1)
    picture = cv2.GaussianBlur(picture, (0, 0), width * rng.uniform(0.01, 0.06))
    if rng.random() < 0.5:
        return _coarse(rng, picture)
    speckle = cv2.GaussianBlur(rng.rayleigh(1.0, picture.shape), (0, 0), rng.uniform(0.6, 2.5))
    fan = np.zeros(picture.shape, np.float32)
    half = int(rng.integers(25, 50))
    reach = (int(height * 0.95), int(height * 0.95))
    cv2.ellipse(fan, (width // 2, 2), reach, 90, -half, half, 1.0, -1)
    return np.asarray(fan * speckle * (30 + 0.6 * picture))


def _mosaic(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A sheet of slices: several pictures in one."""
    rows, cols = int(rng.integers(1, 5)), int(rng.integers(2, 5))
    side, gap = int(rng.integers(56, 128)), int(rng.integers(0, 8))
    page = np.full((rows * (side + gap), cols * (side + gap)), rng.choice([0.0, 255.0, 60.0]))
    for index in range(rows * cols):
        top, left = index // cols * (side + gap), index % cols * (side + gap)
        turned = np.rot90(original, int(rng.integers(4)) if rng.random() < 0.3 else 0)
        tile = cv2.resize(np.ascontiguousarray(turned), (side, side), interpolation=cv2.INTER_AREA)
        page[top : top + side, left : left + side] = tile * rng.uniform(0.6, 1.1)
    return page


def _plot(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A diagram or table: axes or rules, curves, points and some letters."""
    del original
    paper, ink = (250.0, 20.0) if rng.random() < 0.75 else (10.0, 235.0)
    page = _canvas(rng, paper)
    height, width = page.shape
    x = np.linspace(0.12, 0.95, 60) * width
    if rng.random() < 0.4:
        for y in np.linspace(0.1, 0.9, int(rng.integers(4, 12))) * height:
            cv2.line(page, (int(x[0]), int(y)), (int(x[-1]), int(y)), ink, 1)
            box = (int(y), min(height, int(y) + 14), int(x[0]) + 3, int(x[-1]))
            _write(rng, page, box, ink)
        return page
    corners = [(x[0], 0.08 * height), (x[0], 0.9 * height), (x[-1], 0.9 * height)]
    cv2.polylines(page, [np.array(corners, np.int32)], False, ink, 1)
    for _ in range(int(rng.integers(1, 5))):
        walk = np.cumsum(rng.normal(size=60))
        y = height * (0.5 - 0.35 * walk / max(float(np.abs(walk).max()), 1e-6))
        tone = float(rng.uniform(0, 200))
        points = np.stack([x, y], axis=1).astype(np.int32)
        if rng.random() < 0.5:
            cv2.polylines(page, [points], False, tone, int(rng.integers(1, 4)), cv2.LINE_AA)
        else:
            for point in points[:: int(rng.integers(1, 5))]:
                cv2.circle(page, point.tolist(), 3, tone, -1)
    return page


def _photograph(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A part of one of the two photographs that come with scikit-learn."""
    del original
    picture = _photographs()[int(rng.integers(2))]
    height, width = picture.shape
    side = int(rng.integers(90, height))
    top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    part = picture[top : top + side, left : min(width, left + int(side * rng.uniform(0.8, 1.5)))]
    part = np.rot90(part, int(rng.integers(4)))
    return np.asarray(255.0 * (part / 255.0) ** rng.uniform(0.6, 1.6))


@cache
def _photographs() -> tuple[np.ndarray, ...]:
    return tuple(
        cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
        for picture in load_sample_images().images
    )


def _coarse(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Half of the time, a copy of 64 to 160 pixels, as collections of small pictures have."""
    if rng.random() < 0.5:
        return picture
    factor = rng.uniform(64, 160) / max(picture.shape)
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))


def _trunk(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """A wide section or projection with organs or lungs and a spine: body CT and X-ray."""
    picture = _canvas(rng, 0.0)
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
    return _coarse(rng, soft + rng.uniform(0, 0.1) * grain + noise)


KINDS: dict[str, Draw] = {
    "noise": _noise,
    "gradient": _gradient,
    "pattern": _pattern,
    "text page": _text_page,
    "screenshot": _screenshot,
    "photograph-like": _dead_leaves,
    "silhouette": _silhouette,
    "scrambled slice": _scrambled,
    "shuffled slice": _shuffled,
    "negative slice": _negative,
    "CT-like head": _ct_like,
    "body-like": _trunk,
    "bone-like": _bone,
    "organ-like MR": _organs,
    "glow and speckle": _glow,
    "sheet of slices": _mosaic,
    "plot or table": _plot,
    "photograph": _photograph,
}
