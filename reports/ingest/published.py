"""Figures published elsewhere: where they are, what their fault flags mean, and the checker."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.records import NotRecords, read
from bench.schema import DeviceKind, Published, Run

FOLDER = Path(__file__).parents[1] / "published"
"""One file for each source."""

FAULTS = {
    "wrong-accuracy": "the accuracy it reports cannot be right",
    "wrong-loss": "the loss is taken over the batch, not over the classes: what was trained is not "
    "what was meant",
    "unsynchronised": "the clock stops without waiting for the device",
    "no-warm-up": "first-call costs are inside the time",
    "transfer-timed": "copying to the device is inside the time",
    "loading-timed": "reading and preparing data is inside the time",
    "generation-timed": "drawing random operands is inside the time",
    "prints-timed": "printing is inside the time",
    "process-timed": "starting Python and importing the framework are inside the time",
    "one-sample": "one measurement, so no spread",
    "zeros-input": "the input is all zeros",
    "no-figures": "a plot without figures",
}
"""What each flag of a published record means."""

WRONG = ("wrong-accuracy", "wrong-loss")
"""Flags of sources whose answers, not only whose times, are in doubt."""


def shipped() -> tuple[Path, ...]:
    """The files that come with the product."""
    return tuple(sorted(FOLDER.glob("*.jsonl")))


def every() -> tuple[Published, ...]:
    """Their figures, source by source. Raises OSError."""
    found = (record for path in shipped() for record in read(path).records)
    return tuple(record for record in found if isinstance(record, Published))


def device_kind(record: Published) -> DeviceKind:
    """What it was measured on: as the record says, or as its device's id does."""
    return record.device_kind or _named(record.device)


def contradiction(record: Published) -> str | None:
    """Why the record contradicts itself, if it does: then no report shows it."""
    if record.device_kind and record.device_kind != _named(record.device):
        return f"device {record.device[:40]!r} is no {record.device_kind}"
    if record.time_s is None and record.steps is not None:
        return "it has steps but no time"
    if record.resolution_s and record.time_s and record.resolution_s >= record.time_s:
        return f"time_s {record.time_s:g} is rounded to {record.resolution_s:g}"
    return None


def _named(device: str) -> DeviceKind:
    return "cpu" if re.match(r"/?cpu\b", device.lower()) else "gpu"


# --- the checker ------------------------------------------------------------------------------

_EXPECTED = ("study", "published_at", "size_of", "device_kind", "device_name", "work", "protocol")


def problems(path: Path) -> tuple[str, ...]:
    """Everything that keeps a file from `reports/published/`, in words. Raises OSError."""
    try:
        reading = read(path)
    except NotRecords as error:
        return (str(error),)
    found = [f"line {refused.line}: {refused.reason}" for refused in reading.refused]
    counts = Counter[tuple[object, ...]]()
    for number, record in enumerate(reading.records, start=1):
        if not isinstance(record, Published):
            kind = type(record).__name__.lower()
            found.append(f"record {number} is of kind {kind}. Expected published alone.")
            continue
        found += [f"record {number}: {problem}" for problem in _of_record(record)]
        key = (record.study, record.machine, record.framework, record.version, record.device)
        counts[*key, record.suite, record.name, record.size] += 1
    found += [f"{count} records of one figure: {key}" for key, count in counts.items() if count > 1]
    studies = {r.study for r in reading.records if isinstance(r, Published)}
    if len(studies) > 1:
        found.append(f"one file holds one source. Received studies {sorted(map(str, studies))}.")
    return tuple(found)


def _of_record(record: Published) -> Iterator[str]:
    missing = [name for name in _EXPECTED if getattr(record, name) is None]
    if missing:
        yield f"misses {', '.join(missing)}."
    against_itself = contradiction(record)
    if against_itself:
        yield f"contradicts itself: {against_itself}."
    unknown = set(record.faults) - set(FAULTS)
    if unknown:
        yield f"unknown faults {sorted(unknown)}. Expected some of {', '.join(FAULTS)}."
    if record.time_s is None and "no-figures" not in record.faults:
        yield "has no time_s. Expected one, or the fault no-figures."
    if record.published_at and not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", record.published_at):
        yield f"published_at is no date: {record.published_at!r}. Expected as in 2023-12-22."


def met(runs: Mapping[str, Run], published: Sequence[Published]) -> list[Published]:
    """Those of work that these runs measured too; all of them where nothing was measured."""
    done = {(case.suite, case.name) for run in runs.values() for case in run.cases}
    return [each for each in published if not done or (each.suite, each.name) in done]
