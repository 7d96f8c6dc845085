"""What the frame of every page counts, and what it must not load for that."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from brainscan.ui import drawn


def test_outlines_on_slices_and_volumes_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(drawn, "st", SimpleNamespace(session_state=state))
    assert drawn.outlines_held() == 0
    state[drawn.ON_VOLUMES] = ({"a": 1}, {"a": 1, "b": 1})  # corrected, set aside, corrected again
    assert drawn.outlines_held() == 2
    rows = [
        SimpleNamespace(correction=correction, set_aside=set_aside)
        for correction, set_aside in ((None, None), (1, None), (None, 1))
    ]
    state["worklist"] = SimpleNamespace(rows=dict(enumerate(rows)), drawn={"taken off": 1})
    assert drawn.outlines_held() == 5


def test_the_frame_loads_nothing_that_one_page_needs() -> None:
    code = "import sys, brainscan.ui.page; print('pydicom' in sys.modules, 'cv2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
