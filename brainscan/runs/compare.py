"""The settings of several trainings side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ABSENT = "not set"
_IDENTITY = {"run", "name", "created", "started", "pid", "command", "run_folder"}
"""Settings that differ between any two runs and explain nothing."""


@dataclass(frozen=True)
class SettingRow:
    """One setting in every run.

    Attributes
    ----------
    setting
        Name as in ``config.json``; nested settings joined by dots.
    values
        One text a run, `ABSENT` where the run does not have the setting.
    differs
        Whether the runs disagree. Always false for what merely identifies a run.
    """

    setting: str
    values: tuple[str, ...]
    differs: bool


def compare_settings(configs: Sequence[Mapping[str, Any]]) -> list[SettingRow]:
    """Return a row for every setting that any of the runs has, in the order they record them.

    Numbers are compared as numbers, so ``1`` and ``1.0`` agree; everything else must be equal.
    """
    flat = [dict(_flatten(config)) for config in configs]
    names = dict.fromkeys(name for settings in flat for name in settings)
    rows = []
    for name in names:
        present = [settings[name] for settings in flat if name in settings]
        same = len(present) == len(flat) and all(value == present[0] for value in present)
        texts = tuple(as_text(s[name]) if name in s else ABSENT for s in flat)
        identity = name.rpartition(".")[2] in _IDENTITY
        rows.append(SettingRow(name, texts, not same and not identity))
    return rows


def as_text(value: object) -> str:
    """Return a setting as people write it: ``0.001``, ``yes``, ``1, 2, 3``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(as_text(item) for item in value) or "none"
    return str(value)


def _flatten(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
