"""Long work in a background thread, watched from pages that come and go.

No Streamlit in here: a page keeps the `Job` in its session state and asks it how it is doing.
When the session ends the job is garbage-collected, which cancels the work.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from brainscan.errors import BrainScanError, Cancelled
from brainscan.progress import TimeLeft

T = TypeVar("T")
State = Literal["running", "finished", "cancelled", "failed"]
_UNEXPECTED = (
    "The work stopped because of an error in BrainScan itself. "
    "The window in which BrainScan was started shows the details; please report them."
)


@dataclass(eq=False)
class Handle:
    """What the work sees of its job: where it reports to and whether it should stop."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    done: int = 0
    total: int = 0
    stage: str = ""
    note: str = ""
    state: State = "running"
    result: Any = None
    error: str | None = None
    _left: TimeLeft = field(default_factory=TimeLeft)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, stage: str) -> None:
        """Name the stage that begins; its steps count from nothing."""
        with self._lock:
            self.stage, self.done, self.total, self.note = stage, 0, 0, ""
            self._left = TimeLeft()

    def report(self, done: int, total: int, note: str = "", /) -> None:
        """Note that ``done`` of ``total`` steps of the stage are finished, and where that is."""
        with self._lock:
            self.done, self.total, self.note = done, total, note
            self._left.update(done)

    def should_stop(self) -> bool:
        """Whether the user, or the end of the session, asked the work to stop."""
        return self.cancelled.is_set()

    def seconds_left(self) -> float | None:
        """Return the estimated rest of the stage in seconds, ``None`` while unknown."""
        with self._lock:
            return self._left.seconds(self.total) if self.total else None


class Job(Generic[T]):
    """A piece of work that runs in a thread of its own from the moment it is made.

    Parameters
    ----------
    title
        What the work is, for people.
    work
        Called with the `Handle`; returns the result. A `BrainScanError` it raises becomes the
        job's error sentence, `Cancelled` its end without one. It must not refer to the job.
    """

    def __init__(self, title: str, work: Callable[[Handle], T]) -> None:
        self.title = title
        self._handle = Handle()
        self._thread = threading.Thread(
            target=_run, args=(self._handle, work), name=f"job {title}", daemon=True
        )
        weakref.finalize(self, self._handle.cancelled.set)
        self._thread.start()

    @property
    def state(self) -> State:
        return self._handle.state

    @property
    def running(self) -> bool:
        return self._handle.state == "running"

    @property
    def stopping(self) -> bool:
        """Whether the work was asked to stop and has not stopped yet."""
        return self.running and self._handle.should_stop()

    @property
    def stage(self) -> str:
        return self._handle.stage

    @property
    def note(self) -> str:
        """How far the stage is in words, where the number of its steps says nothing."""
        return self._handle.note

    @property
    def done(self) -> int:
        return self._handle.done

    @property
    def total(self) -> int:
        """Steps of the stage; 0 while unknown."""
        return self._handle.total

    @property
    def fraction(self) -> float:
        """Share of the stage that is done, in [0, 1]."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def error(self) -> str | None:
        """Sentence why the work failed, ``None`` unless it did."""
        return self._handle.error

    @property
    def result(self) -> T:
        """What the work returned.

        Raises
        ------
        RuntimeError
            While there is no result.
        """
        if self._handle.state != "finished":
            msg = f"The job {self.title!r} has no result: it is {self._handle.state}."
            raise RuntimeError(msg)
        result: T = self._handle.result
        return result

    def seconds_left(self) -> float | None:
        """Return the estimated rest of the stage in seconds, ``None`` while unknown."""
        return self._handle.seconds_left()

    def cancel(self) -> None:
        """Ask the work to stop; it does so at its next step."""
        self._handle.cancelled.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until the work has ended."""
        self._thread.join(timeout_s)


@dataclass(frozen=True)
class SessionJob(Generic[T]):
    """The place where a session keeps its job of one kind, under ``key``."""

    key: str

    def current(self, session: MutableMapping[Any, Any]) -> Job[T] | None:
        """Return the session's job, running or ended."""
        job: Job[T] | None = session.get(self.key)
        return job

    def keep(self, session: MutableMapping[Any, Any], job: Job[T]) -> None:
        """Make ``job`` the session's job; an older one that still runs is stopped."""
        self.forget(session)
        session[self.key] = job

    def forget(self, session: MutableMapping[Any, Any]) -> None:
        """Stop the session's job, if it runs, and drop it with its result."""
        job = self.current(session)
        if job is not None:
            job.cancel()
            del session[self.key]

    def dismiss(self, session: MutableMapping[Any, Any]) -> None:
        """Drop a job that ended without a result; one that runs or has finished stays."""
        job = self.current(session)
        if job is not None and job.state in ("cancelled", "failed"):
            del session[self.key]


def _run(handle: Handle, work: Callable[[Handle], Any]) -> None:
    """Do the work; whatever happens, the job does not stay in the state running."""
    state: State = "failed"
    error: str | None = _UNEXPECTED
    try:
        handle.result = work(handle)
        state, error = "finished", None
    except Cancelled:
        state, error = "cancelled", None
    except BrainScanError as problem:
        error = str(problem)
    finally:
        # An unexpected exception goes on to the thread's hook, which prints it.
        handle.error = error
        handle.state = state
