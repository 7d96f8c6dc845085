"""``python -m brainscan faithfulness``: what a run that is stopped says."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from brainscan.cli import main
from brainscan.commands import faithfulness as command
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.inference.classifier import TumorClassifier


def test_ctrl_c_says_that_nothing_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "measure_faithfulness", interrupted)
    monkeypatch.setattr(TumorClassifier, "load", lambda *_, **__: SimpleNamespace(release=None))
    (tmp_path / "scans" / "yes").mkdir(parents=True)
    (tmp_path / "scans" / "yes" / "a.png").write_bytes(phantom_png(phantom_slice(1)))
    out = tmp_path / "maps.json"
    assert main(["faithfulness", str(tmp_path / "scans"), "--json", str(out)]) == 130
    assert "brainscan faithfulness: stopped. Nothing was written." in capsys.readouterr().err
    assert not out.exists()
