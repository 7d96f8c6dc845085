"""``python -m brainscan predict`` as other tools use it."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brainscan.cli import main
from brainscan.commands.predict_outputs import Naming, place_of
from brainscan.imaging.intake import FoundScan
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.source import Source

KEYS = {
    "file", "status", "reason", "tumor_probability", "decision", "type", "type_probabilities",
    "model", "sha256", "elapsed_ms", "notice",
}  # fmt: skip
UNKNOWN = KEYS - {"file", "status", "reason", "model", "notice"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scans")
    (root / "deep").mkdir()
    (root / "a.png").write_bytes(phantom_png(phantom_slice(1, lesion="glioma", size=160)))
    (root / "deep" / "b.png").write_bytes(phantom_png(phantom_slice(2, size=120)))
    (root / "text.jpg").write_text("this is a letter, not a picture")
    return root


def lines(text: str) -> dict[str, dict]:
    return {Path(line["file"]).name: line for line in map(json.loads, text.splitlines())}


def test_one_json_line_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(folder), "--model", "custom_cnn"]) == 0
    found = lines(capsys.readouterr().out)
    assert set(found) == {"a.png", "b.png", "text.jpg"}
    assert all(set(line) >= KEYS for line in found.values())
    assert found["a.png"]["status"] == "ok"
    assert found["text.jpg"]["status"] == "rejected"
    assert found["text.jpg"]["reason"]
    assert {found["text.jpg"][key] for key in UNKNOWN} == {None}
    assert found["text.jpg"]["model"] == found["a.png"]["model"]


def test_maps_and_masks_lie_on_the_slice(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    arguments = ["--json", str(out), "--heatmaps", str(tmp_path / "h"), "--masks"]
    assert (
        main(["predict", str(folder), "--model", "custom_cnn", *arguments, str(tmp_path / "m")])
        == 0
    )
    assert set(lines(out.read_text())) == {"a.png", "b.png", "text.jpg"}
    heat = np.load(tmp_path / "h" / "deep" / "b.npy")
    assert heat.dtype == np.float32
    assert heat.shape == (120, 120)
    assert 0 <= heat.min() <= heat.max() <= 1
    mask = Image.open(tmp_path / "m" / "a.png")
    assert mask.mode == "1"
    assert mask.size == (160, 160)
    assert "Disclaimer" in mask.text and mask.text["Source"].startswith("custom_cnn")
    if "Where the evidence" in mask.text["Description"]:  # a release without a decoder
        written = np.load(tmp_path / "h" / "a.npy") >= 0.5
        assert np.array_equal(np.asarray(mask), written)
    assert "not a medical device" in (tmp_path / "h" / "NOTICE.txt").read_text().lower()


def test_equal_stems_do_not_overwrite_each_other(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("x.png", "x.bmp"):
        Image.open(folder / "a.png").save(tmp_path / "in" / name)
    target = str(tmp_path / "h")
    assert (
        main(["predict", str(tmp_path / "in"), "--model", "custom_cnn", "--heatmaps", target]) == 0
    )
    assert {path.name for path in (tmp_path / "h").glob("*.npy")} == {"x.npy", "x.png.npy"}


@pytest.mark.parametrize(
    "arguments",
    [["--masks", "."], ["--json", "a.png"], ["--json", "same.jsonl"], ["--heatmaps", "."]],
    ids=" ".join,
)
def test_inputs_are_never_written_over(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    picture = phantom_png(phantom_slice(1))
    inputs = [Path(name) for name in ("a.png", "NOTICE.txt", "a.npy")]
    for path in inputs:
        path.write_bytes(picture)
    Path("same.jsonl").hardlink_to("a.png")
    before = sorted(tmp_path.iterdir())
    # The model does not exist: refused before it is looked for.
    assert main(["predict", *map(str, inputs), "--model", "none", *arguments]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert {path.read_bytes() for path in inputs} == {picture}
    assert sorted(tmp_path.iterdir()) == before


def test_outputs_differ_in_more_than_letter_case(tmp_path: Path) -> None:
    naming = Naming(heatmaps=tmp_path)
    names = []
    for name in ("A.png", "a.bmp", "a.BMP", "MR.1.2.3", "MR.1.2.4"):
        scan = FoundScan("slice", name, (Source.of_bytes(b"", name),))
        target = naming.targets(scan, place_of(scan, [])).heatmap
        assert target is not None
        names.append(target.name)
    assert names == ["A.npy", "a.bmp.npy", "a.BMP-2.npy", "MR.1.2.3.npy", "MR.1.2.4.npy"]


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere refuse such names")
def test_name_in_no_encoding_does_not_end_the_run(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    strange = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")
    Path(strange).write_bytes((folder / "a.png").read_bytes())
    assert main(["predict", str(tmp_path), "--model", "resnet50"]) == 0
    line = capfd.readouterr().out
    assert line.isascii()
    assert json.loads(line)["file"] == strange


def test_missing_file_is_a_line_and_exit_code_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [str(folder / "gone.png"), str(folder / "a.png")]
    code = main(["predict", *paths, "--model", "custom_cnn"])
    found = lines(capsys.readouterr().out)
    assert found["gone.png"]["status"] == "error"
    assert found["a.png"]["status"] == "ok"
    assert code == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a file one cannot read")
def test_unreadable_file_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(phantom_png(phantom_slice(1)))
    path.chmod(0)
    assert main(["predict", str(path), "--model", "custom_cnn"]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == "error"


def test_wrong_usage_is_two(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["predict"])
    assert stop.value.code == 2
    assert main(["predict", str(folder), "--model", "vgg"]) == 2
    assert "Models found" in capsys.readouterr().err


def test_models_lists_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert "resnet50" in out
    assert "custom_cnn" in out
    assert out.count("files verified") == 2


def test_models_names_what_it_cannot_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BRAINSCAN_MODELS", str(tmp_path))
    assert main(["models"]) == 0
    assert "No released model" in capsys.readouterr().out
    for name, text in {"torn": "{", "bare": "{}"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(text)
    assert main(["models"]) == 1
    bare, torn = capsys.readouterr().out.splitlines()
    assert bare.startswith("The manifest of the model bare lacks name, version")
    assert torn.startswith("The manifest of the model torn cannot be read")


def test_contact_sheet(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "yes").mkdir()
    Image.open(folder / "a.png").save(tmp_path / "yes" / "a.png")
    out = tmp_path / "sheet.png"
    assert (
        main(["contact_sheet", str(tmp_path), "--out", str(out), "--rows", "1", "--columns", "4"])
        == 0
    )
    assert Image.open(out).size == (4 * 192, 192)
    scan = tmp_path / "yes" / "a.png"
    before = scan.read_bytes()
    assert main(["contact_sheet", str(tmp_path), "--out", str(scan)]) == 2
    assert scan.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["predict", "evaluate", "audit", "train", "release", "models", "contact_sheet"]
)
def test_help_teaches(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    assert len(capsys.readouterr().out) > 200


def test_what_became_of_the_files_is_said_beside_the_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    out = tmp_path / "out.jsonl"
    code = main(["predict", str(tmp_path / "text.png"), str(tmp_path / "none.png"),
                 "--json", str(out), "--model", "custom_cnn"])  # fmt: skip
    told = capsys.readouterr().err
    assert code == 1 and len(out.read_text().splitlines()) == 2
    assert "1 not read" in told and "1 could not be opened" in told and str(out) in told


@pytest.mark.parametrize("name", [".dcm", "..dcm", "...dcm"])
def test_files_named_by_dots_alone_stay_below_the_output_folder(name: str, tmp_path: Path) -> None:
    naming = Naming(dicom=tmp_path / "out")
    target = naming._name(naming.dicom, Path(name), "")
    assert target == tmp_path / "out" / name
