"""Batches that come from the host: as they lie, or prepared from raw bytes, in the step that needs
them or meanwhile by a thread. One follows the other, and after the last comes the first."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Batch = Mapping[str, Array]

AHEAD = 2
"""Batches that wait ready; a full queue stops the thread, so an idle contender stays idle."""


def prepared(raw: Array) -> Array:
    """Images [batch, channels, height, width] of bytes as float32 of mean 0 and variance 1, turned
    left to right as a loader's augmentation would."""
    spread = 256 / np.sqrt(12)  # of a uniform distribution over 256 values
    return ((raw[..., ::-1].astype(np.float32) - 127.5) / np.float32(spread)).copy()


class BatchLoader:
    """Goes round these batches; with `prepares` their `x` are bytes, prepared anew every time."""

    def __init__(
        self, batches: Sequence[Batch], *, prepares: bool = False, background: bool = False
    ) -> None:
        self._round, self._prepares = itertools.cycle(batches), prepares
        self._ready: queue.Queue[Batch] | None = queue.Queue(AHEAD) if background else None
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self) -> Batch:
        """The next batch, `x` [batch, ...] float32; the first call starts the thread."""
        if self._ready is None:
            return self._next()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        return self._ready.get()

    def close(self) -> None:
        """Let the thread end."""
        self._closed.set()
        if self._ready is not None:
            while not self._ready.empty():
                self._ready.get_nowait()

    def _next(self) -> Batch:
        batch = next(self._round)
        return {**batch, "x": prepared(batch["x"])} if self._prepares else batch

    def _work(self) -> None:
        assert self._ready is not None
        while not self._closed.is_set():
            self._ready.put(self._next())
