"""The one task of a fleet: a suite, measured by the checkout of the machine that this runs on.

Dask names it and sends words; the code is that of the same commit here. Its records go to the head
as they are written, and it ends with its worker: nothing of it goes on alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec

from bench import records
from bench.bounded_lines import MAX_LINE_BYTES
from bench.contenders.worker_life import Death, WorkerLife
from bench.environments.manager import CHECKOUT
from bench.fleet import plan
from bench.fleet.note import Suite, Word
from bench.run import lock
from suites.errors import UserError

LOOK_S = 2.0
"""Between two looks at what the run has written."""

STOP_S = 15.0
"""Longest a run that was asked to stop may take for its slice."""

STOPPED = 128 + signal.SIGTERM
"""Exit code of what was asked to stop."""

FREE_S = 60.0
"""Longest it waits for a run before it that is just being ended."""

PIECE_BYTES = 2**20
"""Sent at once, rounded up to a whole line."""

PACE_S = 0.05
"""Between two pieces: the head's memory holds what is on its way."""

_WHY_BYTES = 4000
_OUTPUT = "output.log"

Flag = Annotated[str, msgspec.Meta(pattern="^(framework|preset|time|precision|device|label)\\Z")]
Send = Callable[[dict[str, Any]], None]

_ASKED_TO = Death("it was asked to stop", exit_code=STOPPED)

stop = threading.Event()
"""Set where the head is being ended: the slice is finished, then the run."""


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is measured, and what of its records the head has already."""

    topic: Word
    suite: Suite
    flags: dict[Flag, Word]
    """Of `run`, by name and without its dashes."""
    place: Annotated[str, msgspec.Meta(pattern=plan.PLACE)]
    """Folder of all runs for this fleet, from where the worker is: a checkout, or a slot."""
    have_bytes: Annotated[int, msgspec.Meta(ge=0)] = 0
    have_sha256: Word = ""


def measure(order: dict[str, Any]) -> None:
    """Go on with the suite where it was left, or begin it; what comes of it is told in events.

    It gives nothing back: what Dask gives back is a pickle, which the head would not open.
    """
    from distributed import get_worker

    asked, worker = msgspec.convert(order, Order), get_worker()
    perform(asked, lambda message: worker.log_event(asked.topic, message))


def perform(asked: Order, send: Send) -> None:
    """The same, whoever hears of it."""
    try:
        plan.checked({**asked.flags, "suite": asked.suite})
        ended = _Measured(asked, send).go()
    except (UserError, OSError) as error:
        ended = {"code": 2, "why": str(error)[:_WHY_BYTES], "bytes": 0, "sha256": ""}
    send({"what": "ended", **ended})


class _Measured:
    def __init__(self, asked: Order, send: Send) -> None:
        self._asked, self._send = asked, send
        self._folder = Path.cwd() / asked.place / asked.suite
        self._log, self._said = self._folder / _OUTPUT, ""
        self._tail: _Tail | None = None

    def go(self) -> dict[str, Any]:
        """How it ended: exit code, why, and length and hash of the records."""
        self._folder.mkdir(parents=True, exist_ok=True)
        begun = newest(self._folder)
        code, why = 0, ""
        if begun is None or not records.ended(begun):
            _wait_until_free()
            death = self._run(resume=begun is not None) if not stop.is_set() else _ASKED_TO
            code = _exit_code(death)
            why = (_last_words(self._log) or death.reason) if code else ""
        self._ship()
        sent = self._tail
        return {
            "code": code,
            "why": why,
            "bytes": sent.at if sent else 0,
            "sha256": sent.sha256 if sent else "",
        }

    def _run(self, *, resume: bool) -> Death:
        asked = self._asked
        command = [str(CHECKOUT / "metalbench"), "run", f"--suite={asked.suite}"]
        command += [f"--{name}={value}" for name, value in asked.flags.items()]
        command += [f"--out={self._folder}", "--records-only", *(["--resume"] if resume else [])]
        variables = {**os.environ, "PYTHONPATH": str(CHECKOUT)}  # its keeper is a module of ours
        with self._log.open("wb") as log:
            life = WorkerLife(command, variables, (), log.fileno())
        try:
            return self._watch(life)
        finally:
            life.end()

    def _watch(self, life: WorkerLife) -> Death:
        asked_at: float | None = None
        while (death := life.wait(LOOK_S)) is None:
            self._ship()
            if not stop.is_set():
                continue
            if asked_at is None and (pid := life.pid):
                asked_at = time.monotonic()
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            elif asked_at and time.monotonic() - asked_at > STOP_S:
                return _ASKED_TO
        return death

    def _ship(self) -> None:
        """Send what there is of whole lines, and what the run says last."""
        if self._tail is None and (path := newest(self._folder)):
            self._tail = _Tail(path, self._asked.have_bytes, self._asked.have_sha256)
        while self._tail and (piece := self._tail.read()):
            self._send({"what": "lines", "at": self._tail.at - len(piece), "data": piece})
            time.sleep(PACE_S)
        said = _last_words(self._log, most=200).rpartition("\n")[2]
        if said != self._said:
            self._said = said
            self._send({"what": "now", "line": said})


def newest(folder: Path) -> Path | None:
    """The records of the one run in the folder: the newest that has begun."""
    for path in sorted(folder.glob("*/records.jsonl"), reverse=True):
        with contextlib.suppress(OSError):
            if records.head(path):
                return path
    return None


class _Tail:
    """The whole lines of a file that grows, from where the head has them."""

    def __init__(self, path: Path, have_bytes: int, have_sha256: str) -> None:
        self._path, self._hash, self.at = path, hashlib.sha256(), 0
        with path.open("rb") as file:
            left = have_bytes
            while left and (piece := file.read(min(left, PIECE_BYTES))):
                self._hash.update(piece)
                left -= len(piece)
        if not left and self.sha256 == have_sha256:
            self.at = have_bytes
        else:  # what the head has is of another file
            self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of all up to `at`."""
        return self._hash.hexdigest()

    def read(self) -> bytes:
        """The next whole lines; empty where there are none yet."""
        with self._path.open("rb") as file:
            file.seek(self.at)
            piece = file.read(PIECE_BYTES)
            if piece and b"\n" not in piece:
                piece += file.readline(MAX_LINE_BYTES)
        piece = piece[: piece.rfind(b"\n") + 1]
        self._hash.update(piece)
        self.at += len(piece)
        return piece


def _wait_until_free() -> None:
    """Until no other run holds the machine, which one that is being ended does for a moment.

    Raises lock.Busy.
    """
    deadline = time.monotonic() + FREE_S
    while not stop.is_set():
        try:
            with lock.held("a fleet's look"):
                return
        except lock.Busy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _exit_code(death: Death) -> int:
    if death.exit_code is not None:
        return death.exit_code
    known = signal.Signals.__members__.get(death.signal_name or "")
    return 128 + known if known else 1


def _last_words(log: Path, most: int = _WHY_BYTES) -> str:
    """The end of what a run has printed, without blank lines."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 2 * most))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(line for line in text.splitlines() if line.strip())[-most:]
