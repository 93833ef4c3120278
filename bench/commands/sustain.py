"""The command `sustain`: each contender works on alone for minutes; what remains of its pace."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import whole_file
from bench.commands import run as run_command
from bench.plan import feasibility
from bench.plan import request as plans
from bench.plan.options import RunOptions
from bench.plan.presets import Preset
from bench.plan.request import Request, Sustained
from bench.printable import Screen, tell
from bench.run.runner import Outcome
from bench.terminal.exit_codes import failed
from bench.values import BadValue

LEAST_MIN, MOST_MIN = 2.0, 240.0
"""Minutes of work. Less has no first minute and a last one."""

MOST_REST_S = 3600.0

SLICE_S = 1.2
"""Long enough for the slowest counter of energy."""

ROOM = 0.7
"""Of the free memory, what a case may take: the framework itself takes some too."""

ENDLESS = 1_000_000
"""Rounds: the seconds of work end it."""


@dataclass(frozen=True)
class SustainOptions:
    """The options of `sustain`, as typed."""

    run: RunOptions
    minutes: float
    rest: float

    def request(self) -> Request:
        """What is asked for. Raises UserError."""
        if not LEAST_MIN <= self.minutes <= MOST_MIN:
            raise BadValue(
                f"minutes must be {LEAST_MIN:g} to {MOST_MIN:g}: the first minute is held against "
                f"the last part. Received: {self.minutes:g}"
            )
        if not 0 <= self.rest <= MOST_REST_S:
            raise BadValue(f"the rest must be 0 to 3600 seconds. Received: {self.rest:g}")
        asked = self.run.request()
        return dataclasses.replace(
            asked,
            cases=asked.cases or _heaviest(asked),
            preset=_sustaining(asked.preset),
            sustained=Sustained(60 * self.minutes, self.rest),
        )


def run(asked: SustainOptions) -> int:
    """Measure, and write the page; the exit code. Raises UserError, OSError."""
    request = asked.request()
    tell(f"Each contender works at {', '.join(request.cases)} for {asked.minutes:g} minutes, alone")
    return run_command.measure(request, _report)


def _heaviest(asked: Request) -> Sequence[str]:
    """The case of most FLOP, where none was named: it heats the machine the most. One that takes
    more memory than is free would be skipped by every contender."""
    plan = plans.planned(asked)
    plans.check(asked, plan)
    room = ROOM * psutil.virtual_memory().available
    works = [workload for _, workload in plan]
    needs = [feasibility.needed_bytes(work, ["float32"]) for work in works]
    fits = max(room, min(needs))
    fitting = [work for work, need in zip(works, needs, strict=True) if need <= fits]
    return (max(fitting, key=lambda work: work.flop).case,)


def _sustaining(preset: Preset) -> Preset:
    """Slices without end, and no start but one."""
    return dataclasses.replace(
        preset,
        min_rounds=ENDLESS,
        max_rounds=ENDLESS,
        slice_s=SLICE_S,
        sure_rounds=ENDLESS,
        time_s=None,
        starts=1,
    )


def _report(outcome: Outcome) -> int:
    """Write the page of what there is."""
    if not outcome.records.exists():
        return failed(f"{outcome.records} was removed while the run went on: nothing is left")
    # Only now, since pandas must not load while anything is timed.
    from reports.frame import read
    from reports.sustain import page, words
    from reports.sustain.pace import paces

    found = paces(read([outcome.records]))
    _write(outcome.folder, page.HTML, page.render(found))
    _write(outcome.folder, page.MARKDOWN, page.markdown(found))
    screen = Screen()
    address = (outcome.folder / page.HTML).resolve().as_uri()
    for line in (*words.terminal(found), address):
        screen.print(line, soft_wrap=True, markup=False, highlight=False)
    if outcome.signal is not None:
        return 128 + outcome.signal
    if outcome.broken:
        return failed(f"the run broke off: {outcome.broken}")
    if not found.paces:
        return failed("no contender worked to the end with right answers")
    return failed("something went wrong: the page says what") if outcome.troubles else 0


def _write(folder: Path, name: str, text: str) -> None:
    whole_file.write(folder / name, text)
