"""Fixtures for every test, and how the tests share the processors."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]
_LONGEST = (
    "training/test_training.py",
    "pages/test_diagnose_page.py",
    "pages/test_diagnose_outline.py",
    "pages/test_volume_viewer.py",
    "pages/test_volume_outline.py",
    "pages/test_diagnose_dicom.py",
    "pages/test_evaluate_page.py",
    "inference/test_classifier.py",
)
"""Modules that begin first, so that no process is left alone with one of them at the end."""
_MOST_WORKERS = 4  # each may hold TensorFlow, or a browser and a server


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Share folders of tests among processes; run a few chosen tests in this one."""
    chosen = config.option.keyword or not all(Path(given).is_dir() for given in config.args)
    return 0 if chosen else min(os.cpu_count() or 1, _MOST_WORKERS)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Number parameters that are bytes; some hold the time, and every process must agree."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest modules, in this order."""
    folder = _ROOT / "tests"
    ranks = {folder / name: rank for rank, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_collection_finish() -> None:
    """Take what the imports left, TensorFlow's above all, from the sight of the garbage collector.

    Streamlit collects garbage after every run of a script: a fifth of a second otherwise.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real scans; tests that need it are skipped where it is missing."""
    folder = Path(os.environ.get("BRAINSCAN_DATA", _ROOT / ".." / "shared" / "data")).resolve()
    if not (folder / "brain-mri" / "manifest.csv").is_file():
        pytest.skip(f"real scans are not at {folder}; set BRAINSCAN_DATA to their folder")
    return folder
