"""The worker: one contender in its own process and environment, and what it can be asked.

Standard library, NumPy and the one framework.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import importlib
import importlib.metadata
import importlib.util
import platform
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.environments import compile_cache
from bench.worker import measure, observations, probes, resident_memory
from bench.worker.between_samples import BetweenSamples
from bench.worker.case import Case, DeviceSentinel, TooLong
from bench.worker.warnings_log import WarningLog
from frameworks.interface import Device, Framework, Runtime, Settings, Unsupported
from suites import catalog
from suites.data import folder_sums
from suites.verification import checks
from suites.workload import Lifecycle, definition_hash

LOOKED_AT = 3
LOOK_CHANCE = 1 / 3
"""Slices of a case that are all looked into, and the part of the later ones."""

LATENCIES_EVERY = 4
"""Of the later ones every fourth has single steps timed, where those cost time of their own."""

MOST_TOLD = 1000
"""Devices, versions or notes that are asked of an adapter: what it returns may have no end."""

UNSETTLED = ("devices", "start", "build", "slice", "drop")
"""Requests after which no other contender is timed before this one's next: a `rest` follows a
slice, verification follows what is built."""


class WorkerServer:
    """The contender's state: adapter, runtime, and the case under way."""

    def __init__(self, adapter: Framework) -> None:
        self.adapter = adapter
        self.runtime: Runtime | None = None
        self.case: Case | None = None
        self.sentinel: DeviceSentinel | None = None
        self.learnt = probes.ProbeResult(keeps=True)
        self.keep: Callable[[str | None], None] | None = getattr(adapter, "keep", None)
        self.compiled: str | None = None
        """Folder of what it compiles."""
        self.warnings_log = WarningLog()

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
        told = islice(self.adapter.devices(), MOST_TOLD)
        return {"devices": [dataclasses.asdict(device) for device in told]}

    def start(
        self, device: dict[str, Any], settings: dict[str, Any], keeps: bool | None = None
    ) -> dict[str, Any]:
        """`keeps` is what an earlier worker of this contender learnt; None has it learnt anew."""
        self.runtime = self.adapter.start(Device(**device), Settings(**settings))
        found = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
        packages = sorted(f"{name}=={version}" for name, version in found.items())
        if self.keep is not None:
            self.compiled = compile_cache.folder(self.adapter.NAME, packages)
            self.keep(self.compiled)
        if self.runtime.device.kind != "cpu":
            # A device or precision that cannot do even this shows it in the cases, with the reason.
            with contextlib.suppress(Exception):
                self.sentinel = DeviceSentinel(self.adapter)
        notes = _notes(self.runtime.notes)
        try:
            if keeps is None:
                self.learnt = probes.learn(self.adapter, self.runtime.device.kind)
            else:
                self.learnt = probes.ProbeResult(keeps)
        except Unsupported:
            pass
        except Exception as error:  # noqa: BLE001  a contender that cannot do it may do its cases
            notes.append(f"whether it waits was not tried out at its start: {error!r}"[:1000])
        gc.collect()  # what was made for that
        return {
            "versions": dict(islice(self.runtime.versions.items(), MOST_TOLD)),
            "device": dataclasses.asdict(self.runtime.device),
            "asynchronous": self.runtime.asynchronous,
            "threads": self.runtime.threads,
            "notes": notes,
            "details": self.runtime.details,
            "build": dict(self.runtime.build),
            "left_over": list(self.learnt.found),
            "keeps": self.learnt.keeps,
            "python": platform.python_version(),
            "packages": packages,
        }

    def build(
        self, suite: str, case: str, preset: str, seed: int, drawn: Sequence[int]
    ) -> dict[str, Any]:
        """Make the arrays and have the adapter copy them to the device."""
        workload = catalog.find(suite, preset, case)
        self.warnings_log.take()
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
        `step_limit_s` ends it: the reply is then `too_long` alone.
        """
        case = self._current
        try:
            seen = case.observe(step_limit_s)
        except TooLong as error:
            tried = {"step_s": error.step_s, "flop": error.flop, "foretold": error.foretold}
            return {"too_long": tried}
        observations.write(Path(path), seen.observed)
        return {
            "first_step_s": case.timed.first_step_s,
            "first_step_kept": case.timed.first_step_kept,
            "warnings": self.warnings_log.take(),
            "compared": _finite(seen.compared),
            "curves": _finite(seen.curves),
        }

    def calibrate(self) -> dict[str, Any]:
        assert self.runtime is not None
        case = self._current
        # What verification and compiling took is not the case's.
        resident_memory.give_back()
        case.resettable = resident_memory.reset_peak()
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
        found = BetweenSamples(case, self._asynchronous, warm_s, audit, looks)
        taken = case.sampler.take_slice(
            slice_s=slice_s, warm_s=warm_s, aside=found, latencies=alone
        )
        memory, compilations = self.adapter.memory(), case.compilations()
        peak = (case.first_memory or memory).peak_bytes
        return {
            **dataclasses.asdict(taken),
            **found.reply(),
            "apart_s": taken.apart_s + sentinel_wall_s,
            "peak_resident_bytes": max(resident_memory.peak_bytes(), found.resident_bytes),
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
        observations.write(Path(path), self._current.renewed())
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
        resident_memory.give_back()
        if self.compiled is not None:
            folder_sums.note(Path(self.compiled))
        return {}

    @property
    def _current(self) -> Case:
        assert self.case is not None, "no case is built"
        return self.case


def _notes(told: Iterable[str]) -> list[str]:
    """Sentences; one alone is a sequence too, of letters."""
    return [told] if isinstance(told, str) else list(islice(told, MOST_TOLD))


def _finite(numbers: checks.Observed) -> dict[str, list[float]]:
    return {
        name: [float(value) for value in np.ravel(array)]
        for name, array in numbers.items()
        if np.all(np.isfinite(array))
    }
