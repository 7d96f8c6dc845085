"""``python -m brainscan predict`` on series, volumes, archives and whatever else lies there."""

from __future__ import annotations

import json
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
import pytest
from PIL import Image

from brainscan.cli import main
from brainscan.commands import predict_lines as module
from brainscan.commands.predict_outputs import place_of
from brainscan.imaging.intake import find_scans
from brainscan.imaging.volume import Volume
from brainscan.inference.classifier import TumorClassifier
from brainscan.reporting.dicom import KINDS
from tests.imaging import patient
from tests.imaging.bad_inputs import AFFINE, bad_inputs, dicom, write_all, zipped
from tests.inference.fake_network import fake_classifier

VOLUME = {"slices", "plane", "rule", "key_slices", "agreement", "threshold", "files", "size"}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    patient.classic_series(root / "a")
    shutil.copy(next((root / "a").iterdir()), root / "a" / "twice")
    (root / "flair.nii.gz").write_bytes(patient.nifti_bytes(AFFINE))
    single = patient.header(SeriesInstanceUID="1.2.9")
    pixels = patient.slice_pixels(patient.AXIAL, 4.0)[10][0]
    (root / "single.dcm").write_bytes(patient.to_bytes(patient.with_pixels(single, pixels)))
    return root


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(TumorClassifier, "load", lambda *_, **__: fake_classifier())


def run(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0
) -> list[dict[str, Any]]:
    """Run the command; return its lines, in which nothing of the patient is."""
    given = ["predict", *map(str, arguments), "--model", "custom_cnn", "--no-gate"]
    assert main(given) == code
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert not [word for word in (*patient.SECRETS, "1.2.3.4") if word in text]
    return [json.loads(line) for line in said.out.splitlines()]


def test_every_file_has_its_line(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, study)
    assert [(line["kind"], line["status"]) for line in lines] == [
        (None, "rejected"),
        ("slice", "ok"),
        ("nifti", "ok"),
        ("series", "ok"),
    ]
    copy, single, nifti, series = lines
    assert copy["file"].startswith(str(study / "a")) and "same DICOM object" in copy["reason"]
    assert single["file"] == str(study / "single.dcm") and single["size"] == [44, 48]
    assert series["file"] == str(study / "a") and series["series"] == "AX T1 post Gd"
    assert (series["files"], nifti["files"]) == (20, 1)
    assert nifti["file"] == str(study / "flair.nii.gz") and nifti["size"] == [40, 44, 36]
    for line in (nifti, series):
        assert set(line) >= VOLUME and 0 <= line["tumor_probability"] <= 1
        assert len(line["slices"]) == line["size"][2] and line["plane"] == "axial"
        assert set(line["slices"][0]) >= {"index", "state", "probability"}
        assert [one["index"] for one in line["slices"]] == list(range(line["size"][2]))
    assert all(line["notice"] and line["model"] for line in lines)


def test_slices_are_answered_one_by_one_if_asked(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = run(capsys, study / "a", "--slices")
    assert len(lines) == 21 and {line["kind"] for line in lines} == {"slice"}
    assert len({line["file"] for line in lines}) == 21
    digest = next(line["sha256"] for line in lines if line["file"].endswith("twice"))
    twice = [line["tumor_probability"] for line in lines if line["sha256"] == digest]
    assert len(twice) == 2 and len(set(twice)) == 1


def test_an_archive_is_read_like_its_folder(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "disc.zip"
    members = {
        str(path.relative_to(study)): path.read_bytes()
        for path in study.rglob("*")
        if path.is_file()
    }
    archive.write_bytes(zipped(members))
    inside = run(capsys, archive, "--heatmaps", tmp_path / "h")
    outside = run(capsys, study)
    key = ("kind", "status", "tumor_probability", "sha256")
    assert sorted([str([line[k] for k in key]) for line in inside]) == sorted(
        [str([line[k] for k in key]) for line in outside]
    )
    assert f"{archive}/single.dcm" in {line["file"] for line in inside}
    assert sorted(path.name for path in (tmp_path / "h" / "disc.zip").rglob("*.n*")) == [
        "AX-T1-post-Gd.nii.gz", "flair.nii.gz", "single.npy",
    ]  # fmt: skip


def test_archives_are_never_written_over_and_a_second_run_is_no_harm(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "disc.zip"
    archive.write_bytes(zipped({"IM1": (study / "single.dcm").read_bytes()}))
    before = archive.read_bytes()
    assert main(["predict", str(tmp_path), "--json", str(archive)]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert archive.read_bytes() == before
    for _ in range(2):
        (line, *others) = reversed(run(capsys, tmp_path, "--heatmaps", tmp_path / "maps"))
        assert line["file"] == f"{archive}/IM1" and line["status"] == "ok"
        assert {one["status"] for one in others} <= {"rejected"}
    assert sorted(path.name for path in (tmp_path / "maps").rglob("*.*")) == [
        "IM1.npy", "NOTICE.txt", "disc.zip",
    ]  # fmt: skip


@pytest.mark.parametrize("together", [True, False])
def test_maps_and_masks_of_volumes_lie_on_the_source_grid(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], together: bool
) -> None:
    heat = tmp_path / "h"
    masks = heat if together else tmp_path / "m"
    lines = run(capsys, study, "--heatmaps", heat, "--masks", masks)
    end = "-mask.nii.gz" if together else ".nii.gz"
    source = nib.load(study / "flair.nii.gz")
    evidence, mask = nib.load(heat / "flair.nii.gz"), nib.load(masks / f"flair{end}")
    for image in (evidence, mask):
        assert image.shape == source.shape
        np.testing.assert_allclose(image.affine, source.affine, atol=1e-5)
    assert (evidence.get_data_dtype(), mask.get_data_dtype()) == (np.float32, np.uint8)
    (line,) = [line for line in lines if line["kind"] == "nifti"]
    voxels = np.asarray(mask.dataobj)
    assert voxels.any() and line["outline"]["milliliters"] == pytest.approx(
        np.count_nonzero(voxels) * abs(np.linalg.det(source.affine[:3, :3])) / 1000, rel=1e-4
    )
    # The stand-in draws the outline round the evidence, in finer cells.
    near = np.asarray(evidence.dataobj) >= 0.5
    assert 0.5 < np.count_nonzero(voxels & near) / np.count_nonzero(voxels | near) <= 1.0
    assert nib.load(heat / "a" / "AX-T1-post-Gd.nii.gz").shape == (20, 48, 44)
    assert np.load(heat / "single.npy").shape == (48, 44)
    names = " ".join(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert not [word for word in patient.SECRETS if word in names]


def test_the_outline_of_a_line_is_measured(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    single, nifti, series = (
        run(capsys, study / name)[-1] for name in ("single.dcm", "flair.nii.gz", "a")
    )
    for line in (nifti, series):
        outline = line["outline"]
        low, high = outline["milliliters_range"]
        assert 0 < low <= outline["milliliters"] <= high and outline["lesions"] == 1
        (piece,) = outline["pieces"]
        assert piece["milliliters"] == outline["milliliters"]
        inside = zip(piece["first"], piece["voxel"], piece["last"], strict=True)
        assert all(first <= at <= last for first, at, last in inside)
        widest = outline["largest_diameter"]
        assert widest["area_unit"] == "mm2" and widest["length_unit"] == "mm"
        assert widest["longest_diameter"] >= widest["perpendicular_diameter"] > 0
        assert widest["index"] in outline["slices"]
    # The marker is a ball of 14 mm: 1.4 mL, 154 mm2 across; the stand-in sees it in coarse cells.
    assert nifti["outline"]["milliliters"] == pytest.approx(1.44, rel=0.6)
    assert nifti["outline"]["largest_diameter"]["longest_diameter"] == pytest.approx(14, rel=0.5)
    assert single["outline"]["length_unit"] == "px"  # the file states no spacing
    assert set(single["outline"]) == {
        "network_pixels", "meets_evidence", "area", "area_unit", "lesions", "longest_diameter",
        "perpendicular_diameter", "length_unit",
    }  # fmt: skip


def test_a_model_without_outlines_writes_its_evidence(
    study: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare = fake_classifier(segmentation=None)
    monkeypatch.setattr(TumorClassifier, "load", lambda *_, **__: bare)
    where = ["--heatmaps", tmp_path / "h", "--masks", tmp_path / "m", "--dicom", tmp_path / "d"]
    lines = run(capsys, study, *where, "--objects", "seg,rtstruct")
    assert {line["outline"] for line in lines if line["status"] == "ok"} == {None}
    evidence = np.asarray(nib.load(tmp_path / "h" / "flair.nii.gz").dataobj)
    mask = np.asarray(nib.load(tmp_path / "m" / "flair.nii.gz").dataobj)
    np.testing.assert_array_equal(mask, evidence >= 0.5)
    single = np.asarray(Image.open(tmp_path / "m" / "single.png"))
    np.testing.assert_array_equal(single, np.load(tmp_path / "h" / "single.npy") >= 0.5)
    series = next(line for line in lines if line["kind"] == "series")
    assert "draws no outline" in series["dicom_refusals"]["rtstruct"]
    assert "no common coordinate system" in series["dicom_refusals"]["seg"]


def test_data_sets_for_trainers(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coco, yolo, masks = tmp_path / "coco", tmp_path / "yolo", tmp_path / "masks"
    lines = run(capsys, study, "--coco", coco, "--yolo", yolo, "--masks", masks)
    document = json.loads((coco / "annotations.json").read_text(encoding="utf-8"))
    scored = sum(
        sum(one["state"] == "scored" for one in line["slices"])
        for line in lines
        if "slices" in line
    )
    assert len(document["images"]) == scored + 1  # and the single slice
    names = {image["file_name"] for image in document["images"]}
    for folder in (coco, yolo):
        pictures = (folder / "images").rglob("*.png")
        assert {path.relative_to(folder / "images").as_posix() for path in pictures} == names
        assert "not a medical device" in (folder / "NOTICE.txt").read_text().lower()
    labels = {p.relative_to(yolo / "labels").as_posix() for p in (yolo / "labels").rglob("*.txt")}
    assert labels == {name.replace(".png", ".txt") for name in names}
    assert {
        "single.png",
        "flair/flair-axial-18.png",
        "a/AX-T1-post-Gd/AX-T1-post-Gd-axial-10.png",
    } <= names
    # The annotations together have the voxels of the masks.
    voxels = sum(np.count_nonzero(nib.load(path).dataobj) for path in masks.rglob("*.nii.gz"))
    voxels += np.count_nonzero(np.asarray(Image.open(masks / "single.png")))
    assert sum(one["area"] for one in document["annotations"]) == voxels > 0
    lesions = sum(len(path.read_text().splitlines()) for path in (yolo / "labels").rglob("*.txt"))
    assert lesions == len(document["annotations"])
    assert not [w for w in patient.SECRETS if w in " ".join(names) + json.dumps(document)]


def test_a_data_set_is_not_written_over_what_is_read(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(study / "single.dcm", tmp_path / "single.dcm")
    before = sorted(tmp_path.iterdir())
    assert main(["predict", str(tmp_path), "--yolo", str(tmp_path), "--no-gate"]) == 2
    assert "would be filled with pictures and labels" in " ".join(capsys.readouterr().err.split())
    assert sorted(tmp_path.iterdir()) == before


def test_dicom_results_refer_to_their_series(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = run(capsys, study, "--dicom", tmp_path, "--objects", "sr,sc")
    series = next(line for line in lines if line["kind"] == "series")
    assert series["dicom_refusals"] == {} and len(series["dicom"]) >= 2
    for name in series["dicom"]:
        result = pydicom.dcmread(name)
        assert result.StudyInstanceUID == "1.2.3.4" and result.PatientID == patient.PATIENT_ID
        assert Path(name).parent == tmp_path / "a" / "AX-T1-post-Gd"
    kinds = {pydicom.dcmread(name).Modality for name in series["dicom"]}
    assert "SR" in kinds and "SEG" not in kinds
    nifti = next(line for line in lines if line["kind"] == "nifti")
    assert "dicom" not in nifti
    assert list(module.OBJECTS) == list(KINDS)
    with pytest.raises(SystemExit) as stop:
        main(["predict", str(study), "--dicom", str(tmp_path), "--objects", "pdf"])
    assert stop.value.code == 2 and "choose from sc, sr" in capsys.readouterr().err


def test_bad_inputs_are_lines_and_the_rest_is_answered(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(study / "a", tmp_path / "good")
    write_all(tmp_path / "bad")
    lines = run(capsys, tmp_path, tmp_path / "gone.dcm", code=1)
    ok = [line for line in lines if line["status"] == "ok"]
    assert [line["kind"] for line in ok] == ["series"]
    for name, (_, words) in bad_inputs().items():
        (line,) = [line for line in lines if name in line["file"]]
        assert line["status"] == "rejected" and words in line["reason"], name
        assert line["tumor_probability"] is None and line["sha256"] is None
    (gone,) = [line for line in lines if line["status"] == "error"]
    assert gone["file"] == str(tmp_path / "gone.dcm") and "does not exist" in gone["reason"]
    assert len(lines) == len(bad_inputs()) + 3  # and the series, its copy, and the missing file


def test_two_patients_are_two_lines_and_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patient.classic_series(tmp_path / "a")
    patient.classic_series(tmp_path / "b", PatientName="Roe^Richard", PatientID="0815")
    assert main(["predict", str(tmp_path), "--model", "custom_cnn", "--no-gate"]) == 0
    said = capsys.readouterr()
    assert [json.loads(line)["files"] for line in said.out.splitlines()] == [20, 20]
    assert "2 different patients" in said.err
    assert "Roe" not in said.out + said.err


def test_an_archive_that_is_refused_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_all(tmp_path)
    (line,) = run(capsys, tmp_path / "torn.zip")
    assert line["status"] == "rejected" and "ZIP archive" in line["reason"]


def test_one_volume_is_in_memory_at_a_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        (tmp_path / f"{number}.nii.gz").write_bytes(patient.nifti_bytes(AFFINE))
    alive: list[weakref.ref[Volume]] = []
    most = 0
    predict = module.predict_volume

    def counting(classifier: Any, volume: Volume, **options: Any) -> Any:
        nonlocal most
        alive.append(weakref.ref(volume))
        most = max(most, sum(one() is not None for one in alive))
        return predict(classifier, volume, **options)

    monkeypatch.setattr(module, "predict_volume", counting)
    assert len(run(capsys, tmp_path)) == 3
    assert len(alive) == 3 and most == 1


def test_ctrl_c_ends_the_run_after_the_lines_so_far(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> Iterator[None]:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "predict_volume", interrupted)
    assert main(["predict", str(study), "--model", "custom_cnn", "--no-gate"]) == 130
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2
    assert said.err == (
        "brainscan predict: stopped. 2 lines are complete; the scans after them are missing.\n"
    )


def test_ctrl_c_names_what_was_written(
    study: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: Any, **__: Any) -> Iterator[None]:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "predict_volume", interrupted)
    out, maps = tmp_path / "out.jsonl", tmp_path / "maps"
    given = ["predict", str(study), "--no-gate", "--json", str(out), "--heatmaps", str(maps)]
    assert main(given) == 130
    said = capsys.readouterr().err
    assert f"2 lines are complete; the scans after them are missing from {out}." in said
    assert f"In {maps}, files of a scan without a line may be there" in said
    assert [json.loads(line)["kind"] for line in out.read_text().splitlines()] == [None, "slice"]


def test_ctrl_c_before_the_first_line(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TumorClassifier, "load", interrupted)
    assert main(["predict", str(study)]) == 130
    assert capsys.readouterr().err == "brainscan predict: stopped. No line was written.\n"


@pytest.mark.slow
def test_eight_encodings_give_one_answer(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = data_dir / "dicom" / "wg04"
    assert main(["predict", str(folder), "--model", "custom_cnn"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_name = {Path(line["file"]).name: line for line in lines}
    assert len(lines) == 18
    for image in ("MR1", "MR4"):
        plain = by_name[f"{image}_UNC"]
        for kind in ("RLE", "JPLL", "JLSL", "J2KR"):
            same = by_name[f"{image}_{kind}"]
            assert same["tumor_probability"] == plain["tumor_probability"], kind
            assert same["type_probabilities"] == plain["type_probabilities"], kind
        for kind in ("JLSN", "J2KI"):
            near = by_name[f"{image}_{kind}"]
            assert near["tumor_probability"] == pytest.approx(plain["tumor_probability"], abs=0.03)
            assert near["decision"] == plain["decision"], kind
        assert "JPEG Extended" in by_name[f"{image}_JPLY"]["reason"]


def test_places_of_outputs_do_not_leave_their_folder(tmp_path: Path) -> None:
    archive = tmp_path / "disc.zip"
    archive.write_bytes(zipped({"a/b.dcm": dicom(), "../up.dcm": dicom(), "/abs.dcm": dicom()}))
    found = find_scans(archive)
    (scan,) = found.scans
    place = place_of(scan, [archive])
    assert place == Path("disc.zip/a/b.dcm") and len(found.left_out) == 2
