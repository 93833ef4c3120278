"""Workers whose replies are changed on their way: true ones in this process, and the host's end."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.contenders.patience import Patience
from bench.contenders.spec import Contender, parse
from bench.contenders.supervisor import Supervisor
from bench.contenders.worker_process import WorkerDied, WorkerProcess
from bench.schema import Cell, Failed, Record, Skipped, Verified
from bench.worker.__main__ import reply_line
from bench.worker.server import WorkerServer
from frameworks.interface import Device
from tests.helpers import prompt

Forge = Callable[[str, bytes], bytes]
"""What arrives instead of a true line, which answers this request."""

Told = tuple[dict[str, Any], bytes | None]

VERBS = ("devices", "start", "build", "verify", "calibrate", "slice", "renew", "rest", "drop")


class Tape:
    """True answers of an adapter, with their files, worked out once for each case."""

    def __init__(self) -> None:
        self._server = WorkerServer(prompt)
        self._devices = self._server.devices()
        self._started: dict[str, Any] = {}
        self._cases: dict[str, dict[str, Told]] = {}

    def answer(self, request: dict[str, Any], case: str) -> dict[str, Any]:
        """To a request, where this case is under way; its file is written too."""
        verb = request["do"]
        if verb == "devices":
            return self._devices
        if verb == "start":
            asked = {"device": request["device"], "settings": request["settings"]}
            self._started = self._started or self._server.start(**asked)
            return self._started
        if verb == "build" and case not in self._cases:
            self._cases[case] = self._played(request)
        if case not in self._cases:
            return {}  # to a drop of nothing
        audit = request.get("audit")
        answer, content = self._cases[case]["audit" if audit else verb]
        if content is not None:
            Path(audit or request["path"]).write_bytes(content)
        return answer

    def _played(self, build: dict[str, Any]) -> dict[str, Told]:
        """A case's whole life."""
        server = self._server
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "observed.npz")

            def told(answer: dict[str, Any]) -> Told:
                content = path.read_bytes() if path.exists() else None
                path.unlink(missing_ok=True)
                return answer, content

            return {
                "build": told(server.build(**{k: v for k, v in build.items() if k != "do"})),
                "verify": told(server.verify(str(path), 1e6)),
                "calibrate": told(server.calibrate()),
                "slice": told(server.slice(0.01, 0.0)),
                "audit": told(server.slice(0.01, 0.0, audit=str(path))),
                "rest": told(server.rest()),
                "renew": told(server.renew(str(path))),
                "drop": told(server.drop()),
            }


class ForgedWorker(WorkerProcess):
    """Plays the tape; everything else of the host's end is as it is. Without `resets` no audit is
    possible, and the host asks for a case to be renewed."""

    def __init__(self, tape: Tape, forge: Forge, *, resets: bool = True) -> None:
        self._tape, self._forge, self._resets, self._case = tape, forge, resets, ""
        self._asked = self._searched = 0
        self._pending, self._memory_bytes = bytearray(), None
        self._dead = False
        self.stood_still_s = 0.0
        self._life: Any = SimpleNamespace(death=None)
        self._commands: Any = SimpleNamespace(write=self._answer)

    @property
    def pid(self) -> int:
        return os.getpid()

    @property
    def output_tail(self) -> str:
        return ""

    def kill(self) -> None:
        self._dead = True

    def _answer(self, line: bytes) -> None:
        if self._dead:
            raise ValueError("closed")
        request = json.loads(line)
        number, verb = request.pop("number"), request["do"]
        self._case = request.get("case", self._case)
        if not self._resets:
            request.pop("audit", None)
        reply = reply_line(number, self._tape.answer(request, self._case))
        self._pending += self._forge(verb, reply.encode())

    def _await(self, patience: Patience, timeout_s: float) -> None:
        self.kill()
        raise WorkerDied(f"no answer within {timeout_s:.0f} s (--timeout): killed")

    def _died(self) -> WorkerDied:
        return WorkerDied("the worker exited with code 1", exit_code=1)


def supervisor(worker: WorkerProcess | None) -> Supervisor:
    """Of NumPy on the CPU."""
    device = Device(id="cpu", kind="cpu", name="cpu")
    contender = Contender(parse(["numpy"])[0], device, "float32", None)
    return Supervisor(contender, Path("python"), 600.0, worker)


def end(records: Sequence[Record]) -> str:
    """What records of a case say became of it: empty where they do not."""
    for each in records:
        match each:
            case Failed():
                return f"failed at {each.stage}"
            case Skipped():
                return "skipped"
            case Verified(passed=False):
                return "not verified"
    return "measured" if any(isinstance(each, Cell) for each in records) else ""


def ended(records: Sequence[Record], case: str) -> bool:
    """Whether they say what became of the case."""
    return bool(end([each for each in records if getattr(each, "case", None) == case]))
