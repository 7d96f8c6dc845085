"""Pack a scan and what a model says about it into the viewer's binary message.

Layout: little-endian uint32 with the length of the header, the header as UTF-8 JSON, then
the sections (pixels, maps, colour tables, a picture to save) that the header points to with
offset and length. ``payload.js`` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from brainscan.imaging.overlay import Colormap, colorize
from brainscan.imaging.scan import Scan
from brainscan.imaging.voi import Voi
from brainscan.imaging.windowing import Window, full_window
from brainscan.inference.map_trust import points_at_tumor
from brainscan.inference.prediction import HeatMap, Prediction
from brainscan.notice import RESEARCH_USE
from brainscan.ui.viewer.drawing import Drawing

COLORMAPS: tuple[Colormap, ...] = ("inferno", "viridis")
_SAMPLED = 1024  # pixels a side that are enough to judge a slice's brightness
_LONGEST_MAP = 1024  # a map's longer side in the browser; finer than any network's grid
_STEPS = 65535  # the largest value that travels
_STATED = {"LINEAR": (1.0, 0.5)}  # from the converted width and level back to the file's
CAUTION = "This Grad-CAM does not point at tumours: see Model"
_WHOLE = 0.02  # how far from a whole number of steps a value may lie by rounding alone


@dataclass(frozen=True)
class Picture:
    """A PNG for the browser to save once: ``id`` tells one request from the next."""

    id: str
    name: str
    png: bytes = field(repr=False)


@dataclass(frozen=True)
class ViewerMap:
    """One map as the viewer takes it: ``values`` uint8, 255 standing for 1.

    ``caution`` is shown with it; empty where nothing speaks against the map.
    """

    key: str
    label: str
    unit: str
    probe: str
    has_evidence: bool
    largest: float
    values: np.ndarray = field(repr=False)
    caution: str = ""


def viewer_maps(
    prediction: Prediction, manifest: Mapping[str, Any] | None = None
) -> tuple[ViewerMap, ...]:
    """Return the evidence map and the Grad-CAM maps of a prediction on the slice's grid.

    Parameters
    ----------
    prediction
        Of a slice.
    manifest
        Of the release: where its tests found that Grad-CAM of the tumor does not point at it,
        that map says so.
    """
    doubtful = points_at_tumor(manifest or {}, "gradcam") is False
    evidence = _quantize(
        prediction.evidence, "evidence", "Evidence map", "Probability of\ntumour tissue", "evidence"
    )
    cams = (
        _quantize(
            heat_map,
            f"gradcam:{name}",
            f"Grad-CAM {_spoken(name)}",
            "Share of the\nlargest value",
            "Grad-CAM",
            CAUTION if doubtful and name == "tumor" else "",
        )
        for name, heat_map in prediction.gradcam.items()
    )
    return (evidence, *cams)


def _quantize(
    heat_map: HeatMap, key: str, label: str, unit: str, probe: str, caution: str = ""
) -> ViewerMap:
    values = heat_map.on_slice()
    shrink = _LONGEST_MAP / max(values.shape)
    if shrink < 1:
        size = (max(1, round(values.shape[1] * shrink)), max(1, round(values.shape[0] * shrink)))
        values = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    levels = np.rint(np.clip(values, 0.0, 1.0) * 255.0).astype(np.uint8)
    largest = float(values.max())
    return ViewerMap(key, label, unit, probe, heat_map.has_evidence, largest, levels, caution)


def _spoken(name: str) -> str:
    return "tumour" if name == "tumor" else name


def auto_window(pixels: np.ndarray) -> Window:
    """Return the window that spreads the middle 99 % of the values over all grey levels."""
    stride = 1 + max(pixels.shape) // _SAMPLED
    low, high = (float(v) for v in np.percentile(pixels[::stride, ::stride], (0.5, 99.5)))
    if not high > low:
        return full_window(pixels)
    if np.issubdtype(pixels.dtype, np.integer):
        return high - low + 1.0, (low + high + 1.0) / 2.0
    return high - low, (low + high) / 2.0


def first_window(scan: Scan) -> Window:
    """Return the window a scan opens with.

    The file's first one; without any, as stored for 8 bits and otherwise the automatic one.
    """
    if scan.windows:
        return scan.windows[0].window
    return full_window(scan.pixels) if scan.pixels.dtype == np.uint8 else auto_window(scan.pixels)


def shown_window(voi: Voi) -> Window:
    """Return width and level as the file states them, for people.

    :class:`Voi` keeps LINEAR windows converted for floating-point pixels.
    """
    more, up = _STATED.get(voi.function, (0.0, 0.0))
    return voi.width + more, voi.level + up


def pack(
    scan: Scan,
    *,
    position: tuple[int, int],
    model: str = "",
    answer: str = "",
    maps: tuple[ViewerMap, ...] = (),
    note: str = "",
    picture: Picture | None = None,
    drawing: Drawing | None = None,
) -> bytes:
    """Return the viewer's message for a scan.

    Parameters
    ----------
    scan
        What to show.
    position
        Index in the worklist, counted from zero, and the worklist's length.
    model
        Text for the corner.
    answer
        Identifies the maps; the viewer keeps its own while this and the scan stay the same.
    maps
        From :func:`viewer_maps`; empty while there is no answer.
    note
        Sentence shown on the picture while there are no maps.
    picture
        A PNG for the browser to save.
    drawing
        The outline, and whether it may be edited.
    """
    stored, slope, intercept = _storable(scan.pixels)
    facts = {"model": model, "answer": answer, "note": note, "problem": ""}
    header = _header(scan, stored, slope, intercept, position) | facts
    header |= (drawing or Drawing()).header()
    return _message(header, stored, scan.windows, maps, picture)


def pack_problem(name: str, key: str, sentence: str, *, position: tuple[int, int]) -> bytes:
    """Return the viewer's message for a file that could not be read: the sentence instead."""
    nothing = Scan(np.zeros((1, 1), np.uint8), name, key, format="", mode="")
    facts = {"model": "", "answer": "", "note": "", "problem": sentence}
    header = _header(nothing, nothing.pixels, 1.0, 0.0, position) | facts | Drawing().header()
    return _message(header, nothing.pixels, (), (), None)


def _header(
    scan: Scan, stored: np.ndarray, slope: float, intercept: float, position: tuple[int, int]
) -> dict[str, Any]:
    full_width, full_level = full_window(scan.pixels)
    whole = bool(np.issubdtype(scan.pixels.dtype, np.integer))
    step = 1.0 if whole or slope == 1.0 else full_width / 1000
    floor, ceiling = full_level - full_width / 2, full_level + full_width / 2
    widths, levels = zip((full_width, floor), *(voi.window for voi in scan.windows), strict=True)
    return {
        "scan": scan.sha256,
        "name": scan.name,
        "width": scan.width,
        "height": scan.height,
        "dtype": str(stored.dtype),
        "spacing": scan.spacing,
        "letters": scan.letters._asdict() if scan.letters else None,
        "integer": whole,
        "slope": slope,
        "intercept": intercept,
        "range": [floor, ceiling],
        "limits": {
            "width": [step, max(widths)],
            "level": [min(levels), max(*levels, ceiling)],
            "step": step,
        },
        "window": first_window(scan),
        "auto": auto_window(scan.pixels),
        "full": (full_width, full_level),
        "notice": RESEARCH_USE,
        "position": {"index": position[0], "count": position[1]},
    }


def _storable(pixels: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return uint8 or uint16 pixels and the slope and intercept back to the file's values.

    Values that are whole steps apart, as rescaled integers are, keep every value exactly; others
    lose at most half of the 65,535th part of their range.
    """
    if pixels.dtype in (np.uint8, np.uint16):
        return pixels, 1.0, 0.0
    values = pixels.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    slope = _step_of(np.unique(values)) or (high - low) / _STEPS or 1.0
    return np.rint((values - low) / slope).astype(np.uint16), slope, low


def _step_of(values: np.ndarray) -> float | None:
    """Find the step that all sorted values are whole numbers of apart, if so few reach the end."""
    if len(values) < 2:
        return None
    # Rescaled integers are float32: each difference is rounded, the whole span hardly.
    apart = np.diff(values)
    count = float(np.rint(apart / apart.min()).sum())
    if not 1 <= count <= _STEPS:
        return None
    step = float(values[-1] - values[0]) / count
    steps = (values - values[0]) / step
    return step if float(np.abs(steps - np.rint(steps)).max()) < _WHOLE else None


def _message(
    header: dict[str, Any],
    pixels: np.ndarray,
    windows: tuple[Voi, ...],
    maps: tuple[ViewerMap, ...],
    picture: Picture | None,
) -> bytes:
    sections: list[bytes] = []
    used = 0

    def add(data: bytes) -> dict[str, int]:
        nonlocal used
        sections.append(data)
        used += len(data)
        return {"offset": used - len(data), "length": len(data)}

    header["pixels"] = add(pixels.astype(pixels.dtype.newbyteorder("<")).tobytes())
    header["presets"] = [
        {
            "label": voi.label,
            "function": voi.function,
            "width": voi.width,
            "level": voi.level,
            "stated": _STATED.get(voi.function, (0.0, 0.0)),
            "table": None if voi.table is None else add(voi.table.astype("<f4").tobytes()),
        }
        for voi in windows
    ]
    header["maps"] = [
        {
            "key": entry.key,
            "label": entry.label,
            "unit": entry.unit,
            "probe": entry.probe,
            "hasEvidence": entry.has_evidence,
            "largest": entry.largest,
            "caution": entry.caution,
            "width": entry.values.shape[1],
            "height": entry.values.shape[0],
            "values": add(entry.values.tobytes()),
        }
        for entry in maps
    ]
    ramp = np.linspace(0.0, 1.0, 256, dtype=np.float32)[None, :]
    header["colormaps"] = {name: add(colorize(ramp, name).tobytes()) for name in COLORMAPS}
    header["download"] = None
    if picture is not None:
        header["download"] = {"id": picture.id, "name": picture.name, "file": add(picture.png)}
    text = json.dumps(header).encode()
    return b"".join((len(text).to_bytes(4, "little"), text, *sections))
