"""The worker: one contender in its own process and environment, obeying JSON lines on a pipe.

Standard library, NumPy and the one framework. Started as
`python -P -m bench.worker MODULE COMMANDS_FD REPLIES_FD LIFE_FD THREADS`; MODULE is dotted or a .py
path.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import random
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench import bounds, compiled, measure, observed, probing, quiet, resident
from bench.aside import Aside
from bench.heard import Heard
from bench.worker_case import Case, DeviceSentinel, TooLong
from frameworks.interface import Device, Framework, Runtime, Settings, Unsupported
from suites import catalog
from suites.verification import checks
from suites.workload import Lifecycle, definition_hash

ADAPTER_NAMES = ("devices", "start", "build", "wait", "to_numpy", "memory")


LOOKED_AT = 3
LOOK_CHANCE = 1 / 3
"""Slices of a case that are all looked into, and the part of the later ones."""

LATENCIES_EVERY = 4
"""Of the later ones every fourth has single steps timed, where those cost time of their own."""

UNSETTLED = ("devices", "start", "build", "slice", "drop")
"""Requests after which no other contender is timed before this one's next: a `rest` follows a
slice, verification follows what is built."""


class Worker:
    """The contender's state: adapter, runtime, and the case under way."""

    def __init__(self, adapter: Framework) -> None:
        self.adapter = adapter
        self.runtime: Runtime | None = None
        self.case: Case | None = None
        self.sentinel: DeviceSentinel | None = None
        self.learnt = probing.Learnt(keeps=True)
        self.keep: Callable[[str | None], None] | None = getattr(adapter, "keep", None)
        self.compiled: str | None = None
        """Folder of what it compiles."""
        self.heard = Heard()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to one request. Raises whatever the adapter raises."""
        commands: dict[str, Callable[..., dict[str, Any]]] = {
            "devices": self.devices,
            "start": self.start,
            "build": self.build,
            "verify": self.verify,
            "calibrate": self.calibrate,
            "slice": self.slice,
            "renew": self.renew,
            "rest": self.rest,
            "drop": self.drop,
        }
        return commands[request.pop("do")](**request)

    def devices(self) -> dict[str, Any]:
        return {"devices": [dataclasses.asdict(device) for device in self.adapter.devices()]}

    def start(self, device: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
        self.runtime = self.adapter.start(Device(**device), Settings(**settings))
        found = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
        packages = sorted(f"{name}=={version}" for name, version in found.items())
        if self.keep is not None:
            self.compiled = compiled.folder(self.adapter.NAME, packages)
            self.keep(self.compiled)
        if self.runtime.device.kind != "cpu":
            # A device or precision that cannot do even this shows it in the cases, with the reason.
            with contextlib.suppress(Exception):
                self.sentinel = DeviceSentinel(self.adapter)
        notes = list(self.runtime.notes)
        try:
            self.learnt = probing.learn(self.adapter, self.runtime.device.kind)
        except Unsupported:
            pass
        except Exception as error:  # noqa: BLE001  a contender that cannot do it may do its cases
            notes.append(f"whether it waits was not tried out at its start: {error!r}"[:1000])
        gc.collect()  # what was made for that
        return {
            "versions": dict(self.runtime.versions),
            "device": dataclasses.asdict(self.runtime.device),
            "asynchronous": self.runtime.asynchronous,
            "threads": self.runtime.threads,
            "notes": notes,
            "details": self.runtime.details,
            "left_over": list(self.learnt.found),
            "python": platform.python_version(),
            "packages": packages,
        }

    def build(
        self, suite: str, case: str, preset: str, seed: int, drawn: Sequence[int]
    ) -> dict[str, Any]:
        """Make the arrays and have the adapter copy them to the device."""
        workload = catalog.find(suite, preset, case)
        self.heard.take()
        if self.keep is not None:
            # A life is mostly the compiler's: one that finds its programs is another life.
            self.keep(None if isinstance(workload, Lifecycle) else self.compiled)
        self.case = Case(self.adapter, workload, seed, drawn)
        return {
            "arrays_sha256": self.case.arrays_sha256,
            "definition_sha256": definition_hash(workload),
            "build_s": self.case.timed.build_s,
        }

    def verify(self, path: str, step_limit_s: float) -> dict[str, Any]:
        """Observe the step and write what the host compares to an .npz file.

        `compared` is what all contenders must agree in. A step that takes longer than
        `step_limit_s` ends it: the reply is then `too_long_s` alone.
        """
        case = self._current
        try:
            seen = case.observe(step_limit_s)
        except TooLong as error:
            tried = {"too_long_s": error.step_s, "too_long_flop": error.flop}
            return {**tried, "foretold": error.foretold}
        observed.write(Path(path), seen.observed)
        return {
            "first_step_s": case.timed.first_step_s,
            "first_step_kept": case.timed.first_step_kept,
            "warnings": self.heard.take(),
            "compared": _finite(seen.compared),
            "curves": _finite(seen.curves),
        }

    def calibrate(self) -> dict[str, Any]:
        assert self.runtime is not None
        case = self._current
        case.resettable = resident.reset_peak()  # what verification took is not the case's
        case.start_sampling(
            kind=self.runtime.device.kind,
            asynchronous=self.runtime.asynchronous,
            keeps=self.learnt.keeps,
        )
        return {}

    def slice(
        self, slice_s: float, warm_s: float, looks: bool = True, audit: str | None = None
    ) -> dict[str, Any]:
        """Samples, and between them an audit, written to that file, and looks into samples."""
        reply, wall_s = measure.timed(lambda: self._slice(slice_s, warm_s, looks, audit))
        return {**reply, "wall_s": wall_s}

    def _slice(
        self, slice_s: float, warm_s: float, looks: bool, audit: str | None
    ) -> dict[str, Any]:
        case = self._current
        assert case.sampler is not None, "the case is not calibrated"
        sentinel_s, sentinel_wall_s = measure.timed(
            lambda: self.sentinel.seconds() if self.sentinel else None
        )
        case.slices += 1
        looks = looks and self._looks(case, slice_s, audit)
        alone = case.slices <= LOOKED_AT or case.slices % LATENCIES_EVERY == 0
        found = Aside(case, self._asynchronous, warm_s, audit, looks)
        taken = case.sampler.take_slice(
            slice_s=slice_s, warm_s=warm_s, aside=found, latencies=alone
        )
        memory, compilations = self.adapter.memory(), case.compilations()
        peak = (case.first_memory or memory).peak_bytes
        return {
            **dataclasses.asdict(taken),
            **found.reply(),
            "apart_s": taken.apart_s + sentinel_wall_s,
            "peak_resident_bytes": max(resident.peak_bytes(), found.resident_bytes),
            "peak_resident_of": "case" if case.resettable else "process",
            "device_memory_bytes": memory.now_bytes,
            "device_peak_bytes": peak,
            "device_sentinel_s": sentinel_s,
            "compilations": compilations,
        }

    def _looks(self, case: Case, slice_s: float, audit: str | None) -> bool:
        """Whether to look into a sample of this slice. A step that fills the slice is looked at as
        rarely as it is audited."""
        assert case.sampler is not None
        if case.sampler.step_s > slice_s:
            return audit is not None
        return case.slices <= LOOKED_AT or random.random() < LOOK_CHANCE

    def renew(self, path: str) -> dict[str, Any]:
        """Build the case anew, with inputs never seen, and write what its steps give."""
        observed.write(Path(path), self._current.renewed())
        return {}

    @property
    def _asynchronous(self) -> bool:
        return self.runtime is not None and self.runtime.asynchronous

    def rest(self) -> dict[str, Any]:
        """What follows a slice and is no part of it: the host has read its meters in between."""
        gc.collect()  # it is off while the clock runs
        return {}

    def drop(self) -> dict[str, Any]:
        if self.case is not None:
            self.case.close()
        self.case = None
        gc.collect()
        return {}

    @property
    def _current(self) -> Case:
        assert self.case is not None, "no case is built"
        return self.case


def _finite(numbers: checks.Observed) -> dict[str, list[float]]:
    return {
        name: [float(value) for value in np.ravel(array)]
        for name, array in numbers.items()
        if np.all(np.isfinite(array))
    }


def load(module: str) -> Framework:
    """The adapter by dotted name or path. Raises ImportError with what is missing."""
    if module.endswith(".py"):
        spec = importlib.util.spec_from_file_location("outside_adapter", module)
        if spec is None or spec.loader is None:
            raise ImportError(f"{module} is no Python file")
        adapter: Any = importlib.util.module_from_spec(spec)
        sys.modules["outside_adapter"] = adapter  # dataclasses in the file look themselves up
        spec.loader.exec_module(adapter)
    else:
        adapter = importlib.import_module(module)
    missing = [name for name in ADAPTER_NAMES if not callable(getattr(adapter, name, None))]
    if missing:
        raise ImportError(f"adapter {module} lacks {', '.join(missing)}; see docs/adding.md")
    framework: Framework = adapter
    return framework


def error_reply(error: BaseException) -> dict[str, Any]:
    """What the host needs to record an exception."""
    return {
        "error": f"{type(error).__name__}: {error}"[:4000],
        "unsupported": str(error)[:4000] if isinstance(error, Unsupported) else None,
        "traceback": "".join(traceback.format_exception(error))[-8000:],
    }


def main(module: str, commands_fd: int, replies_fd: int, life_fd: int, threads: int) -> None:
    """Answer until the host closes the pipe. An exception is a reply, never the end."""
    for descriptor in (commands_fd, replies_fd, life_fd):
        os.set_inheritable(descriptor, False)
    bounds.end_with_host(life_fd)
    if threads:
        bounds.limit_cores(threads)
    gc.disable()  # as timeit does: a collection is nobody's step
    worker: Worker | None = None
    # What is no valid Unicode in an adapter's words could be in no record.
    answers = os.fdopen(replies_fd, "w", encoding="utf-8", errors="replace")
    with os.fdopen(commands_fd) as commands, answers as replies:
        for line in commands:
            try:
                # The first request pays for the import, so that its failure has an answer too.
                if worker is None:
                    worker = Worker(load(module))
                    worker.heard.listen()
                    gc.freeze()  # what was imported need not be looked through again
                request = json.loads(line)
                at_once = request["do"] in UNSETTLED
                reply = json.dumps(worker.answer(request), ensure_ascii=False)
            except Exception as error:  # noqa: BLE001  the one place where any failure is a reply
                at_once, reply = False, json.dumps(error_reply(error), ensure_ascii=False)
            if not at_once:
                quiet.settle()
            replies.write(reply + "\n")
            replies.flush()


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:6]))
