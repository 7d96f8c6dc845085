"""Messages to the browser: a JSON header that points to binary sections.

Layout: little-endian uint32 with the length of the header, the header as UTF-8 JSON, then the
sections, to which the header points with offset and length. ``message.js`` reads it.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

Section = dict[str, int]


class Sections:
    """Collects the binary sections of a message."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._used = 0

    def add(self, data: bytes | np.ndarray) -> Section:
        """Append a section; an array goes little-endian in C order. Return where it lies."""
        if isinstance(data, np.ndarray):
            data = np.ascontiguousarray(data, data.dtype.newbyteorder("<")).tobytes()
        # Typed arrays in the browser begin at multiples of their item size.
        padding = -self._used % 8
        self._parts += [b"\0" * padding, data]
        self._used += padding + len(data)
        return {"offset": self._used - len(data), "length": len(data)}

    def message(self, header: dict[str, Any]) -> bytes:
        """Return the message of a header that points to the sections added."""
        text = json.dumps(header, allow_nan=False).encode()
        return b"".join((len(text).to_bytes(4, "little"), text, *self._parts))


def read_header(message: bytes) -> dict[str, Any]:
    """Return the header of a message."""
    size = int.from_bytes(message[:4], "little")
    header: dict[str, Any] = json.loads(message[4 : 4 + size])
    return header
