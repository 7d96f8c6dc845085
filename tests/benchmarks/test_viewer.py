"""The benchmark of the volume viewer explains itself instead of starting."""

import sys

import pytest

from benchmarks import viewer


def test_help_measures_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["viewer", "--help"])
    monkeypatch.delattr(viewer, "write_volume")
    with pytest.raises(SystemExit) as ended:
        viewer.main()
    assert ended.value.code == 0
    assert "--repeats" in capsys.readouterr().out
