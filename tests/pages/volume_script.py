"""What the tests of the Volume page's script do with it, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import brainscan.ui.models
from brainscan.ui import volume_work
from brainscan.ui.volume_session import VolumeSession
from tests.pages import fake_model, fake_volume
from tests.pages.browser import ROOT

HEAD = fake_volume.head_nifti()


def start(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page alone, with stand-ins for the network."""
    monkeypatch.setattr(brainscan.ui.models, "list_models", fake_model.list_fake_models)
    monkeypatch.setattr(volume_work, "predict_volume", fake_volume.predict_volume)
    monkeypatch.setattr(
        volume_work, "_classifier", lambda folder, fingerprint: fake_volume.Classifier(folder)
    )
    return AppTest.from_file(str(ROOT / "pages/volume.py"), default_timeout=60).run()


def upload(page: AppTest, name: str = "t1.nii", data: bytes = HEAD) -> VolumeSession:
    """Open a NIfTI file and wait for its answer."""
    page.file_uploader[1].set_value((name, data, "application/octet-stream")).run()
    finish(page)
    return study(page)


def study(page: AppTest) -> VolumeSession:
    found: VolumeSession = page.session_state["volume_session"]
    return found


def finish(page: AppTest) -> AppTest:
    """Let the work in the background end, step by step, as the progress bar would."""
    for _ in range(4):
        if "volume_session" not in page.session_state:
            break
        found = study(page)
        for job in (found.searching, found.reading, found.asking):
            if job is not None:
                job.wait(60)
        page.run()
        assert not page.exception
    return page


def open_path(page: AppTest, path: Path) -> AppTest:
    page.text_input(key="volume_path").set_value(str(path))  # a form: it is sent with the button
    page.button(key="volume_go").click().run()
    return finish(page)


def html(page: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]
