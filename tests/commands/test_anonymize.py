"""``python -m brainscan anonymize`` as a person uses it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file

from brainscan.cli import main
from brainscan.imaging.dicom import find_series
from tests.imaging import patient
from tests.imaging.bad_inputs import AFFINE, dicom, write_all, zipped


def run(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0
) -> list[dict[str, Any]]:
    """Run the command; return its lines, which name nobody but files."""
    assert main(["anonymize", *map(str, arguments)]) == code
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    shown = said.err + json.dumps([{**line, "file": ""} for line in lines])
    assert not [word for word in (*patient.SECRETS, "1.2.3.4") if word in shown]
    return lines


def names_below(folder: Path) -> str:
    return " ".join(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_folder_becomes_copies_with_new_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = patient.classic_series(tmp_path / "Doe Secretia" / "20240131")
    (study / "letter.txt").write_text("a letter\n")
    before = {path: path.read_bytes() for path in study.iterdir()}
    out = tmp_path / "out"
    lines = run(capsys, study.parent, "--out", out)
    assert {path: path.read_bytes() for path in study.iterdir()} == before
    written = [Path(line["written"]) for line in lines if line["status"] == "ok"]
    assert len(written) == 20 and all(path.is_relative_to(out) for path in written)
    assert not [word for word in patient.SECRETS if word in names_below(out)]
    assert not [w for path in written for w in patient.SECRETS if w.encode() in path.read_bytes()]
    (refused,) = [line for line in lines if line["status"] != "ok"]
    assert refused["status"] == "rejected" and "not DICOM" in refused["reason"]
    found = find_series(out)
    assert [one.slices for one in found.series] == [20]
    (name,) = {line["patient"] for line in lines if line["status"] == "ok"}
    assert {pydicom.dcmread(path).PatientID for path in written} == {name}


def test_one_secret_gives_the_same_identifiers_in_several_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "IM1"
    path.write_bytes(dicom())
    key, out = tmp_path / "project.key", tmp_path / "out"
    (first,) = run(capsys, path, "--out", out, "--secret", key)
    (second,) = run(capsys, path, "--out", out, "--secret", key)
    (third,) = run(capsys, path, "--out", out)
    assert first["patient"] == second["patient"] != third["patient"]
    one, two = Path(first["written"]), Path(second["written"])
    assert two.name == f"{one.stem}-2.dcm" and one.read_bytes() == two.read_bytes()


def test_archives_discs_and_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "disc.zip"
    inner = dicom(BurnedInAnnotation="YES")
    archive.write_bytes(zipped({"DIR/IM1": inner, "inner.zip": zipped({"a": inner})}))
    lines = run(capsys, archive, "--out", tmp_path / "out")
    skipped, copied = lines
    assert copied["file"] == f"{archive}/DIR/IM1" and "burned" in copied["warnings"][0]
    assert "archive inside the archive" in skipped["reason"]
    directory = get_testdata_file("DICOMDIR")
    lines = run(capsys, str(directory), "--out", tmp_path / "disc")
    assert len(lines) == 31 and {line["status"] for line in lines} == {"ok"}


def test_bad_files_do_not_end_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_all(tmp_path / "in")
    (tmp_path / "in" / "scan.nii.gz").write_bytes(patient.nifti_bytes(AFFINE))
    (tmp_path / "in" / "good.dcm").write_bytes(dicom())
    lines = run(capsys, tmp_path / "in", tmp_path / "gone.dcm", "--out", tmp_path / "out", code=1)
    by_name = {Path(line["file"]).name: line for line in lines}
    assert by_name["good.dcm"]["status"] == "ok" and by_name["gone.dcm"]["status"] == "error"
    assert "not copied" in by_name["scan.nii.gz"]["reason"]
    assert by_name["short.dcm"]["status"] == "rejected"
    files = {path.name for path in (tmp_path / "in").iterdir()} - {"locked.zip", "nest.zip"}
    assert files <= set(by_name)  # members stand for the other two
    assert all(line["reason"] for line in lines if line["status"] != "ok")


def test_an_archive_that_is_refused_as_a_whole_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_all(tmp_path)
    (line,) = run(capsys, tmp_path / "torn.zip", "--out", tmp_path / "out")
    assert line["status"] == "rejected" and "ZIP archive" in line["reason"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder one cannot use")
def test_a_folder_that_cannot_be_written_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "IM1").write_bytes(dicom())
    (tmp_path / "out").mkdir(mode=0o500)
    assert main(["anonymize", str(tmp_path / "IM1"), "--out", str(tmp_path / "out")]) == 2
    assert "cannot be written to" in capsys.readouterr().err


def test_out_in_the_place_of_a_file_and_a_bad_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "IM1", tmp_path / "out"
    path.write_bytes(dicom())
    out.touch()
    assert main(["anonymize", str(path), "--out", str(out)]) == 2
    assert "cannot be written to" in capsys.readouterr().err
    assert main(["anonymize", str(path), "--out", str(tmp_path), "--secret", str(out)]) == 2
    assert "only 0 bytes" in capsys.readouterr().err


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["anonymize", "--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert "PS3.15 Annex E" in said and "burned into the pixels" in said
