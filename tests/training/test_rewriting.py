"""A release with other entries in its manifest and the same weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from brainscan.inference.gate import GATE
from brainscan.inference.release import FILES, open_release
from brainscan.training import release as module
from brainscan.training.release import rewrite_release
from tests.reporting.releases import minimal_manifest, write_release


def test_entries_and_version_change_and_checksums_hold(tmp_path: Path) -> None:
    folder = write_release(tmp_path, minimal_manifest())
    for name in FILES:
        if not (folder / name).exists():
            (folder / name).write_bytes(name.encode())
    release = open_release(folder)
    rewrite_release(release, {"faithfulness": {"sets": {}}}, "0.2")
    found = open_release(folder)
    found.verify()
    assert (found.version, found.manifest["faithfulness"]) == ("0.2", {"sets": {}})
    assert (folder / "model.bin").read_bytes() == b"model.bin"
    assert (folder / "MODEL_CARD.md").read_text().startswith("# mine 0.2\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_another_gate_takes_the_place_of_the_former(tmp_path: Path) -> None:
    folder = write_release(tmp_path, minimal_manifest())
    for name in (*FILES, GATE):
        if not (folder / name).exists():
            (folder / name).write_bytes(name.encode())
    rewrite_release(open_release(folder), {"gate": {}}, "0.2", gate={"bias": np.array(3.0)})
    open_release(folder).verify()
    with np.load(folder / GATE) as stored:
        assert stored["bias"] == 3.0


def test_a_failure_leaves_the_former_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_release(tmp_path, minimal_manifest())
    before = json.loads((folder / "manifest.json").read_text())

    def fail(*given: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(module, "finish_release", fail)
    with pytest.raises(OSError, match="full"):
        rewrite_release(open_release(folder), {"x": 1}, "0.2")
    assert json.loads((folder / "manifest.json").read_text()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
