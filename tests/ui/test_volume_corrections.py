"""The outline of a volume on its way to the canvas and back, slice by slice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from brainscan.imaging.correction import Correction, encode_mask
from brainscan.imaging.orientation import PLANE_OF_AXIS, PLANES, Plane
from brainscan.imaging.volume import Volume, as_displayed
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.ui.volume_corrections import Shown, keep
from brainscan.ui.volume_viewer import reducing
from brainscan.ui.volume_viewer.outline import INNER, OUTER, OWN, SHOWN, pack_outline, shown_slice
from tests.inference.volumes import make_volume
from tests.ui.volume_answers import answer_for

SHAPE = (20, 24, 16)
VOLUME = make_volume((1.0, 2.0, 4.0), shape=SHAPE)


def outline_of(mask: np.ndarray, volume: Volume = VOLUME, plane: Plane = "axial") -> VolumeOutline:
    answer = replace(answer_for(volume, found=False), plane=plane)
    found = VolumeOutline.of(volume, answer, Correction(mask, "", "2026-01-02T03:04:05", "fake 1"))
    assert found is not None
    return found


def cuboid(shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[3:9, 5:8, 2:6] = True
    return mask


def unpacked(message: bytes) -> tuple[dict[str, Any], np.ndarray]:
    """Read a message as its description says: header, then the bits, first index fastest."""
    size = int.from_bytes(message[:4], "little")
    header = json.loads(message[4 : 4 + size])
    begin = 4 + size + header["bits"]["offset"]
    raw = np.frombuffer(message[begin : begin + header["bits"]["length"]], np.uint8)
    return header, raw.reshape(header["shape"], order="F")


def test_the_outline_travels_in_its_box() -> None:
    outline = outline_of(cuboid())
    wider = np.pad(outline.outer, 1)
    outline = replace(
        outline,
        box=(slice(2, 10), slice(4, 9), slice(1, 7)),
        mask=np.pad(outline.mask, 1),
        inner=np.zeros(wider.shape, bool),
        outer=np.ones(wider.shape, bool),
        own=wider,
        possible=True,
    )
    packed = pack_outline(VOLUME, "axial", outline, ("Possible outline", "6 × 6 mm"))
    header, bits = unpacked(packed.message)
    assert (header["volume"], header["plane"], header["outline"]) == (
        VOLUME.sha256, "axial", packed.digest,
    )  # fmt: skip
    assert header["start"] == [2, 4, 1] and header["words"] == "Possible outline"
    assert header["possible"] and header["band"] and header["own"] and not header["empty"]
    np.testing.assert_array_equal(bits & SHOWN > 0, outline.mask)
    np.testing.assert_array_equal(bits & OWN > 0, wider)
    assert (bits & OUTER > 0).all() and not (bits & INNER).any()
    assert outline.largest is not None
    index, measures = outline.largest
    assert measures.diameters is not None
    assert header["largest"]["index"] == index and header["largest"]["words"] == "6 × 6 mm"
    ends = [list(end) for end in measures.diameters.longest_ends]
    np.testing.assert_allclose(header["largest"]["lengths"][0], ends)
    other = pack_outline(VOLUME, "axial", replace(outline, possible=False))
    assert other.digest != packed.digest


def test_no_outline_is_a_message_to_draw_on() -> None:
    header, bits = unpacked(pack_outline(VOLUME, "coronal", None).message)
    assert header["empty"] and bits.size == 0 and header["largest"] is None
    assert not (header["band"] or header["own"] or header["possible"])
    assert not shown_slice(None, VOLUME, "coronal", 23).any()
    with pytest.raises(IndexError, match="24"):
        shown_slice(None, VOLUME, "coronal", 24)


@pytest.mark.parametrize("plane", PLANES)
def test_what_is_on_screen_is_the_slice(plane: Plane) -> None:
    mask = cuboid()
    outline = outline_of(mask, plane=plane)
    axis = PLANE_OF_AXIS.index(plane)
    for at in range(SHAPE[axis]):
        np.testing.assert_array_equal(
            shown_slice(outline, VOLUME, plane, at), np.take(mask, at, axis=axis)
        )


def sent(shown: Shown, slices: object, **more: object) -> dict[str, object]:
    return {
        "id": "1-2",
        "volume": shown.volume.sha256,
        "outline": shown.digest,
        "author": "Dr Day",
        "slices": slices,
        **more,
    }


def shown_of(mask: np.ndarray, volume: Volume = VOLUME, plane: Plane = "axial") -> Shown:
    outline = outline_of(mask, volume, plane)
    return Shown(volume, plane, outline, pack_outline(volume, plane, outline).digest, "fake 1")


@pytest.mark.parametrize("plane", PLANES)
def test_slices_drawn_take_the_place_of_their_slices_alone(plane: Plane) -> None:
    shown = shown_of(cuboid(), plane=plane)
    axis = PLANE_OF_AXIS.index(plane)
    rng = np.random.default_rng(3)
    expected = cuboid()
    slices = []
    for at in (0, 5, SHAPE[axis] - 1):
        drawn = rng.random([size for other, size in enumerate(SHAPE) if other != axis]) < 0.2
        np.moveaxis(expected, axis, 0)[at] = drawn
        slices.append([at, encode_mask(as_displayed(drawn))])
    receipt, made = keep(shown, sent(shown, slices))
    assert receipt.problem == "" and (receipt.id, receipt.author) == ("1-2", "Dr Day")
    assert made is not None and (made.author, made.model) == ("Dr Day", "fake 1")
    assert made.when.endswith("+00:00")
    np.testing.assert_array_equal(made.mask, expected)


def test_drawing_begins_with_nothing_where_the_model_draws_no_outline() -> None:
    shown = Shown(VOLUME, "axial", None, "d", "fake 1")
    drawn = np.zeros((24, 20), bool)
    drawn[2, 3] = True
    receipt, made = keep(shown, sent(shown, [[4, encode_mask(drawn)]], author=" "))
    assert made is not None and receipt.author == "" and made.author == "unnamed reader"
    # Row 2 of 24 and column 3 of 20 run against the canonical axes.
    assert np.argwhere(made.mask).tolist() == [[16, 21, 4]]


def test_a_volume_shown_reduced_is_edited_in_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reducing, "MOST_VOXELS", 11 * 13 * 16)
    volume = make_volume((1.0, 2.0, 4.0), shape=(21, 25, 16))
    assert reducing.reduction(volume.shape) == (2, 2, 1)
    mask = np.zeros(volume.shape, bool)
    mask[4:9, 6:9, 2:6] = True  # 5 x 3: its last blocks are halved and quartered
    shown = shown_of(mask, volume)
    header, bits = unpacked(pack_outline(volume, "axial", shown.outline).message)
    assert header["start"] == [2, 3, 2] and header["shape"] == [3, 2, 4]
    assert (bits[:, :, 0] & SHOWN).tolist() == [[1, 1], [1, 1], [1, 0]]
    before = shown_slice(shown.outline, volume, "axial", 3)
    assert before.shape == (11, 13)
    assert np.argwhere(before).tolist() == [[2, 3], [2, 4], [3, 3], [3, 4], [4, 3]]

    drawn = before.copy()
    drawn[2, 3], drawn[10, 12] = False, True  # a whole block goes, the last one has one voxel
    receipt, made = keep(shown, sent(shown, [[3, encode_mask(as_displayed(drawn))]]))
    assert receipt.problem == "" and made is not None
    expected = mask.copy()
    expected[4:6, 6:8, 3], expected[20, 24, 3] = False, True
    np.testing.assert_array_equal(made.mask, expected)


@pytest.mark.parametrize(
    "slices",
    [
        None, [], "slices", [3], [[1]], [[True, ""]], [[1.5, ""]], [["1", ""]], [[1, 2]],
        [[-1, ""]], [[16, ""]], [[1, "no mask"]], [[1, encode_mask(np.ones((20, 24), bool)[:-1])]],
    ],
)  # fmt: skip
def test_damaged_slices_are_a_sentence(slices: object) -> None:
    shown = shown_of(cuboid())
    receipt, made = keep(shown, sent(shown, slices))
    assert made is None and receipt.id == "1-2"
    assert receipt.problem.startswith(("The outline was not kept", "The corrected outline could"))


def test_stale_strokes_are_not_kept_and_the_reason_is_told() -> None:
    shown = shown_of(cuboid())
    good = [[1, encode_mask(np.ones((24, 20), bool))]]
    for stale, words in (
        ({"outline": "other"}, "another one has taken the place"),
        ({"volume": "0" * 64}, "another scan is open"),
    ):
        receipt, made = keep(shown, sent(shown, good, **stale))
        assert made is None and words in receipt.problem
    for anything in (None, 3, "text", {}, {"volume": [1]}, {"id": {"a": 1}}):
        receipt, made = keep(shown, anything)
        assert made is None and receipt.problem
    assert keep(None, sent(shown, good))[1] is None
    receipt, made = keep(shown, sent(shown, [[1.0, good[0][1]]], author=7))
    assert made is not None and receipt.author == "" and made.author == "unnamed reader"


@pytest.mark.parametrize("before", [None, outline_of(cuboid())])
def test_a_correction_says_which_model_it_began_with(before: VolumeOutline | None) -> None:
    digest = pack_outline(VOLUME, "axial", before).digest
    slices = [[3, encode_mask(np.ones((SHAPE[1], SHAPE[0]), bool))]]
    sent = {"id": "1", "volume": VOLUME.sha256, "outline": digest, "slices": slices}
    _, made = keep(Shown(VOLUME, "axial", before, digest, "other 2"), sent)
    # Nothing was outlined, or a reader had corrected what another model outlined.
    assert made is not None and made.model == ("" if before is None else "fake 1")
