"""Archives that unpack to more than the limits, or lie about it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainscan.errors import DatasetError
from brainscan.imaging.archive import extract_images
from brainscan.imaging.limits import ReadLimits
from brainscan.imaging.source import Source
from brainscan.imaging.sources import collect_sources
from tests.imaging.zips import PNG, everything, forged, pack, zeros


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "room" / "target"


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
