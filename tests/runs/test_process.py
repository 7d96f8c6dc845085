"""Processes: alive, gone, reused, asked to stop and made to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from brainscan.errors import TrainingError
from brainscan.runs import process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

OBEDIENT = "import signal,time; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
STUBBORN = (
    "import signal,time\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
)


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator:
    """Start Python code in a session of its own and wait until it is ready."""
    started: list[subprocess.Popen] = []

    def start(code: str) -> int:
        ready = tmp_path / f"ready{len(started)}"
        body = f"{code}\nopen({str(ready)!r}, 'w').close()\ntime.sleep(60)"
        child = subprocess.Popen([sys.executable, "-c", body], start_new_session=True)
        started.append(child)
        wait_until(ready.exists)
        process._children[child.pid] = child
        return child.pid

    yield start
    for child in started:
        child.kill()
        child.wait()
        process._children.pop(child.pid, None)


def wait_until(condition, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def ended_with(pid: int) -> int | None:
    """Return how a child ended; ``None`` while it runs."""
    return process._children[pid].poll()


def test_this_process_lives_and_an_impossible_one_does_not() -> None:
    assert process.is_alive(os.getpid())
    assert not process.is_alive(0)
    assert not process.is_alive(2**22 + 1)


def test_a_child_that_ended_is_gone_although_nobody_waited_for_it() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    wait_until(lambda: not process.is_alive(child.pid))
    child.wait()


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs /proc")
def test_a_number_taken_over_by_a_later_process_counts_as_gone() -> None:
    assert process.is_alive(os.getpid(), seen_at=time.time())
    assert not process.is_alive(os.getpid(), seen_at=time.time() - 365 * 86400)


def test_a_stop_reaches_an_obedient_process_as_an_interrupt(spawn) -> None:
    pid = spawn(OBEDIENT)
    process.request_stop(pid)
    with contextlib.suppress(TrainingError):  # it may have obeyed already
        process.request_stop(pid)
    wait_until(lambda: not process.is_alive(pid))
    assert ended_with(pid) == -signal.SIGINT
    wait_until(lambda: not process.is_stopping(pid))


def test_a_process_that_will_not_listen_is_ended(spawn) -> None:
    pid = spawn(STUBBORN)
    process.request_stop(pid, grace_s=0.2, kill_after_s=0.2)
    assert process.is_stopping(pid)
    wait_until(lambda: not process.is_alive(pid))
    assert ended_with(pid) == -signal.SIGKILL


def test_stopping_what_is_gone_says_so() -> None:
    with pytest.raises(TrainingError, match="nothing to stop"):
        process.request_stop(2**22 + 1)


def test_a_started_process_writes_its_log_and_leads_its_own_group(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("before\n")
    pid = process.start_detached(["no-such-command"], log)
    assert os.getpgid(pid) == pid != os.getpgid(0)
    wait_until(lambda: not process.is_alive(pid), seconds=60)
    assert ended_with(pid) not in (0, None)
    assert log.read_text().startswith("before\n")
    assert len(log.read_text()) > len("before\n")


def test_a_log_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="could not be started"):
        process.start_detached(["train"], tmp_path / "missing" / "log.txt")
