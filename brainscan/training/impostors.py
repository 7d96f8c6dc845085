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

from brainscan.training.impostor_anatomy import (
    bone,
    coarse,
    ct_like,
    glow,
    negative,
    organs,
    scrambled,
    shuffled,
    trunk,
)
from brainscan.training.impostor_canvas import blank, colored_noise, stretched

Draw = Callable[[np.random.Generator, np.ndarray], np.ndarray]


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


def _noise(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    del original
    return colored_noise(rng, blank(rng).shape, rng.uniform(0.0, 2.0))


def _gradient(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    del original
    canvas = blank(rng)
    y, x = np.mgrid[-1 : 1 : canvas.shape[0] * 1j, -1 : 1 : canvas.shape[1] * 1j]
    slope = rng.normal(size=2)
    ramp = slope[0] * x + slope[1] * y + rng.normal() * (x**2 + y**2)
    return stretched(ramp) + rng.normal(size=canvas.shape) * rng.uniform(0, 8)


def _pattern(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """Checkerboards, bars and stripes: test charts."""
    del original
    canvas = blank(rng)
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
    page = blank(rng, paper)
    height, width = page.shape
    _write(rng, page, (8, height - 8, 10, width - 8), ink)
    return page + rng.normal(size=page.shape) * rng.uniform(0, 6)


def _screenshot(rng: np.random.Generator, original: np.ndarray) -> np.ndarray:
    """Windows with bars, boxes, text and, half of the time, a small slice among them."""
    dark = rng.random() < 0.5
    page = blank(rng, 30.0 if dark else 235.0)
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
    picture = blank(rng, rng.uniform(0, 255))
    height, width = picture.shape
    texture = colored_noise(rng, picture.shape, rng.uniform(0.8, 1.4)) - 127.5
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
    picture = blank(rng, 255.0 * (rng.random() < 0.3))
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
    return coarse(rng, soft + rng.normal(size=soft.shape) * rng.uniform(0, 6))


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
    page = blank(rng, paper)
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


KINDS: dict[str, Draw] = {
    "noise": _noise,
    "gradient": _gradient,
    "pattern": _pattern,
    "text page": _text_page,
    "screenshot": _screenshot,
    "photograph-like": _dead_leaves,
    "silhouette": _silhouette,
    "scrambled slice": scrambled,
    "shuffled slice": shuffled,
    "negative slice": negative,
    "CT-like head": ct_like,
    "body-like": trunk,
    "bone-like": bone,
    "organ-like MR": organs,
    "glow and speckle": glow,
    "sheet of slices": _mosaic,
    "plot or table": _plot,
    "photograph": _photograph,
}
