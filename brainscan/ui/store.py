"""Bounded memory for what a session looks at: file bytes, decoded scans, answers, maps.

Session state holds names, hashes and figures only. Arrays live here, keyed by the SHA-256 of
the file they came from, and the least recently used leave first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import streamlit as st

from brainscan.imaging.scan import Scan
from brainscan.imaging.source import Source
from brainscan.inference.prediction import Prediction
from brainscan.ui.viewer.payload import ViewerMap

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_MIB = 2**20


class BoundedStore(Generic[K, V]):
    """A thread-safe mapping that forgets the least recently used when it grows too large.

    Parameters
    ----------
    capacity
        Largest sum of sizes to keep. A single value larger than that is kept alone, so that
        what was just put in can always be read back.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def put(self, key: K, value: V, size: int) -> None:
        """Keep ``value``, which takes ``size`` units, under ``key``."""
        with self._lock:
            self._drop(key)
            self._entries[key] = (value, size)
            self._used += size
            while self._used > self._capacity and len(self._entries) > 1:
                self._drop(next(iter(self._entries)))

    def get(self, key: K) -> V | None:
        """Return what is kept under ``key`` and mark it as just used; ``None`` if forgotten."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def discard(self, key: K) -> None:
        """Forget ``key`` if it is there."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: K) -> None:
        if key in self._entries:
            self._used -= self._entries.pop(key)[1]

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def used(self) -> int:
        """Sum of the sizes of what is kept."""
        return self._used


@dataclass(frozen=True)
class Stores:
    """The bounded stores of this process.

    Attributes
    ----------
    files
        Bytes of the files, by session and SHA-256: one session never reads another's.
    volumes
        Files of volumes that wait to be opened on the Volume page, by session and key.
    scans
        Decoded scans by SHA-256.
    predictions, maps
        Answers and the viewer's maps, by model and SHA-256.
    """

    files: BoundedStore[tuple[str, str], bytes] = field(
        default_factory=lambda: BoundedStore(1024 * _MIB)
    )
    volumes: BoundedStore[tuple[str, str], tuple[Source, ...]] = field(
        default_factory=lambda: BoundedStore(2048 * _MIB)
    )
    scans: BoundedStore[str, Scan] = field(default_factory=lambda: BoundedStore(512 * _MIB))
    predictions: BoundedStore[tuple[str, str], Prediction] = field(
        default_factory=lambda: BoundedStore(512 * _MIB)
    )
    maps: BoundedStore[tuple[str, str], tuple[ViewerMap, ...]] = field(
        default_factory=lambda: BoundedStore(128 * _MIB)
    )


@st.cache_resource(show_spinner=False)
def stores() -> Stores:
    """Return the stores, made once a process."""
    return Stores()
