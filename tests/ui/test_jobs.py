"""Background jobs: progress, cancel, errors as sentences, and an end whatever happens."""

from __future__ import annotations

import gc
import threading

import pytest

from brainscan.errors import Cancelled, DatasetError
from brainscan.ui.jobs import Handle, Job, SessionJob

_SOON_S = 10


def _ended(work):
    job = Job("test", work)
    job.wait(_SOON_S)
    return job


def test_a_result_comes_back():
    job = _ended(lambda handle: 42)
    assert (job.state, job.running, job.result, job.error) == ("finished", False, 42, None)


def test_progress_is_seen_while_it_runs():
    seen, go_on = threading.Event(), threading.Event()

    def work(handle: Handle) -> None:
        handle.begin("Reading")
        handle.report(0, 8)
        handle.report(2, 8)
        seen.set()
        go_on.wait(_SOON_S)

    job = Job("test", work)
    seen.wait(_SOON_S)
    assert (job.running, job.stage, job.done, job.total) == (True, "Reading", 2, 8)
    assert job.fraction == 0.25
    assert job.seconds_left() >= 0
    with pytest.raises(RuntimeError, match="running"):
        _ = job.result
    go_on.set()
    job.wait(_SOON_S)
    assert not job.running


def test_a_new_stage_starts_from_nothing():
    handle = Handle()
    handle.report(5, 5)
    handle.begin("Next")
    assert (handle.stage, handle.done, handle.total) == ("Next", 0, 0)
    assert handle.seconds_left() is None


def test_cancel_ends_the_work_without_an_error():
    def work(handle: Handle) -> None:
        assert handle.cancelled.wait(_SOON_S)
        raise Cancelled("stopped")

    job = Job("test", work)
    job.cancel()
    job.wait(_SOON_S)
    assert (job.state, job.error, job.stopping) == ("cancelled", None, False)


def test_an_error_on_purpose_becomes_its_sentence():
    def work(handle: Handle) -> None:
        raise DatasetError("The folder holds no image. Choose another.")

    job = _ended(work)
    assert (job.state, job.error) == ("failed", "The folder holds no image. Choose another.")
    with pytest.raises(RuntimeError, match="failed"):
        _ = job.result


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_unexpected_error_ends_the_job_and_hides_its_traceback():
    def work(handle: Handle) -> None:
        raise ZeroDivisionError("secret detail")

    job = _ended(work)
    assert job.state == "failed"
    assert "secret" not in job.error
    assert "error in BrainScan itself" in job.error


def test_a_job_nobody_holds_any_more_is_cancelled():
    stopped = threading.Event()

    def work(handle: Handle) -> None:
        handle.cancelled.wait(_SOON_S)
        stopped.set()

    job = Job("test", work)
    assert job.running
    del job
    gc.collect()
    assert stopped.wait(_SOON_S)


def test_only_what_ended_without_a_result_is_dismissed():
    def refuse(handle: Handle) -> None:
        raise DatasetError("The file is not a ZIP archive.")

    place: SessionJob = SessionJob("key")
    session: dict = {}
    place.dismiss(session)
    place.keep(session, _ended(refuse))
    place.dismiss(session)
    assert place.current(session) is None
    go_on = threading.Event()
    running = Job("test", lambda handle: go_on.wait(_SOON_S))
    place.keep(session, running)
    place.dismiss(session)
    assert place.current(session) is running and not running.stopping
    go_on.set()
    running.wait(_SOON_S)
    place.dismiss(session)
    assert place.current(session) is running
