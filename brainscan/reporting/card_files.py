"""The files beside a manifest that the card draws on: settings, best epoch, history."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from brainscan.errors import TrainingError
from brainscan.runs.history import History, read_history


@dataclass(frozen=True, eq=False)
class ReleaseFiles:
    """Contents of ``config.json``, ``metrics.json`` and ``history.csv`` of a release.

    What is missing or cannot be read is empty, with a sentence in ``problems``.
    """

    config: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    history: History | None = None
    problems: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> ReleaseFiles:
        """Read the files of a release folder; never raises for what is in them."""
        problems: list[str] = []
        config = _object(folder / "config.json", problems)
        metrics = _object(folder / "metrics.json", problems)
        history = None
        try:
            history = read_history(folder / "history.csv")
        except TrainingError as error:
            problems.append(f"The history of the training cannot be shown. {error}")
        return cls(config, metrics, history, tuple(problems))


def _object(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        problems.append(f"The file {path.name} of the release is missing or cannot be read.")
        return {}
    except ValueError:  # no JSON, or no UTF-8
        problems.append(f"The file {path.name} of the release is not valid JSON.")
        return {}
    if not isinstance(found, dict):
        problems.append(f"The file {path.name} of the release does not hold a JSON object.")
        return {}
    return found
