"""Training processes: whether one is alive, starting one apart from the app, stopping it.

A training outlives the page and the app that started it. It runs in a process group of its
own, so a Ctrl-C meant for the app does not reach it, and it is known by the process id that
its folder records, so a restarted app can still stop it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from brainscan.errors import TrainingError

GRACE_S = 60.0
"""Seconds a training has to finish its step and save after it was asked to stop."""

KILL_AFTER_S = 15.0
"""Seconds between the firmer request (SIGTERM) and the end by force."""

_REPOSITORY = Path(__file__).resolve().parents[2]
_PID_REUSE_SLACK_S = 5.0

_children: dict[int, subprocess.Popen[bytes]] = {}
_stopping: set[int] = set()
_lock = threading.Lock()


def is_alive(pid: int, *, seen_at: float | None = None) -> bool:
    """Whether a process runs.

    Parameters
    ----------
    pid
        Process id.
    seen_at
        When the process was last known to live, seconds since the epoch. A process that was
        started later only inherited the number, and counts as gone. Checked on Linux only.
    """
    if pid <= 0:
        return False
    with _lock:
        child = _children.get(pid)
        if child is not None:
            # Asking also reaps the process: one that ended unasked stays visible as a zombie.
            return child.poll() is None
    if sys.platform == "win32":
        return _alive_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    state, started = _linux_state(pid)
    if state == "Z":
        return False
    return seen_at is None or started is None or started <= seen_at + _PID_REUSE_SLACK_S


def start_detached(arguments: Sequence[str], log: Path) -> int:
    """Start ``python -m brainscan ...`` apart from the app and return its process id.

    Parameters
    ----------
    arguments
        What follows ``python -m brainscan``. No shell sees them.
    log
        File to which everything the process prints is added.

    Raises
    ------
    TrainingError
        The log cannot be written, or the system refuses another process.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    search = [str(_REPOSITORY), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(part for part in search if part)
    try:
        with log.open("ab") as sink:
            child = subprocess.Popen(
                [sys.executable, "-m", "brainscan", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=sys.platform != "win32",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
    except OSError as error:
        raise TrainingError(
            f"The training could not be started ({error.strerror or error}). Check that "
            f"{log.parent} can be written to and that the machine has memory left."
        ) from error
    with _lock:
        _children[child.pid] = child
    return child.pid


def request_stop(
    pid: int,
    *,
    seen_at: float | None = None,
    grace_s: float = GRACE_S,
    kill_after_s: float = KILL_AFTER_S,
) -> None:
    """Ask a training to stop, and see in the background that it does.

    The process first gets what Ctrl-C sends, so that it can save; when it still runs after
    ``grace_s`` seconds it is told to terminate, and ``kill_after_s`` later it is ended. The
    call returns at once. Asking twice changes nothing.

    Raises
    ------
    TrainingError
        The process is gone already, or belongs to somebody else.
    """
    if not is_alive(pid, seen_at=seen_at):
        raise TrainingError("The training is not running any more, so there is nothing to stop.")
    with _lock:
        if pid in _stopping:
            return
        _stopping.add(pid)
    try:
        _send(pid, _INTERRUPT)
    except PermissionError as error:
        _stopping.discard(pid)
        raise TrainingError(
            f"The training belongs to another user of this machine (process {pid}) and cannot "
            "be stopped from here. Ask that user to stop it."
        ) from error
    except OSError:
        _stopping.discard(pid)  # It ended between the question and the signal: as wanted.
        return
    threading.Thread(
        target=_see_to_it, args=(pid, grace_s, kill_after_s), name=f"stop-{pid}", daemon=True
    ).start()


def is_stopping(pid: int) -> bool:
    """Whether the process was asked to stop by this app and has not ended yet."""
    return pid in _stopping and is_alive(pid)


def _see_to_it(pid: int, grace_s: float, kill_after_s: float) -> None:
    try:
        for wait_s, send in ((grace_s, _terminate), (kill_after_s, _kill)):
            if _ends_within(pid, wait_s):
                return
            with contextlib.suppress(OSError):
                send(pid)
        _ends_within(pid, kill_after_s)
    finally:
        _stopping.discard(pid)


def _ends_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not is_alive(pid):
            return True
        time.sleep(0.1)
    return not is_alive(pid)


_INTERRUPT = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)
"""Windows cannot send SIGINT to another process group; Ctrl-Break is its nearest relative."""


def _send(pid: int, number: int) -> None:
    """Signal a process, and its whole group when it leads one, as Ctrl-C in a terminal does."""
    if sys.platform != "win32" and _leads_group(pid):
        os.killpg(pid, number)
    else:
        os.kill(pid, number)


def _terminate(pid: int) -> None:
    _send(pid, signal.SIGTERM)


_kill: Callable[[int], None]
if sys.platform == "win32":
    _kill = _terminate  # TerminateProcess, which cannot be refused
else:

    def _kill(pid: int) -> None:
        _send(pid, signal.SIGKILL)


def _leads_group(pid: int) -> bool:
    try:
        return os.getpgid(pid) == pid
    except OSError:
        return False


def _linux_state(pid: int) -> tuple[str | None, float | None]:
    """Return a process's state letter and start time from ``/proc``, ``None`` elsewhere.

    Fields 3 and 22 of ``/proc/PID/stat`` (proc(5)); the name before them may hold blanks, so
    counting starts behind its closing bracket.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        lines = Path("/proc/stat").read_text(errors="replace").splitlines()
        booted = next(int(line.split()[1]) for line in lines if line.startswith("btime"))
        return fields[0], booted + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None, None


def _alive_windows(pid: int) -> bool:
    """Ask Windows for the process; 259 is STILL_ACTIVE, 0x1000 the right to query it."""
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle = kernel.OpenProcess(0x1000, False, pid)
    if not handle:
        return False
    try:
        code = ctypes.c_ulong()
        return bool(kernel.GetExitCodeProcess(handle, ctypes.byref(code))) and code.value == 259
    finally:
        kernel.CloseHandle(handle)
