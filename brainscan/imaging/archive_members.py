"""Judge the members of a ZIP archive one by one: path, kind, size and first bytes."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import PurePosixPath

from brainscan.imaging.formats import READABLE, Format, sniff
from brainscan.imaging.limits import ReadLimits, human_bytes

_RATIO_COUNTS_FROM = 1024**2  # an all-black bitmap of a slice may well shrink 500 times
_ARCHIVE_SUFFIXES = frozenset({".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz"})
_VOLUME_SUFFIXES = frozenset({"", ".nii", ".gz", ".dcm", ".dicom", ".ima"})
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*]')
_DEVICE = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_DRIVE = re.compile(r"^[A-Za-z]:")


class Skipped(Exception):
    """A member is left out; the argument is the rest of the sentence after its name."""


def shown_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name fit for a sentence: printable and not endless."""
    name = "".join(char if char.isprintable() else "?" for char in member.filename)
    return name if len(name) <= 120 else f"{name[:117]}..."


def safe_path(member: zipfile.ZipInfo) -> PurePosixPath:
    """Return the member's relative path, or skip it when the path is not harmless."""
    name = member.filename.replace("\\", "/")
    if name.startswith("/") or _DRIVE.match(name):
        raise Skipped("has an absolute path.")
    path = PurePosixPath(name)
    if ".." in path.parts:
        raise Skipped("has a path that leads out of the folder (..).")
    if not path.parts:
        raise Skipped("has no name.")
    for part in path.parts:
        if _FORBIDDEN.search(part) or _DEVICE.match(part) or part != part.rstrip(". "):
            raise Skipped("has a name that is not allowed on every system.")
        if len(part.encode("utf-8", "surrogateescape")) > 255:
            raise Skipped("has a name longer than 255 bytes.")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise Skipped("is a link, not a file.")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Skipped("is a device or pipe, not a file.")
    return path


def check_member(member: zipfile.ZipInfo, limits: ReadLimits) -> None:
    """Skip a member whose header already tells that it is unwanted."""
    if member.flag_bits & 0x1:
        raise Skipped("is encrypted. Create the archive without a password.")
    path = PurePosixPath(member.filename.replace("\\", "/").casefold())
    if path.suffix in _ARCHIVE_SUFFIXES and path.suffixes[-2:] != [".nii", ".gz"]:
        raise Skipped("is an archive inside the archive. Unpack it first.")
    if member.compress_type not in _METHODS:
        raise Skipped("is compressed by a method other than deflate.")
    largest = largest_size(member, limits)
    if member.file_size > largest:
        raise Skipped(
            f"unpacks to {human_bytes(member.file_size)}; "
            f"the limit for one file is {human_bytes(largest)}."
        )
    ratio = member.file_size / max(1, member.compress_size)
    # An expert mask is zero almost everywhere and shrinks as far as deflate can, 1000 times.
    harmless = limits.max_bytes if path.suffix == ".nii" else _RATIO_COUNTS_FROM
    if member.file_size > harmless and ratio > limits.max_archive_ratio:
        raise Skipped(
            f"unpacks to {ratio:,.0f} times its packed size, as a decompression bomb does; "
            f"the limit is {limits.max_archive_ratio:,.0f} times."
        )


def largest_size(member: zipfile.ZipInfo, limits: ReadLimits) -> int:
    """Return how many bytes a member may unpack to: more where its name allows for a volume."""
    suffix = PurePosixPath(member.filename.replace("\\", "/").casefold()).suffix
    volume = suffix in _VOLUME_SUFFIXES
    return max(limits.max_bytes, limits.max_volume_bytes) if volume else limits.max_bytes


def check_content(head: bytes, member: zipfile.ZipInfo) -> None:
    """Skip a member whose first bytes are neither an image, a volume nor a manifest."""
    kind = sniff(head)
    if kind in READABLE or kind in (Format.DICOM, Format.NIFTI):
        return
    name = PurePosixPath(member.filename.replace("\\", "/")).name
    is_text = kind in (Format.TEXT, Format.EMPTY, Format.UNKNOWN)
    if name.casefold() == "manifest.csv" and is_text:
        return
    if kind in (Format.ZIP, Format.GZIP):
        raise Skipped("is an archive inside the archive. Unpack it first.")
    if kind is Format.EMPTY:
        raise Skipped("is empty (0 bytes).")
    what = "not in a known format" if kind is Format.UNKNOWN else f"of the kind {kind.value}"
    raise Skipped(f"is {what}, not a PNG, JPEG, TIFF, BMP, WebP, DICOM or NIfTI file.")
