"""ZIP archives are unpacked into their folder and nowhere else."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from brainscan.errors import Cancelled, DatasetError
from brainscan.imaging.archive import extract_images
from tests.imaging.pictures import encode
from tests.imaging.zips import PNG, everything, only_skipped, pack


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "room" / "target"


def test_class_folders_manifest_and_empty_folders_are_kept(target: Path) -> None:
    manifest = b"file,label\nglioma/1.png,glioma\n"
    data = pack(
        [
            ("set/glioma/1.png", PNG),
            ("set/notumor/2", PNG),
            ("set/manifest.csv", manifest),
            ("set/pituitary/", b""),
        ]
    )
    report = extract_images(data, target)
    assert everything(target) == {"set/glioma/1.png", "set/notumor/2", "set/manifest.csv"}
    assert (target / "set" / "glioma" / "1.png").read_bytes() == PNG
    assert (target / "set" / "pituitary").is_dir()
    assert report.files[0] == target / "set" / "glioma" / "1.png"
    assert (report.folder, report.skipped) == (target, ())
    assert report.total_bytes == 2 * len(PNG) + len(manifest)


def test_path_bytes_and_stream_are_the_same(tmp_path: Path) -> None:
    data = pack([("a.png", PNG)])
    path = tmp_path / "scans.zip"
    path.write_bytes(data)
    stream = io.BytesIO(data)
    for index, source in enumerate((path, str(path), data, stream)):
        assert len(extract_images(source, tmp_path / str(index)).files) == 1
    assert not stream.closed


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("../evil.png", ".."),
        ("glioma/../../evil.png", ".."),
        ("..\\evil.png", ".."),
        ("a\\..\\..\\evil.png", ".."),
        ("/evil.png", "absolute"),
        ("//server/share/evil.png", "absolute"),
        ("\\evil.png", "absolute"),
        ("C:\\evil.png", "absolute"),
        ("c:evil.png", "absolute"),
        ("glioma/evil.png:stream", "not allowed"),
        ("glioma/CON.png", "not allowed"),
        ("glioma/evil.png.", "not allowed"),
        ("glioma/new\nline.png", "not allowed"),
        ("glioma/" + "x" * 300 + ".png", "longer than 255"),
    ],
)
def test_paths_that_lead_astray(target: Path, name: str, word: str) -> None:
    report = extract_images(pack([(name, PNG), ("glioma/good.png", PNG)]), target)
    only_skipped(report, target, word)


def test_backslashes_of_an_old_windows_packer_are_folders(target: Path) -> None:
    extract_images(pack([("glioma\\a.png", PNG)]), target)
    assert everything(target) == {"glioma/a.png"}


@pytest.mark.parametrize(("mode", "word"), [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "device")])
def test_links_and_devices(target: Path, mode: int, word: str) -> None:
    member = zipfile.ZipInfo("glioma/link.png")
    member.create_system = 3
    member.external_attr = (mode | 0o777) << 16
    report = extract_images(pack([(member, b"/etc/passwd"), ("glioma/good.png", PNG)]), target)
    only_skipped(report, target, word)


def test_a_link_is_never_written_through(target: Path) -> None:
    link = zipfile.ZipInfo("door")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    members = [(link, b".."), ("door/evil.png", PNG), ("glioma/good.png", PNG)]
    extract_images(pack(members), target)
    assert everything(target.parent) == {"target/door/evil.png", "target/glioma/good.png"}


@pytest.mark.parametrize("name", ["inner.zip", "inner.png", "inner"])
def test_nested_archives(target: Path, name: str) -> None:
    inner = pack([("x.png", PNG)])
    report = extract_images(pack([(name, inner), ("glioma/good.png", PNG)]), target)
    only_skipped(report, target, "archive inside the archive")


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("notes.txt", b"hello\n", "text"),
        ("fake.jpg", b"hello\n", "text"),
        ("empty.png", b"", "empty"),
        ("run.exe", b"MZ\x90\x00" + bytes(100), "not in a known format"),
        ("table.csv", b"a,b\n", "text"),
        ("report.pdf", b"%PDF-1.7\n", "PDF"),
    ],
)
def test_only_images_and_manifests_come_out(
    target: Path, name: str, data: bytes, word: str
) -> None:
    report = extract_images(pack([(name, data), ("glioma/good.png", PNG)]), target)
    only_skipped(report, target, word)


def test_encrypted_members(target: Path) -> None:
    data = bytearray(pack([("glioma/good.png", PNG), ("secret.png", PNG)]))
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    only_skipped(extract_images(bytes(data), target), target, "encrypted")


def test_names_that_occur_twice(target: Path) -> None:
    other = encode(np.zeros((40, 40), np.uint8))
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = pack([("glioma/good.png", PNG), ("glioma/good.png", other)])
    only_skipped(extract_images(data, target), target, "occurs twice")
    assert (target / "glioma" / "good.png").read_bytes() == PNG


def test_names_that_differ_in_case_only(target: Path) -> None:
    data = pack([("glioma/good.png", PNG), ("GLIOMA/Good.PNG", PNG)])
    only_skipped(extract_images(data, target), target, "occurs twice")


def test_a_file_and_a_folder_of_one_name(target: Path) -> None:
    data = pack([("glioma/good.png", PNG), ("glioma/good.png/x.png", PNG)])
    only_skipped(extract_images(data, target), target, "collides")


def test_hidden_files_share_one_sentence(target: Path) -> None:
    names = ["__MACOSX/._good.png", ".DS_Store", "glioma/Thumbs.db"]
    data = pack([(name, PNG) for name in names] + [("glioma/good.png", PNG)])
    only_skipped(extract_images(data, target), target, "3 hidden files were skipped")


def test_damaged_member(target: Path) -> None:
    data = bytearray(pack([("bad.png", PNG), ("glioma/good.png", PNG)], zipfile.ZIP_STORED))
    data[data.index(b"IDAT") + 10] ^= 0xFF
    only_skipped(extract_images(bytes(data), target), target, "damaged")


def test_other_compression_methods(target: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("glioma/good.png", PNG)
        archive.writestr("odd.png", PNG, compress_type=zipfile.ZIP_BZIP2)
    only_skipped(extract_images(buffer.getvalue(), target), target, "deflate")


@pytest.mark.parametrize(
    "data",
    [b"", b"not a zip", PNG, pack([("a.png", PNG)])[:60]],
    ids=["empty", "text", "picture", "beginning of a zip"],
)
def test_what_is_no_zip_is_refused(target: Path, data: bytes) -> None:
    with pytest.raises(DatasetError, match="not a ZIP archive, or it ends early"):
        extract_images(data, target)
    assert not target.exists()


def test_missing_archive(target: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be unpacked"):
        extract_images(tmp_path / "missing.zip", target)


def test_target_must_be_empty_and_is_left_alone(target: Path) -> None:
    target.mkdir(parents=True)
    (target / "mine.txt").write_text("keep")
    with pytest.raises(DatasetError, match="is not empty"):
        extract_images(pack([("a.png", PNG)]), target)
    assert everything(target) == {"mine.txt"}


def test_cancel_keeps_nothing(target: Path) -> None:
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        extract_images(
            pack([(f"{k}.png", PNG) for k in range(5)]), target, cancel=lambda: next(answers)
        )
    assert not target.exists()


def test_random_damage_never_escapes_as_another_error(tmp_path: Path) -> None:
    original = pack([("a/1.png", PNG), ("b/2.png", PNG), ("manifest.csv", b"file,label\n")])
    directory = original.index(b"PK\x01\x02")
    rng = np.random.default_rng(2)
    for index in range(150):
        data = bytearray(original)
        for position in rng.integers(directory, len(data), 3):
            data[position] = int(rng.integers(256))
        room = tmp_path / str(index)
        try:
            report = extract_images(bytes(data), room / "target")
        except DatasetError as error:
            assert "ZIP archive" in str(error)
            assert everything(room) == set() if room.exists() else True
        else:
            assert {path for path in room.rglob("*") if path.is_file()} == set(report.files)
