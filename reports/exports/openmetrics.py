"""OpenMetrics text, of gauges alone: Prometheus's older text format reads the same file.

Facts that change without the question being another (versions, names of devices) are in gauges of
the value 1, so that a new version begins no new series.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reports.exports.exported import MEASURES, Entry, Exported, Figure, Measure

_LABELS = ("case", "contender", "framework", "device", "precision")
"""Of every sample: those that say which work is meant, and by what."""


def render(exported: Exported) -> str:
    """The text, to its `# EOF`."""
    return "\n".join([*_lines(exported), "# EOF", ""])


def _lines(exported: Exported) -> Iterator[str]:
    yield from _family("metalbench_run_info", "", "The run these figures are of.")
    yield _sample("metalbench_run_info", exported.facts, 1)
    if exported.started_at:
        name = "metalbench_run_start_time_seconds"
        yield from _family(name, "seconds", "When the run began, since 1970 in UTC.")
        yield _sample(name, {}, exported.started_at.timestamp())
    yield from _family("metalbench_entry_info", "", "What is known of each case and contender.")
    for entry in exported.entries:
        yield _sample("metalbench_entry_info", {"entry": entry.name} | dict(entry.facts), 1)
    for measure in MEASURES:
        yield from _values(measure, exported)


def _values(measure: Measure, exported: Exported) -> Iterator[str]:
    known = [
        (entry, figure)
        for entry in exported.entries
        for figure in entry.figures
        if figure.measure is measure
    ]
    if not known:
        return
    name = f"metalbench_{measure.name}_{measure.unit}"
    yield from _family(name, measure.unit, f"{measure.meaning}.")
    for entry, figure in known:
        yield _sample(name, _labels(entry), figure.value)
    for end, word in enumerate(("low", "high")):
        yield from _ends(measure, known, end, word)


def _ends(
    measure: Measure, known: list[tuple[Entry, Figure]], end: int, word: str
) -> Iterator[str]:
    name = f"metalbench_{measure.name}_{word}_{measure.unit}"
    ends = [(entry, figure.interval[end]) for entry, figure in known if figure.interval]
    if ends:
        meaning = f"The {word} end of its 95 % interval: {measure.meaning[0].lower()}"
        yield from _family(name, measure.unit, f"{meaning}{measure.meaning[1:]}.")
    for entry, value in ends:
        yield _sample(name, _labels(entry), value)


def _labels(entry: Entry) -> dict[str, str]:
    return {"entry": entry.name} | {name: entry.facts.get(name, "") for name in _LABELS}


def _family(name: str, unit: str, meaning: str) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {meaning}"


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    """A label needs no escape: `harmless` left neither quotes nor backslashes nor new lines."""
    inside = ",".join(f'{key}="{text}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {float(value)!r}" if inside else f"{name} {float(value)!r}"
