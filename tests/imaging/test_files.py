"""Images are found wherever they lie in a folder, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from brainscan.errors import DatasetError
from brainscan.imaging.files import find_images, natural_key
from tests.imaging.pictures import encode, gradient

PNG = encode(gradient())


def put(path: Path, data: bytes = PNG) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def found(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in find_images(root)]


def test_natural_order_folder_by_folder(tmp_path: Path) -> None:
    for name in (
        "b/1.png",
        "a10/x.png",
        "a2/slice10.png",
        "a2/slice9.png",
        "Z.png",
        "a2/Slice1.png",
    ):
        put(tmp_path / name)
    assert found(tmp_path) == [
        "a2/Slice1.png",
        "a2/slice9.png",
        "a2/slice10.png",
        "a10/x.png",
        "b/1.png",
        "Z.png",
    ]


def test_natural_key_mixes_numbers_and_words() -> None:
    names = ["x", "10", "2", "x2y10", "x2y9", "01"]
    assert sorted(names, key=natural_key) == ["01", "2", "10", "x", "x2y9", "x2y10"]


def test_hidden_and_system_files_are_skipped(tmp_path: Path) -> None:
    for name in (".hidden.png", ".git/a.png", "__MACOSX/a.png", "a/__MACOSX/._a.png"):
        put(tmp_path / name)
    put(tmp_path / "Thumbs.db")
    put(tmp_path / "a" / "keep.PNG")
    assert found(tmp_path) == ["a/keep.PNG"]


def test_suffix_or_content_decides(tmp_path: Path) -> None:
    put(tmp_path / "IM0001")
    put(tmp_path / "LICENSE", b"Apache License\n")
    put(tmp_path / "empty", b"")
    put(tmp_path / "broken.jpg", b"not an image")
    put(tmp_path / "table.csv", b"file,label\n")
    put(tmp_path / "picture.dat")
    assert found(tmp_path) == ["broken.jpg", "IM0001"]


def test_links_never_lead_out(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside" / "secret.png")
    inside = put(tmp_path / "root" / "a" / "slice.png")
    root = tmp_path / "root"
    (root / "leak.png").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "again.png").symlink_to(inside)
    (root / "loop").symlink_to(root)
    (root / "dangling.png").symlink_to(root / "nothing.png")
    assert found(root) == ["a/slice.png"]


def test_link_to_a_hidden_store_inside_counts_once(tmp_path: Path) -> None:
    store = put(tmp_path / ".store" / "slice.png")
    (tmp_path / "one.png").symlink_to(store)
    (tmp_path / "two.png").symlink_to(store)
    assert len(found(tmp_path)) == 1


def test_pipes_are_not_images(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    os.mkfifo(tmp_path / "pipe")
    assert found(tmp_path) == []


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist or is not a folder"):
        find_images(tmp_path / "missing")
    with pytest.raises(DatasetError, match="does not exist or is not a folder"):
        find_images(put(tmp_path / "file.png"))


def test_real_folders(data_dir: Path) -> None:
    assert len(find_images(data_dir / "healthy-oasis")) == 320
    assert len(find_images(data_dir / "dicom")) == 82
