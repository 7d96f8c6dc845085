"""An evaluation job: a result, a sentence or a cancellation, and never a file left behind."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import pytest

from brainscan.imaging.phantom import Lesion, phantom_png, phantom_slice
from brainscan.inference.release import open_release
from brainscan.ui import evaluation_run
from brainscan.ui.evaluation_intake import FolderSource, UploadSource
from tests.pages.evaluation_app import use_stand_in, write_release


@pytest.fixture
def release(tmp_path, monkeypatch):
    monkeypatch.setattr(evaluation_run, "TumorClassifier", evaluation_run.TumorClassifier)
    use_stand_in()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    write_release(tmp_path / "models")
    return open_release("resnet50", tmp_path / "models")


def _slice(lesion: Lesion, seed: int) -> io.BytesIO:
    return io.BytesIO(phantom_png(phantom_slice(seed, lesion=lesion)))


def _upload() -> UploadSource:
    files = (("s/yes/1.png", "glioma"), ("s/no/2.png", "none"), ("s/no/3.png", "none"))
    return UploadSource([(name, _slice(kind, n)) for n, (name, kind) in enumerate(files)])


def test_an_upload_is_evaluated_and_removed(release, tmp_path):
    job = evaluation_run.start(_upload(), release)
    job.wait(60)
    assert job.state == "finished", job.error
    assert job.result.model.title == "resnet50 0.0.1"
    assert len(job.result.counted) == 3
    assert list((tmp_path / "temp").iterdir()) == []


def test_a_bad_folder_is_a_sentence(release, tmp_path):
    job = evaluation_run.start(FolderSource(tmp_path / "nowhere"), release)
    job.wait(60)
    assert job.state == "failed"
    assert "does not exist" in job.error


def test_cancelling_keeps_nothing(release, tmp_path, monkeypatch):
    hold = tmp_path / "hold"
    hold.touch()
    monkeypatch.setenv("BRAINSCAN_TEST_HOLD", str(hold))
    job = evaluation_run.start(_upload(), release)
    job.cancel()
    hold.unlink()
    job.wait(60)
    assert job.state == "cancelled"
    assert list((tmp_path / "temp").iterdir()) == []


def test_the_session_holds_one_evaluation(release):
    session: dict[str, object] = {}
    first = evaluation_run.start(_upload(), release)
    evaluation_run.keep(session, first)
    second = evaluation_run.start(_upload(), release)
    evaluation_run.keep(session, second)
    assert evaluation_run.current(session) is second
    first.wait(60)
    second.wait(60)
    assert second.state == "finished"
    evaluation_run.forget(session)
    assert evaluation_run.current(session) is None
    assert Path(tempfile.gettempdir()).exists()
