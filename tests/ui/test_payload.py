"""The viewer's binary message: read back with a reader written from its description."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from brainscan.imaging.correction import Correction, decode_mask
from brainscan.imaging.measures import measure_slice
from brainscan.imaging.orientation import Letters
from brainscan.imaging.overlay import colorize
from brainscan.imaging.preprocessing import Preprocessing, preprocess
from brainscan.imaging.scan import Scan
from brainscan.imaging.voi import Voi
from brainscan.inference.prediction import HeatMap, Prediction
from brainscan.notice import RESEARCH_USE
from brainscan.ui.corrections import Receipt
from brainscan.ui.outlines import SliceOutline
from brainscan.ui.viewer.drawing import Drawing
from brainscan.ui.viewer.payload import (
    CAUTION,
    Picture,
    auto_window,
    first_window,
    pack,
    pack_problem,
    viewer_maps,
)


def _unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(message[:4], "little")
    return json.loads(message[4 : 4 + length]), message[4 + length :]


def _section(body: bytes, where: dict[str, int]) -> bytes:
    return body[where["offset"] : where["offset"] + where["length"]]


def _scan(pixels: np.ndarray) -> Scan:
    return Scan(pixels, "slice.png", "ab" * 32, "PNG", "L")


def _prediction(scan: Scan, grid: np.ndarray, peak: float) -> Prediction:
    _, geometry = preprocess(scan.pixels, Preprocessing())
    heat_map = HeatMap(grid.astype(np.float32), geometry, "evidence", peak)
    cam = HeatMap(grid.astype(np.float32), geometry, "gradcam", peak)
    return Prediction(
        0.9, "tumor", {"glioma": 1.0}, heat_map, {"tumor": cam, "glioma": cam}, 0.5, (0.4, 0.6),
        "fake 1", scan.sha256, 1.0,
    )  # fmt: skip


def _disc(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    inside = np.hypot(y - height / 2, x - width / 2) < min(height, width) * 0.4
    return np.where(inside, 90 + (x + y) % 100, 0).astype(np.uint8)


def test_uint8_pixels_travel_as_they_are() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    header, body = _unpack(pack(_scan(pixels), position=(1, 5), model="Net 1", answer="key"))
    assert _section(body, header["pixels"]) == pixels.tobytes()
    assert (header["width"], header["height"], header["dtype"]) == (4, 3, "uint8")
    assert (header["slope"], header["intercept"], header["integer"]) == (1.0, 0.0, True)
    assert header["window"] == [256.0, 128.0]
    assert header["range"] == [0.0, 256.0]
    assert header["position"] == {"index": 1, "count": 5}
    assert (header["model"], header["answer"], header["notice"]) == ("Net 1", "key", RESEARCH_USE)


def test_uint16_pixels_are_little_endian() -> None:
    pixels = np.array([[0x1234, 0xABCD]], dtype=">u2").astype(np.uint16)
    header, body = _unpack(pack(_scan(pixels), position=(0, 1)))
    assert _section(body, header["pixels"]) == bytes([0x34, 0x12, 0xCD, 0xAB])


def test_float_pixels_come_back_within_a_step() -> None:
    pixels = np.random.default_rng(1).normal(-3.0, 50.0, (20, 30)).astype(np.float32)
    header, body = _unpack(pack(_scan(pixels), position=(0, 1)))
    stored = np.frombuffer(_section(body, header["pixels"]), "<u2").reshape(20, 30)
    back = stored * header["slope"] + header["intercept"]
    assert header["integer"] is False
    assert np.abs(back - pixels).max() <= header["slope"] * 0.51
    assert header["range"] == pytest.approx([pixels.min(), pixels.max()])


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.3, -20.0), (4.884, -10_000.7)])
def test_rescaled_integers_keep_every_value(slope: float, intercept: float) -> None:
    counts = np.random.default_rng(2).integers(-2000, 2000, (40, 40))
    pixels = (counts * slope + intercept).astype(np.float32)
    header, body = _unpack(pack(_scan(pixels), position=(0, 1)))
    stored = np.frombuffer(_section(body, header["pixels"]), "<u2").reshape(40, 40)
    back = stored * header["slope"] + header["intercept"]
    np.testing.assert_allclose(back, pixels, atol=0.002)
    assert np.array_equal(stored, counts - counts.min())
    if slope == 1.0:
        assert header["limits"]["step"] == 1.0


def test_windows_of_the_file_travel_with_their_function() -> None:
    curve = np.linspace(0.0, 1.0, 50, dtype=np.float32) ** 2
    windows = (
        Voi.linear("BRAIN", 400.0, 901.0),
        Voi("S", "SIGMOID", 300.0, 200.0),
        Voi.lookup("T", 10.0, curve),
    )
    scan = replace(
        _scan(np.arange(900, dtype=np.float32).reshape(30, 30)),
        windows=windows,
        letters=Letters("R", "L", "A", "P"),
        spacing=(0.5, 0.25),
    )
    header, body = _unpack(pack(scan, position=(0, 1)))
    first, second, third = header["presets"]
    assert (first["label"], first["function"], first["table"]) == ("BRAIN", "LINEAR", None)
    assert (first["width"] + first["stated"][0], first["level"] + first["stated"][1]) == (901, 400)
    assert (second["function"], second["stated"]) == ("SIGMOID", [0.0, 0.0])
    assert np.array_equal(np.frombuffer(_section(body, third["table"]), "<f4"), curve)
    assert header["window"] == [900.0, 399.5]
    assert header["limits"] == {"width": [1.0, 900.0], "level": [0.0, 899.0], "step": 1.0}
    assert header["letters"] == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    assert header["spacing"] == [0.5, 0.25]
    plain, _ = _unpack(pack(_scan(np.zeros((2, 2), np.uint8)), position=(0, 1)))
    assert (plain["presets"], plain["letters"], plain["spacing"]) == ([], None, None)


def test_constant_float_slice_has_a_window() -> None:
    header, _ = _unpack(pack(_scan(np.full((4, 4), 7.0, np.float32)), position=(0, 1)))
    assert header["slope"] > 0 and header["window"][0] > 0


def test_color_tables_are_those_of_the_export() -> None:
    header, body = _unpack(pack(_scan(np.zeros((2, 2), np.uint8)), position=(0, 1)))
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None]
    for name in ("inferno", "viridis"):
        assert _section(body, header["colormaps"][name]) == colorize(ramp, name).tobytes()


def test_maps_are_quantized_on_the_slice() -> None:
    scan = _scan(_disc(120, 160))
    grid = np.zeros((24, 24))
    grid[10, 12] = 1.0
    prediction = _prediction(scan, grid, 1.0)
    maps = viewer_maps(prediction)
    assert [entry.key for entry in maps] == ["evidence", "gradcam:tumor", "gradcam:glioma"]
    expected = np.rint(prediction.evidence.on_slice() * 255).astype(np.uint8)
    assert np.array_equal(maps[0].values, expected)
    header, body = _unpack(pack(scan, position=(0, 1), maps=maps))
    first = header["maps"][0]
    assert _section(body, first["values"]) == expected.tobytes()
    assert (first["width"], first["height"], first["hasEvidence"]) == (160, 120, True)


def test_a_map_that_does_not_point_at_tumors_says_so() -> None:
    prediction = _prediction(_scan(_disc(64, 64)), np.zeros((24, 24)), -0.3)

    def cautions(*games: tuple[float, float]) -> list[str]:
        sets = {
            str(number): {
                "parts": [{"pointing": {"gradcam": {"low": low}, "center": {"high": high}}}]
            }
            for number, (low, high) in enumerate(games)
        }
        return [one.caution for one in viewer_maps(prediction, {"faithfulness": {"sets": sets}})]

    assert cautions((0.5, 0.2), (0.1, 0.2)) == ["", CAUTION, ""]
    assert cautions((0.5, 0.2), (0.3, 0.2)) == ["", "", ""]
    assert cautions() == ["", "", ""]  # nothing was measured
    header, _ = _unpack(pack(_scan(_disc(64, 64)), position=(0, 1), maps=viewer_maps(prediction)))
    assert header["maps"][0]["caution"] == ""


def test_maps_of_large_slices_are_made_smaller_but_keep_their_place() -> None:
    scan = _scan(_disc(3000, 1500))
    grid = np.zeros((24, 24))
    grid[:, :12] = 1.0
    entry = viewer_maps(_prediction(scan, grid, 1.0))[0]
    assert entry.values.shape == (1024, 512)
    assert entry.values[512, 200] == 255 and entry.values[512, 312] == 0


def test_map_without_evidence_says_so() -> None:
    scan = _scan(_disc(64, 64))
    entry = viewer_maps(_prediction(scan, np.zeros((24, 24)), -0.3))[0]
    assert (entry.has_evidence, entry.largest, int(entry.values.max())) == (False, 0.0, 0)


def test_picture_to_save_rides_along() -> None:
    picture = Picture("id-1", "out.png", b"\x89PNG")
    header, body = _unpack(
        pack(_scan(np.zeros((2, 2), np.uint8)), position=(0, 1), picture=picture)
    )
    assert header["download"]["name"] == "out.png"
    assert _section(body, header["download"]["file"]) == b"\x89PNG"


def test_outline_travels_as_run_lengths_with_its_measures() -> None:
    scan = _scan(_disc(40, 60))
    mask = np.zeros((40, 60), bool)
    mask[10:20, 20:40] = True
    correction = Correction(mask, "A. Reader", "2026-11-26T18:02:03+00:00", "fake 1")
    outline = SliceOutline(
        mask, measure_slice(mask, None), model_mask=~mask, band=(mask, ~mask), correction=correction
    )
    receipt = Receipt("7", scan.sha256, "It was not kept.")
    drawing = Drawing(outline, editable=True, started="fake 1", author="A. Reader", receipt=receipt)
    header, _ = _unpack(pack(scan, position=(0, 1), drawing=drawing))
    assert header["started"] == "fake 1"  # the canvas sends it back with the strokes
    said = header["outline"]
    assert np.array_equal(decode_mask(said["shown"], (40, 60)), mask)
    assert np.array_equal(decode_mask(said["model"], (40, 60)), ~mask)
    assert [decode_mask(text, (40, 60)).sum() for text in said["band"]] == [200, 2200]
    assert len(said["lengths"]) == 2 and np.shape(said["lengths"]) == (2, 2, 2)
    who, when, measured = said["words"].split("\n")
    assert (who, when) == ("Corrected by A. Reader", "2026-11-26 18:02 UTC")
    assert measured.startswith("200 px, ")
    assert (header["editable"], header["author"]) == (True, "A. Reader")
    assert header["receipt"] == {
        "id": "7", "scan": scan.sha256, "problem": "It was not kept."
    }  # fmt: skip
    plain, _ = _unpack(pack(scan, position=(0, 1)))
    assert (plain["outline"], plain["editable"], plain["receipt"]) == (None, False, None)


def test_problem_carries_its_sentence_and_no_picture() -> None:
    header, body = _unpack(pack_problem("a.txt", "key", "It is text.", position=(2, 3)))
    assert (header["problem"], header["name"], header["scan"]) == ("It is text.", "a.txt", "key")
    assert header["maps"] == [] and _section(body, header["pixels"]) == b"\0"


def test_windows() -> None:
    ramp = np.arange(1001, dtype=np.uint16).reshape(7, 143)
    assert auto_window(ramp) == (991.0, 500.5)
    assert first_window(_scan(ramp)) == auto_window(ramp)
    assert first_window(_scan(np.full((4, 4), 3, np.uint8))) == (256.0, 128.0)
    assert auto_window(np.full((4, 4), 3, np.uint8)) == (256.0, 128.0)
