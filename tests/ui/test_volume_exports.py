"""What a reader takes away from a volume: read back, in the right place, nameless."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from brainscan.imaging.correction import Correction
from brainscan.imaging.overlay import MARGIN
from brainscan.imaging.volume import Volume
from brainscan.inference.release import Release
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.dicom import Findings
from brainscan.ui import volume_exports as exports
from brainscan.ui.dicom_results import as_zip, make
from brainscan.ui.volume_work import Answer, evident_ml
from tests.imaging.patient import MARKER, SECRETS, displayed_at
from tests.reporting.dicom import answers, sources

RELEASE = Release(
    Path("/nowhere/fake"), {"name": "fake", "version": "1.0.0", "files": {"weights": "0"}}
)
VIEW = {
    "plane": "coronal", "index": 20, "window": [900.0, 450.0], "preset": None, "invert": False,
    "overlay": True, "opacity": 1.0, "threshold": 0.5, "colormap": "inferno",
}  # fmt: skip


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return sources.volume_of(sources.series(tmp_path_factory.mktemp("series")))


@pytest.fixture(scope="module")
def prediction(volume: Volume) -> VolumePrediction:
    return answers.volume_prediction(volume)


def test_extent_of_evidence_is_that_of_the_marker(
    volume: Volume, prediction: VolumePrediction
) -> None:
    voxels = int((volume.voxels >= 0.7 * volume.voxels.max())[..., 1:].sum())
    assert evident_ml(volume, prediction) == pytest.approx(voxels * 2 * 2 * 4 / 1000, rel=1e-4)


def test_key_slices_are_pictures_with_names_that_name_nobody(
    volume: Volume, prediction: VolumePrediction
) -> None:
    data = exports.key_slices_zip(volume, prediction, synthetic=False)
    assert data == exports.key_slices_zip(volume, prediction, synthetic=False)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        pictures = [Image.open(io.BytesIO(archive.read(name))) for name in names]
    numbers = [index + 1 for index in prediction.key_slices]
    assert [name.rsplit("-", 1)[1] for name in names] == [f"{n:03d}.png" for n in numbers]
    assert all(picture.info["Disclaimer"] == RESEARCH_USE for picture in pictures)
    assert not any(secret.encode() in data for secret in SECRETS)


def test_evidence_of_every_plane_lies_where_the_marker_does(
    volume: Volume, prediction: VolumePrediction
) -> None:
    at = np.linalg.solve(volume.affine[:3, :3], MARKER - volume.affine[:3, 3])
    for plane, axis in (("sagittal", 0), ("coronal", 1), ("axial", 2)):
        index = round(at[axis])
        found = exports.evidence_slice(volume, prediction, plane, index)  # type: ignore[arg-type]
        shown = volume.plane_slice(plane, index).pixels  # type: ignore[arg-type]
        assert found.shape == shown.shape
        assert np.array_equal(found >= 0.5, shown >= 0.7 * volume.voxels.max())


def test_view_is_saved_as_it_was_shown(volume: Volume, prediction: VolumePrediction) -> None:
    with_map = exports.view_png(volume, prediction, VIEW, synthetic=False)
    plain = exports.view_png(volume, prediction, {**VIEW, "overlay": False}, synthetic=False)
    assert Image.open(io.BytesIO(with_map)).info["Disclaimer"] == RESEARCH_USE
    assert with_map != plain
    assert exports.view_png(volume, None, VIEW, synthetic=False)


def test_profile_has_a_line_for_each_slice_with_its_place(
    volume: Volume, prediction: VolumePrediction
) -> None:
    lines = list(csv.DictReader(io.StringIO(
        exports.profile_csv(volume, prediction, synthetic=True)
    )))  # fmt: skip
    assert len(lines) == len(prediction.slices)
    assert lines[0]["state"] == "no_brain" and lines[0]["tumor_probability"] == ""
    places = [float(line["position_mm"]) for line in lines]
    assert np.allclose(np.diff(places), 4.0)
    assert places[0] == pytest.approx(volume.affine[2, 3])
    one = prediction.scored[3]
    assert float(lines[one.index]["tumor_probability"]) == pytest.approx(one.probability)
    assert {line["synthetic"] for line in lines} == {"true"}
    assert {line["notice"] for line in lines} == {RESEARCH_USE}


def test_answer_as_json_names_nobody(volume: Volume, prediction: VolumePrediction) -> None:
    text = exports.answer_json(volume, Answer(prediction, evident_ml=1.25), prediction,
                               synthetic=False)  # fmt: skip
    told = json.loads(text)
    assert told["notice"] == RESEARCH_USE and told["decision"] == "tumor"
    assert told["evidence_of_half_or_more_ml"] == 1.25
    assert not any(secret in text for secret in SECRETS)


def _findings(volume: Volume, prediction: VolumePrediction) -> Callable[[], Findings]:
    return lambda: Findings.of_volume(volume, prediction, release=RELEASE)


def test_dicom_results_are_made_by_choice_and_one_failure_spares_the_rest(
    volume: Volume, prediction: VolumePrediction
) -> None:
    made = make(_findings(volume, prediction), ["sc", "sr"], "key")
    assert not made.refusals
    with zipfile.ZipFile(io.BytesIO(as_zip((n, d) for _, n, d in made.files))) as archive:
        read = [pydicom.dcmread(io.BytesIO(archive.read(name))) for name in archive.namelist()]
        assert not any(secret in name for name in archive.namelist() for secret in SECRETS)
    kinds = [dataset.SOPClassUID.name for dataset in read]
    assert len(kinds) == len(prediction.key_slices) + 1
    assert sum("Comprehensive 3D SR" in kind for kind in kinds) == 1

    nothing = answers.volume_prediction(volume, evidence=np.zeros(volume.shape, np.float32))
    made = make(_findings(volume, nothing), ["seg", "sr"], "key")
    assert len(made.refusals) == 1 and len(made.files) == 1


def _outline(volume: Volume, prediction: VolumePrediction, place: tuple[int, int, int]) -> Any:
    mask = np.zeros(volume.shape, bool)
    i, j, k = place
    mask[i : i + 6, j : j + 4, k : k + 2] = True  # 12 x 8 x 8 mm
    made = Correction(mask, "Dr Day", "2026-01-02T03:04:05+00:00", "testnet 9.8.7")
    found = VolumeOutline.of(volume, prediction, made)
    assert found is not None
    return found


def test_the_outline_is_drawn_on_pictures_and_told_in_their_captions(
    volume: Volume, prediction: VolumePrediction
) -> None:
    at = np.linalg.solve(volume.affine[:3, :3], MARKER - volume.affine[:3, 3])
    i, j, k = (round(part) for part in at)
    outline = _outline(volume, prediction, (i - 3, j - 2, k - 1))
    view = {**VIEW, "index": j, "overlay": False, "outline": True, "band": False, "fill": 0.5}
    plain = exports.view_png(volume, prediction, {**view, "outline": False}, outline,
                             synthetic=False)  # fmt: skip
    drawn = exports.view_png(volume, prediction, view, outline, synthetic=False)
    pixels, before = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int) for png in (drawn, plain)
    )
    blue, none = (
        (one[..., 2] > one[..., 0] + 90) & (one[..., 1] > one[..., 0] + 60)
        for one in (pixels, before)
    )
    assert blue.sum() > 50 and not none.any()
    height, width = volume.plane_slice("coronal", j).pixels.shape  # of 4 x 2 mm
    times = max(1, round(640 / max(2 * height, width)))
    row, column = displayed_at(volume, "coronal", (i - 0.5, j, k - 0.5))
    expected = MARGIN + (row + 0.5) * 2 * times, MARGIN + (column + 0.5) * times
    np.testing.assert_allclose(np.argwhere(blue).mean(axis=0), expected, atol=times)
    # The caption makes the picture higher than the one without an outline.
    assert pixels.shape[0] > before.shape[0]
    # Away from the outline there is nothing to draw or to tell.
    away = {**view, "index": 0}
    assert exports.view_png(volume, prediction, away, outline, synthetic=False) == exports.view_png(
        volume, prediction, away, None, synthetic=False
    )


def test_key_slices_come_with_the_slice_of_the_largest_diameters(
    volume: Volume, prediction: VolumePrediction
) -> None:
    outline = _outline(volume, prediction, (2, 3, 1))
    index = outline.largest[0]
    assert index not in prediction.key_slices
    data = exports.key_slices_zip(volume, prediction, outline, synthetic=False)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    assert len(names) == len(prediction.key_slices) + 1
    assert names[-1].endswith(f"diameters-axial-{index + 1:03d}.png")


def test_profile_and_answer_tell_the_outline_and_whose_it_is(
    volume: Volume, prediction: VolumePrediction
) -> None:
    outline = _outline(volume, prediction, (2, 3, 4))
    text = exports.profile_csv(volume, prediction, outline, synthetic=False)
    lines = list(csv.DictReader(io.StringIO(text)))
    areas = [float(line["outline_mm2"]) for line in lines]
    assert areas[4:6] == [6 * 4 * 4.0] * 2 and sum(areas) == 2 * 96
    assert {line["outline_by"] for line in lines} == {"person"}
    bare = exports.profile_csv(volume, prediction, None, synthetic=False)
    assert {line["outline_mm2"] for line in csv.DictReader(io.StringIO(bare))} == {""}

    answer = Answer(prediction, evident_ml=1.25)
    told = json.loads(exports.answer_json(volume, answer, prediction, outline, synthetic=False))
    measured = told["outline_measures"]
    assert measured["by"] == "person" and measured["corrected_by"] == "Dr Day"
    assert measured["corrected_at"] == "2026-01-02T03:04:05+00:00"
    assert measured["milliliters"] == pytest.approx(6 * 4 * 2 * 16 / 1000)
    assert measured["range_ml"] is None  # a person draws one border
    assert (measured["lesions"], measured["possible"]) == (1, False)
    assert [piece["milliliters"] for piece in measured["pieces"]] == [measured["milliliters"]]
    assert measured["largest_diameters"]["plane"] == "axial"
    assert measured["largest_diameters"]["index"] == 4
    own = json.loads(exports.answer_json(volume, answer, prediction, None, synthetic=False))
    assert own["outline_measures"] is None


def test_dicom_results_are_those_of_the_correction(
    volume: Volume, prediction: VolumePrediction
) -> None:
    outline = _outline(volume, prediction, (2, 3, 4))
    findings = Findings.of_volume(
        volume, prediction, release=RELEASE, correction=outline.correction
    )
    made = make(lambda: findings, ["seg", "rtstruct"], "key")
    assert not made.refusals
    found = {}
    for label, _, data in made.files:
        found[label] = pydicom.dcmread(io.BytesIO(data))
    mask = found["Mask"]
    assert int((mask.pixel_array > 0).sum()) == 6 * 4 * 2
    assert "Contours" in found
