"""From the words of a command line to a request: everything is checked before anything is built."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from bench import values
from bench.contenders import spec
from bench.contenders.discovery import ContenderSelection
from bench.plan import presets
from bench.plan.presets import PRESETS
from bench.plan.request import Request
from bench.values import BadValue
from frameworks import NAMES
from suites import catalog
from suites.workload import ITEMSIZE


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of `run`, as typed; empty or None where one was not."""

    framework: str
    suite: str
    case: str = ""
    device: str
    precision: str
    preset: str
    out: Path
    threads: int | None = None
    seed: int = 0
    timeout: int = 600
    data_dir: Path | None = None
    time: str = ""
    target: str = ""
    budget: float | None = None
    rounds: int | None = None
    starts: int | None = None
    memory: str = ""
    index: str = ""
    isolate: str = ""
    label: str = ""
    resume: bool = False
    verbose: bool = False

    def request(self) -> Request:
        """What is asked for, every word of it checked. Raises UserError."""
        preset = values.choices("preset", [self.preset], PRESETS)[0]
        return Request(
            contenders=self._wanted(),
            suites=_suites(values.split(self.suite)),
            cases=values.split(self.case),
            preset_name=preset,
            preset=presets.adjusted(
                PRESETS[preset], self.target, self.budget, self.rounds, self.starts, self.time
            ),
            out=self.out,
            seed=self.seed,
            arguments=sys.argv[1:],
            data_dir=self.data_dir,
            index=values.index(self.index),
            isolated=bool(values.choices("--isolate", values.split(self.isolate), ["case"])),
            label=values.label(self.label),
            resume=self.resume,
        )

    def _wanted(self) -> ContenderSelection:
        if self.threads is not None and self.threads < 1:
            raise BadValue(f"threads must be at least 1. Received: {self.threads}")
        return ContenderSelection(
            specs=spec.parse(values.split(self.framework) or NAMES),
            device=self.device,
            precisions=values.choices(
                "precision", values.split(self.precision) or ["float32"], ITEMSIZE
            ),
            threads=self.threads,
            timeout_s=self.timeout,
            memory_bytes=values.size(self.memory) if self.memory else None,
        )


def _suites(given: list[str]) -> list[str]:
    """Those asked for, or the usual ones; of a path, the catalog says whether it is a suite."""
    names = [name for name in given if not name.endswith(".py")]
    hint = "A path ending in .py is a suite too. `make list` shows what each holds."
    values.choices("suite", names, catalog.NAMES, hint)
    return given or list(catalog.DEFAULT)
