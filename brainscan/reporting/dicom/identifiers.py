"""Unique identifiers of results and of the software that makes them.

All lie under 2.25, the root for identifiers that are UUIDs (PS3.5 annex B.2), so that nobody has
to be asked for a root of their own.
"""

from __future__ import annotations

import re
import uuid

from pydicom.uid import UID, generate_uid

_DEVICES = uuid.UUID("6f0d3f0a-6a55-4bb5-9c33-5e7b1d0c2f4e")
_OUTLINES = uuid.UUID("2b1d6a0e-5b7e-4d0c-8f5c-9a3c7f2e61d4")
_REPEATABLE = re.compile(r"[0-9][0-9.]{0,63}")


def usable(uid: str) -> bool:
    """Whether an identifier can be repeated in another object (PS3.5 section 9.1).

    Digits, dots and 64 characters at most. Roots that were never given out and components with
    a leading zero break the rules as well, but images have them, and archives know them.
    """
    return bool(_REPEATABLE.fullmatch(uid))


def new_uid() -> UID:
    """Return an identifier that nothing else has."""
    return generate_uid(prefix=None)


def device_uid(model: str, fingerprint: str | None) -> UID:
    """Return the identifier of a model as an observer: the same for the same release.

    Parameters
    ----------
    model
        Name and version.
    fingerprint
        SHA-256 of the release, where known.
    """
    name = f"{model} {fingerprint or ''}".strip()
    return UID(f"2.25.{uuid.uuid5(_DEVICES, name).int}")


def outline_uid(*facts: str) -> UID:
    """Return the identifier by which results follow one outline: the same for the same facts.

    Parameters
    ----------
    facts
        What tells the outline from every other: scan, model, author, time.
    """
    return UID(f"2.25.{uuid.uuid5(_OUTLINES, ' '.join(facts)).int}")
