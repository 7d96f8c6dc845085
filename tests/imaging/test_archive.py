"""ZIP archives are unpacked into their folder and nowhere else."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainscan.errors import Cancelled, DatasetError
from brainscan.imaging.archive import ExtractionReport, extract_images
from brainscan.imaging.limits import ReadLimits
from brainscan.imaging.source import Source
from brainscan.imaging.sources import collect_sources
from tests.imaging.pictures import encode, gradient

PNG = encode(gradient())
Member = tuple[str | zipfile.ZipInfo, bytes]


def pack(members: Iterable[Member], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def only_skipped(report: ExtractionReport, target: Path, word: str) -> None:
    """The good member came out, the bad one has a sentence, nothing else is on the disk."""
    assert everything(target.parent) == {f"{target.name}/glioma/good.png"}
    assert len(report.skipped) == 1
    assert word in report.skipped[0]
    assert report.skipped[0].endswith(".")


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


def zeros(size: int, head: bytes = PNG) -> bytes:
    """Return a ZIP with one member that unpacks to ``size`` bytes, without making them."""
    deflate, checksum, packed = zlib.compressobj(9, wbits=-15), 0, []
    blocks = [head] + [bytes(2**20)] * (size // 2**20)
    for block in blocks:
        checksum = zlib.crc32(block, checksum)
        packed.append(deflate.compress(block))
    body = b"".join(packed) + deflate.flush()
    real = sum(map(len, blocks))
    return forged("bomb.png", body, checksum, real)


def forged(name: str, body: bytes, checksum: int, declared: int) -> bytes:
    """Return a one-member ZIP whose declared size is whatever the caller says."""
    raw = name.encode()
    facts = struct.pack("<IIIHH", checksum, len(body), declared, len(raw), 0)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + facts + raw + body
    central = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + facts
    central += struct.pack("<HHHII", 0, 0, 0, 0, 0) + raw
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def test_a_bomb_within_the_total_is_skipped_by_its_ratio(target: Path) -> None:
    report = extract_images(zeros(64 * 2**20), target)
    assert everything(target) == set()
    assert "decompression bomb" in report.skipped[0]
    assert "the limit is 200 times" in report.skipped[0]


def test_a_mask_that_is_nearly_all_zero_is_no_bomb(target: Path) -> None:
    mask = np.zeros((96, 96, 160), np.uint8)
    mask[40:50, 40:50, 40:50] = 1
    data = pack([("a/mask.nii", nib.Nifti1Image(mask, np.eye(4)).to_bytes())])
    assert 250 * len(data) < mask.nbytes
    assert extract_images(data, target).skipped == ()
    sources, skipped = collect_sources(Source.of_bytes(data, "set.zip"))
    assert [one.name for one in sources] == ["mask.nii"] and skipped == []


def test_a_volume_may_be_larger_than_an_image(target: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (128, 128, 80), dtype=np.uint8)
    volume = nib.Nifti1Image(noise, np.eye(4)).to_bytes()
    few = ReadLimits(max_bytes=2**20)
    report = extract_images(pack([("a.nii", volume), ("b.png", volume)]), target, limits=few)
    assert everything(target) == {"a.nii"}
    assert "the limit for one file is 1.0 MB" in report.skipped[0]
    fewer = ReadLimits(max_bytes=2**10, max_volume_bytes=2**20)
    report = extract_images(pack([("a.nii", volume)]), target / "b", limits=fewer)
    assert "the limit for one file is 1.0 MB" in report.skipped[0]


def test_a_large_member_is_skipped_by_the_limit_for_one_file(target: Path) -> None:
    report = extract_images(zeros(4 * 2**20), target, limits=ReadLimits(max_bytes=2**20))
    assert "the limit for one file is 1.0 MB" in report.skipped[0]


def test_ten_gigabytes_of_zeros_are_refused_as_declared(target: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zeros(2**20))) as archive:
        info = archive.infolist()[0]
    body = bytes(info.compress_size)
    many = [forged("a.png", body, 0, 4 * 1024**3 - 1)]
    buffer = io.BytesIO(many[0])
    with zipfile.ZipFile(buffer, "a") as archive:
        for index in range(2):
            archive.writestr(f"{index}.png", PNG)
            archive.infolist()[-1].file_size = 3 * 1024**3
    with pytest.raises(DatasetError, match=r"unpacks to 10\.0 GB; the limit is 8\.0 GB"):
        extract_images(buffer.getvalue(), target)
    assert not target.exists()


def test_a_lie_about_the_size_gains_nothing(target: Path) -> None:
    deflate = zlib.compressobj(9, wbits=-15)
    body = deflate.compress(PNG + bytes(50 * 2**20)) + deflate.flush()
    report = extract_images(forged("lie.png", body, 0, len(PNG)), target)
    assert everything(target) == set()
    assert "damaged" in report.skipped[0]


def test_total_is_counted_while_bytes_come_out(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pack([(f"{k}.png", PNG) for k in range(10)])
    limits = ReadLimits(max_archive_bytes=5 * len(PNG))
    with pytest.raises(DatasetError, match="unpacks to"):
        extract_images(data, target, limits=limits)
    monkeypatch.setattr("brainscan.imaging.archive._check_totals", lambda *_: None)
    with pytest.raises(DatasetError, match="unpacks to more than the limit"):
        extract_images(data, target, limits=limits)
    assert not target.exists()


def test_too_many_members(target: Path) -> None:
    data = pack([(f"{k}.png", b"") for k in range(30)])
    with pytest.raises(DatasetError, match="lists 30 files; the limit is 20"):
        extract_images(data, target, limits=ReadLimits(max_archive_members=20))
    with pytest.raises(DatasetError, match="lists too many files; the limit is 2"):
        extract_images(data, target, limits=ReadLimits(max_archive_members=2))
    assert not target.exists()


def test_a_zip64_directory_is_measured_too(target: Path) -> None:
    record = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 9, 9, 10**9, 0)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, 0, 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 9, 9, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    with pytest.raises(DatasetError, match="lists too many files"):
        extract_images(record + locator + end, target)


@pytest.mark.parametrize("data", [b"", b"not a zip", PNG, pack([("a.png", PNG)])[:60]])
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
