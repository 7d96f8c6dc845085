"""Letters for pictures: in a typeface that has them, or spelled with those of ASCII."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from PIL import ImageFont

Face = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Found by name on most Linux, macOS and Windows machines; the last ones know Chinese and Japanese.
FACES = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf",
    "Arial Unicode.ttf", "Arial.ttf", "arial.ttf", "segoeui.ttf", "Helvetica.ttc",
    "NotoSansCJK-Regular.ttc", "PingFang.ttc", "msgothic.ttc", "msyh.ttc",
)  # fmt: skip
_NOWHERE = "\U0010fffe"  # no character, so every typeface shows what it shows for a missing one
_TRIED_AT = 24  # pixels
_SIGNS = str.maketrans({"×": "x", "\u2013": "-", "\u2019": "'", "²": "2", "³": "3"})
_SPELLED = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i"}
    | {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D"}
)


def lettering(line: str, size: int, faces: tuple[str, ...] = FACES) -> tuple[str, Face]:
    """Return a line and a typeface that has all its letters.

    Pillow's own typeface where it suffices, so that pictures look the same everywhere; else the
    first of the machine's that does. Where none does, letters are spelled in ASCII (``Łódź`` as
    ``Lodz``), with ``?`` for those that cannot be.

    Parameters
    ----------
    line
        What to draw.
    size
        Of the letters, in pixels.
    faces
        File names of typefaces to look for.
    """
    line = line.translate(_SIGNS)
    for name in ("", *faces):
        if not any(_lacks(name, char) for char in line):
            return line, _face(name, size) or ImageFont.load_default(size)
    plain = unicodedata.normalize("NFKD", line.translate(_SPELLED))
    spelled = "".join(char for char in plain if not unicodedata.combining(char))
    own = "".join("?" if _lacks("", char) else char for char in spelled)
    return own, ImageFont.load_default(size)


@lru_cache(maxsize=64)
def _face(name: str, size: int) -> Face | None:
    """Return a typeface by its file's name, ``""`` for Pillow's; ``None`` where there is none."""
    if not name:
        return ImageFont.load_default(size)
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _lacks(name: str, char: str) -> bool:
    """Whether a typeface is not there, or shows a letter as it shows one that does not exist."""
    face = _face(name, _TRIED_AT)
    if face is None:
        return True
    if char.isspace():
        return False
    shown, missing = face.getmask(char), face.getmask(_NOWHERE)
    return shown.size == missing.size and bytes(shown) == bytes(missing)
