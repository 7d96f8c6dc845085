"""The volume viewer's messages: read back with a reader written from their description."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.orientation import PLANES
from brainscan.imaging.overlay import colorize
from brainscan.imaging.voi import Voi
from brainscan.imaging.volume import Volume
from brainscan.notice import RESEARCH_USE
from brainscan.ui.corrections import Receipt
from brainscan.ui.viewer.payload import Picture
from brainscan.ui.volume_viewer import reducing
from brainscan.ui.volume_viewer.payload import Goto, pack_answer, pack_view, pack_volume
from tests.imaging import patient
from tests.imaging.patient import MARKER
from tests.inference.volumes import make_volume
from tests.ui.volume_answers import answer_for

AXIS = {"sagittal": 0, "coronal": 1, "axial": 2}


def _unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(message[:4], "little")
    return json.loads(message[4 : 4 + length]), message[4 + length :]


def _section(body: bytes, where: dict[str, int]) -> bytes:
    return body[where["offset"] : where["offset"] + where["length"]]


def _voxels(message: bytes) -> tuple[dict[str, Any], np.ndarray]:
    header, body = _unpack(message)
    raw = np.frombuffer(_section(body, header["voxels"]), f"<u{np.dtype(header['dtype']).itemsize}")
    return header, raw.reshape(header["shape"], order="F")


def _evidence(message: bytes) -> tuple[dict[str, Any], np.ndarray]:
    header, body = _unpack(message)
    raw = np.frombuffer(_section(body, header["evidence"]), np.uint8)
    return header, raw.reshape(header["shape"], order="F")


def _filled(volume: Volume, voxels: np.ndarray) -> Volume:
    return replace(volume, voxels=voxels.astype(np.float32))


def _centred(linear: np.ndarray) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = linear
    affine[:3, 3] = -linear @ (np.array([40, 44, 36]) - 1) / 2
    return affine


def _straight(code: str) -> np.ndarray:
    """A grid of 2 mm whose axes grow towards the three letters."""
    linear = np.zeros((3, 3))
    for source, (world, sign) in enumerate(nib.orientations.axcodes2ornt(code)):
        linear[int(world), source] = 2.0 * sign
    return _centred(linear)


def _turned() -> np.ndarray:
    """An oblique grid stored towards left, posterior, superior."""
    turn = np.array([[0.9, -0.43589, 0], [0.43589, 0.9, 0], [0, 0, 1]])
    return _centred(turn @ np.diag([-2.0, -2.0, 2.0]))


@pytest.mark.parametrize("code", ["RAS", "LPS", "PIR", "SAL", "oblique"])
def test_marker_stays_on_the_patients_left(code: str) -> None:
    affine = _turned() if code == "oblique" else _straight(code)
    volume = read_nifti(patient.nifti_bytes(affine), "t1.nii.gz")
    header, stored = _voxels(pack_volume(volume))
    place = np.argwhere(stored == stored.max()).mean(axis=0)
    where = np.array(header["affine"]) @ [*place, 1]
    np.testing.assert_allclose(where[:3], MARKER, atol=1.0)
    first = {plane: [s[0] for s in header["planes"][plane]["letters"].values()] for plane in PLANES}
    assert first == {
        "axial": ["R", "L", "A", "P"],
        "coronal": ["R", "L", "S", "I"],
        "sagittal": ["A", "P", "S", "I"],
    }


def test_oblique_edges_have_two_letters() -> None:
    volume = read_nifti(patient.nifti_bytes(_turned()), "t1.nii.gz")
    header, _ = _unpack(pack_volume(volume))
    letters = header["planes"]["axial"]["letters"]
    assert {len(letter) for letter in letters.values()} == {2}
    assert letters == volume.plane_slice("axial", 0).letters._asdict()
    assert header["planes"]["axial"]["ends"] == ["I", "S"]


def test_places_have_letters_only_where_the_origin_is_in_the_head() -> None:
    volume = make_volume()
    assert _unpack(pack_volume(volume))[0]["centred"] is True
    affine = volume.affine.copy()
    affine[:3, 3] = (-86.0, 0.0, 0.0)  # in a corner, as in BraTS: all of it left and anterior
    assert _unpack(pack_volume(replace(volume, affine=affine)))[0]["centred"] is False


def test_spacing_belongs_to_rows_and_columns() -> None:
    header, _ = _unpack(pack_volume(make_volume(spacing=(1.0, 2.0, 5.0))))
    assert header["planes"]["axial"]["spacing"] == [2.0, 1.0]
    assert header["planes"]["coronal"]["spacing"] == [5.0, 1.0]
    assert header["planes"]["sagittal"]["spacing"] == [5.0, 2.0]
    assert header["notice"] == RESEARCH_USE


@pytest.mark.parametrize(("top", "dtype"), [(255, "uint8"), (4095, "uint16")])
def test_whole_numbers_keep_their_value(top: int, dtype: str) -> None:
    rng = np.random.default_rng(1)
    voxels = rng.integers(-7, top - 7, (44, 48, 42), endpoint=True)
    header, stored = _voxels(pack_volume(_filled(make_volume(), voxels)))
    assert header["dtype"] == dtype and header["slope"] == 1.0
    np.testing.assert_array_equal(stored + header["intercept"], voxels)


def test_other_values_come_back_within_half_a_step() -> None:
    voxels = np.random.default_rng(1).normal(-3.0, 50.0, (44, 48, 42)).astype(np.float32)
    header, stored = _voxels(pack_volume(_filled(make_volume(), voxels)))
    back = stored * header["slope"] + header["intercept"]
    assert header["slope"] == pytest.approx(np.ptp(voxels) / 65535)
    assert np.abs(back - voxels).max() <= header["slope"] * 0.5001
    assert header["range"] == pytest.approx([voxels.min(), voxels.max()])


def test_constant_volume_has_a_window() -> None:
    header, stored = _voxels(pack_volume(_filled(make_volume(), np.full((44, 48, 42), 7.0))))
    assert header["window"][0] > 0 and header["auto"][0] > 0
    assert header["range"][1] > header["range"][0] and stored.max() == 0


def test_large_volumes_are_shown_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reducing, "MOST_VOXELS", 44 * 24 * 42)
    volume = make_volume()
    header, stored = _voxels(pack_volume(volume))
    assert header["factors"] == [1, 2, 1] and header["full"] == [44, 48, 42]
    np.testing.assert_allclose(
        stored * header["slope"] + header["intercept"],
        (volume.voxels[:, ::2] + volume.voxels[:, 1::2]) / 2,
        atol=header["slope"],
    )
    np.testing.assert_allclose(
        np.array(header["affine"]) @ [3, 5, 7, 1], volume.affine @ [3, 10.5, 7, 1]
    )
    assert header["planes"]["axial"]["spacing"] == [4.0, 2.0]
    header, evidence = _evidence(pack_answer(volume, answer_for(volume), "Net 1"))
    assert evidence.shape == (44, 24, 42)


def test_windows_and_colours_travel() -> None:
    table = np.linspace(1, 0, 4, dtype=np.float32)
    windows = (Voi.linear("Brain", 40, 80), Voi.lookup("Table", 0, table))
    header, body = _unpack(pack_volume(replace(make_volume(), windows=windows)))
    brain, lookup = header["presets"]
    assert (brain["width"], brain["level"], brain["shown"]) == (79.0, 39.5, [80.0, 40.0])
    assert header["window"] == [79.0, 39.5] and brain["table"] is None
    assert _section(body, lookup["table"]) == table.astype("<f4").tobytes()
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None]
    assert _section(body, header["colormaps"]["viridis"]) == colorize(ramp, "viridis").tobytes()


@pytest.mark.parametrize("plane", PLANES)
def test_evidence_lies_on_the_voxels(plane: Any) -> None:
    volume = make_volume(plane=plane)
    prediction = answer_for(volume)
    header, evidence = _evidence(pack_answer(volume, prediction, "Net 1"))
    expected = np.rint(prediction.evidence_volume(volume) * 255)
    np.testing.assert_array_equal(evidence, expected)
    peak = np.argwhere(evidence == evidence.max()).mean(axis=0)
    np.testing.assert_allclose((volume.affine @ [*peak, 1])[:3], MARKER, atol=4.0)
    assert (header["plane"], header["title"], header["threshold"]) == (plane, "Net 1", 0.5)
    assert header["keys"] == list(prediction.key_slices)


def test_slices_say_what_became_of_them() -> None:
    volume = make_volume()
    prediction = answer_for(volume)
    header, _ = _unpack(pack_answer(volume, prediction, "Net 1"))
    assert [one["index"] for one in header["slices"]] == list(range(42))
    for told, one in zip(header["slices"], prediction.slices, strict=True):
        assert told["state"] == one.state and told["probability"] == one.probability
        assert told["refused"] == one.gate_refused
    states = [one["state"] for one in header["slices"]]
    assert {"scored", "no_brain"} == set(states)
    assert [one["refused"] for one in header["slices"]].index(True) == states.index("scored")


def test_evidence_of_large_slices_is_made_smaller() -> None:
    volume = make_volume(spacing=(0.25, 2.0, 2.0), shape=(352, 48, 42))
    header, evidence = _evidence(pack_answer(volume, answer_for(volume), "Net 1"))
    assert (header["factors"], evidence.shape) == ([2, 1, 1], (176, 48, 42))
    peak = np.argwhere(evidence == evidence.max()).mean(axis=0) * [2, 1, 1] + [0.5, 0, 0]
    np.testing.assert_allclose((volume.affine @ [*peak, 1])[:3], MARKER, atol=4.0)


def test_answers_that_differ_have_different_names() -> None:
    volume = make_volume()
    prediction = answer_for(volume)
    first, same, other = (
        _unpack(pack_answer(volume, one, "Net 1"))[0]["answer"]
        for one in (prediction, prediction, replace(prediction, slice_threshold=0.6))
    )
    assert first == same != other


def test_view_is_small_and_carries_requests() -> None:
    message = pack_view(
        "/media/a",
        None,
        "/media/b",
        picture=Picture("id-1", "out.png", b"\x89PNG"),
        goto=Goto("g", "axial", 3, (1, 2, 3)),
        author="Dr Day",
        receipt=Receipt("1-2", "ab" * 32, "Not kept."),
    )
    header, body = _unpack(message)
    assert (header["volume"], header["answer"], header["outline"]) == ("/media/a", None, "/media/b")
    assert header["receipt"] == {"id": "1-2", "problem": "Not kept."}
    assert header["author"] == "Dr Day"
    assert header["goto"] == {"id": "g", "plane": "axial", "index": 3, "voxel": [1, 2, 3]}
    assert _section(body, header["download"]["file"]) == b"\x89PNG"
    assert len(message) < 400
