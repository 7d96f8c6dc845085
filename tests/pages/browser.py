"""A real Streamlit server and a real headless Chromium for the page tests.

``chromium_path()`` looks at the environment variable ``CHROMIUM`` and then at the usual
names on the path. ``serve()`` starts ``streamlit run`` on a free port; ``Console`` collects
what a person would see in the browser's console, so that a test can demand silence.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


def chromium_path() -> str | None:
    """Return the Chromium to drive, or ``None`` where there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(
    script: Path = ROOT / "app.py",
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    timeout_s: float = 60.0,
) -> Iterator[str]:
    """Run ``script`` in Streamlit until the block ends and yield its address."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    with contextlib.ExitStack() as stack:
        sink: Any = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        for last in (False, True):
            port = free_port()
            command = [
                *(sys.executable, "-m", "streamlit", "run", str(script)),
                *("--server.headless", "true", "--server.port", str(port)),
            ]
            server = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=sink, stderr=subprocess.STDOUT
            )
            stack.callback(_stop, server)
            address = f"http://localhost:{port}"
            try:
                _wait_until_healthy(server, address, timeout_s)
                break
            except RuntimeError:
                # Another process of the tests may have taken the port in the meantime.
                if last or server.poll() is None:
                    raise
        yield address


def _wait_until_healthy(server: subprocess.Popen[bytes], address: str, timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if server.poll() is not None:
            msg = f"Streamlit ended with exit code {server.returncode} before it was ready."
            raise RuntimeError(msg)
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.1)
    msg = f"Streamlit was not ready after {timeout_s:.0f} s."
    raise RuntimeError(msg)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


class Console:
    """The errors a page wrote to the browser's console, uncaught exceptions included."""

    def __init__(self, page: Any) -> None:
        self.errors: list[str] = []
        page.on("console", self._message)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _message(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)


def settle(page: Any, timeout_ms: float = 60_000) -> None:
    """Wait until Streamlit has connected and no script run is in progress."""
    page.wait_for_selector('[data-testid="stApp"]', timeout=timeout_ms)
    page.wait_for_selector(
        '[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=timeout_ms
    )
