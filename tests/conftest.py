"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real scans; tests that need it are skipped where it is missing."""
    folder = Path(os.environ.get("BRAINSCAN_DATA", _ROOT / ".." / "shared" / "data")).resolve()
    if not (folder / "brain-mri" / "manifest.csv").is_file():
        pytest.skip(f"real scans are not at {folder}; set BRAINSCAN_DATA to their folder")
    return folder
