"""Series that several tests read and none changes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from tests.imaging import patient
from tests.reporting.dicom import sources


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> sources.Phantom:
    """Write each series of the phantom once."""

    @cache
    def made(orientation: Sequence[float] = patient.AXIAL, backwards: bool = False) -> Path:
        folder = tmp_path_factory.mktemp("phantom")
        return sources.series(folder, orientation, backwards=backwards)

    return made
