"""The version that a command writes into a release."""

from __future__ import annotations

import argparse
import re

_VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")


def release_version(text: str) -> str:
    """Return ``text`` if it is a version such as ``1.2.0``, for :mod:`argparse`.

    Cards, reports and DICOM results name a model by it, and people compare versions by order.

    Raises
    ------
    argparse.ArgumentTypeError
        When it is not three whole numbers.
    """
    if not _VERSION.fullmatch(text):
        msg = f"{text!r} is no version. Give three numbers, for example 1.2.0"
        raise argparse.ArgumentTypeError(msg)
    return text
