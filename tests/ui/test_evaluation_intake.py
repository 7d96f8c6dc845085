"""Folders, ZIP archives and uploaded folders become datasets, inside their workspace only."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brainscan.errors import Cancelled, DatasetError
from brainscan.ui.evaluation_intake import (
    FolderSource,
    UploadSource,
    ZipSource,
    safe_relative,
    typed_path,
)
from tests.evaluation.volume_stub import write_volume
from tests.imaging.patient import classic_series


def _png() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(stream, "PNG")
    return stream.getvalue()


def _never() -> bool:
    return False


def _uploads(*names: str) -> list[tuple[str, io.BytesIO]]:
    return [(name, io.BytesIO(_png())) for name in names]


def _archive(*names: str) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, _png())
    stream.seek(0)
    return stream


def _folder(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_png())
    return root


@pytest.mark.parametrize("top", ["", "scans/", "a/b/"])
def test_a_zip_is_read_wherever_its_class_folders_sit(tmp_path, top):
    source = ZipSource("my scans.zip", _archive(f"{top}yes/1.png", f"{top}no/2.png"))
    dataset = source.open(tmp_path, _never)
    assert sorted(record.label for record in dataset.records) == ["no_tumor", "tumor"]
    assert source.title == "my scans.zip"


def test_a_zip_of_class_folders_is_named_after_itself(tmp_path):
    dataset = ZipSource("../odd:name.zip", _archive("yes/1.png")).open(tmp_path, _never)
    assert dataset.root == tmp_path / "oddname"


@pytest.mark.parametrize("how", ["zip", "upload"])
def test_volumes_come_through_whatever_their_names(tmp_path, how):
    write_volume(tmp_path / "scans" / "yes" / "a.nii.gz")
    classic_series(tmp_path / "scans" / "no" / "series")  # files without suffix
    files = [path for path in (tmp_path / "scans").rglob("*") if path.is_file()]
    named = [(path.relative_to(tmp_path).as_posix(), path.read_bytes()) for path in files]
    if how == "zip":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, data in named:
                archive.writestr(name, data)
        source = ZipSource("a.zip", stream)
    else:
        source = UploadSource([(name, io.BytesIO(data)) for name, data in named])
    (tmp_path / "space").mkdir()
    dataset = source.open(tmp_path / "space", _never)
    assert [(r.name, r.label) for r in dataset.records] == [
        ("no/series", "no_tumor"),
        ("yes/a.nii.gz", "tumor"),
    ]
    assert dataset.volumes == 2


def test_what_a_zip_leaves_out_is_told(tmp_path):
    archive = _archive("yes/1.png", "../evil.png")
    dataset = ZipSource("a.zip", archive).open(tmp_path / "space", _never)
    assert any("evil.png" in warning for warning in dataset.warnings)
    assert not (tmp_path / "evil.png").exists()


def test_many_skipped_files_are_summed_up(tmp_path):
    archive = _archive("yes/1.png", *(f"../{number}.png" for number in range(30)))
    dataset = ZipSource("a.zip", archive).open(tmp_path / "space", _never)
    assert len(dataset.warnings) == 9
    assert dataset.warnings[-1] == "22 more files were skipped for such reasons."


def test_a_file_that_is_no_zip_is_a_sentence(tmp_path):
    with pytest.raises(DatasetError, match="ZIP"):
        ZipSource("a.zip", io.BytesIO(b"no archive")).open(tmp_path, _never)


def test_an_uploaded_folder_is_copied_and_read(tmp_path):
    source = UploadSource(_uploads("scans/yes/1.png", "scans/no/2.png", "scans/.DS_Store"))
    dataset = source.open(tmp_path, _never)
    assert source.title == "scans"
    assert dataset.root.name == "scans"
    assert len(dataset.records) == 2
    assert not list(tmp_path.rglob(".DS_Store"))


def test_an_uploaded_folder_without_labels_is_read_too(tmp_path):
    dataset = UploadSource(_uploads("scans/1.png", "scans/2.png")).open(tmp_path, _never)
    assert not dataset.labelled
    assert [record.name for record in dataset.records] == ["1.png", "2.png"]


def test_uploads_never_leave_the_workspace(tmp_path):
    space = tmp_path / "space"
    space.mkdir()
    source = UploadSource(_uploads("../evil.png", "/evil.png", "C:\\evil.png", "yes/1.png"))
    dataset = source.open(space, _never)
    assert len(dataset.warnings) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["space"]


def test_copying_an_upload_can_be_stopped(tmp_path):
    with pytest.raises(Cancelled):
        UploadSource(_uploads("yes/1.png")).open(tmp_path, lambda: True)


@pytest.mark.parametrize("name", ["", "..", "a/../b", "/a", "a\\b", "C:/a", "a\x00b", "a\nb"])
def test_paths_that_lead_elsewhere_are_refused(name):
    assert safe_relative(name) is None


def test_plain_paths_are_kept():
    assert safe_relative("a b/ü.png") == Path("a b", "ü.png")


def test_a_folder_is_read_in_place_with_a_choice_of_sources(tmp_path):
    _folder(tmp_path / "scans", "yes/1.png", "no/2.png")
    source = FolderSource(tmp_path / "scans", sources=("scans",))
    assert len(source.open(tmp_path, _never).records) == 2
    with pytest.raises(DatasetError, match="sources"):
        FolderSource(tmp_path / "scans", sources=("other",)).open(tmp_path, _never)


@pytest.mark.parametrize(
    ("text", "path"),
    [("", None), ("  ", None), (' "/a b/c" ', Path("/a b/c")), ("'/a'", Path("/a"))],
)
def test_pasted_paths_lose_their_quotes(text, path):
    assert typed_path(text) == path
