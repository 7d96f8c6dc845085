"""Letters in pictures: never a box, whatever typefaces the machine has."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ImageFont

from brainscan.imaging import typeface
from brainscan.imaging.typeface import FACES, lettering


def test_ascii_is_in_pillows_own_typeface_everywhere() -> None:
    line, face = lettering("Outline by A. Reader, 31.2 \u00d7 22.4 mm, 5 mm\u00b2", 20)
    assert line == "Outline by A. Reader, 31.2 x 22.4 mm, 5 mm2"
    own = ImageFont.load_default(20)
    assert bytes(face.getmask(line)) == bytes(own.getmask(line))


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("\u00c5sa M\u00fcller\u2013Gro\u00df", "Asa Muller-Gross"),
        ("Dr. \u0141uk \u00d8rsted \u00c6gir", "Dr. Luk Orsted Aegir"),
        ("\u0418\u0432\u0430\u043d\u043e\u0432 \u7530\u4e2d", "?????? ??"),
    ],
)
def test_without_a_typeface_letters_are_spelled(written: str, spelled: str) -> None:
    line, _ = lettering(written, 20, faces=("no such typeface.ttf",))
    assert line.isascii() and line == spelled


def test_a_typeface_of_the_machine_is_taken_where_it_has_the_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stand-in typeface that knows Cyrillic, and shows a box for everything else unknown."""
    own = ImageFont.load_default(20)

    class Cyrillic:
        def getmask(self, char: str) -> object:
            known = char.isascii() or "\u0400" <= char <= "\u04ff"
            return own.getmask(chr(ord("A") + ord(char) % 26) if known else "\U0010fffe")

    real = typeface._face
    stand_in = Cyrillic()
    monkeypatch.setattr(
        typeface, "_face", lambda name, size: stand_in if name == "cyr" else real(name, size)
    )
    typeface._lacks.cache_clear()
    assert lettering("\u0418\u0432\u0430\u043d\u043e\u0432", 20, ("none.ttf", "cyr")) == (
        "\u0418\u0432\u0430\u043d\u043e\u0432",
        stand_in,
    )
    line, face = lettering("\u7530\u4e2d", 20, faces=("none.ttf", "cyr"))
    assert line == "??" and face is not stand_in
    typeface._lacks.cache_clear()


def test_no_letter_is_drawn_as_a_box() -> None:
    line, face = lettering("\u0141\u00f3d\u017a \u0418 \u7530", 20)
    box = bytes(face.getmask("\U0010fffe"))
    assert all(bytes(face.getmask(char)) != box for char in line if not char.isspace())


def test_typefaces_are_named_by_file(tmp_path: Path) -> None:
    assert all(Path(name).suffix in (".ttf", ".ttc") for name in FACES)
    (tmp_path / "broken.ttf").write_bytes(b"no typeface")
    line, _ = lettering("\u0141", 20, faces=(str(tmp_path / "broken.ttf"),))
    assert line == "L"
