"""How labels are written for people."""

from __future__ import annotations


def display_name(name: str) -> str:
    """Return a class name as people read it: ``no_tumor`` becomes ``no tumour``."""
    return name.replace("_", " ").replace("tumor", "tumour")
