"""ZIP archives made for the tests, honest and forged."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from brainscan.imaging.archive import ExtractionReport
from tests.imaging.pictures import encode, gradient

PNG = encode(gradient())
Member = tuple[str | zipfile.ZipInfo, bytes]


def pack(members: Iterable[Member], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


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


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def only_skipped(report: ExtractionReport, target: Path, word: str) -> None:
    """The good member came out, the bad one has a sentence, nothing else is on the disk."""
    assert everything(target.parent) == {f"{target.name}/glioma/good.png"}
    assert len(report.skipped) == 1
    assert word in report.skipped[0]
    assert report.skipped[0].endswith(".")
