"""Versions of one framework over time: what a new version changed, paired where it can be."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports import formatting
from reports.cell import Cell
from reports.context import ReportContext
from reports.document import Chapter, Mark, Part, Plot, Series, Table, placed
from reports.formatting import Figure, plain
from reports.frame import Results
from reports.ingest.published import device_kind

MAX_SERIES = 8

_CHANGES = ("slower", "faster")
"""How words end that say that a version differs beyond doubt from the one before."""

_LEAD = (
    "The same work by several versions of one framework, older before newer. Where both versions "
    "took turns in one run the ratio is paired; where they did not it is a ratio of two times, in "
    "which a standard deviation of 1 % from run to run is allowed for."
)


@dataclass(frozen=True)
class _Timing:
    version: str
    time_s: float
    key: tuple[str, str, str] | None = None
    """Its cell, where it was measured."""


@dataclass(frozen=True)
class _History:
    """One piece of work on one device, by version."""

    place: str
    framework: str
    device: str
    work: str
    timings: tuple[_Timing, ...]


def chapter(context: ReportContext) -> Chapter:
    """The chapter: a part for each machine and framework with two versions or more."""
    results = context.results
    together: dict[tuple[str, str], list[_History]] = {}
    for history in (*_measured(results, context.machines), *_published(results)):
        together.setdefault((history.place, history.framework), []).append(history)
    parts = tuple(
        _part(results, f"versions-{number}", place, framework, found)
        for number, ((place, framework), found) in enumerate(together.items(), start=1)
    )
    return Chapter("versions", "Versions of one framework", _LEAD, parts, "Versions")


def order(version: str) -> tuple[tuple[int, int | str], ...]:
    """Sorts 1.9 before 1.12, and a preview before its release."""
    words = re.findall(r"\d{1,9}|[a-z]+", version.lower())
    return (*((1, int(w)) if w.isdigit() else (-1, w) for w in words), (0, 0))


def _measured(results: Results, machines: Mapping[str, str]) -> Iterator[_History]:
    groups: dict[tuple[str, ...], dict[str, _Timing]] = {}
    for run in results.runs:
        for cell in results.ranked(run):
            if cell.version is not None:
                names = (cell.framework, cell.device, cell.execution, cell.precision, cell.case)
                group, label = groups.setdefault((machines[run], *names), {}), _label(cell)
                group[label] = _Timing(label, cell.time_s, cell.key)
    for (machine, framework, device, _, precision, case), timings in groups.items():
        if len(timings) > 1:
            work = plain(f"{case}{f' {precision}' * (precision != 'float32')}", 80)
            ordered = tuple(timings[label] for label in sorted(timings, key=_place))
            yield _History(machine, plain(framework, 40), plain(device, 40), work, ordered)


def _label(cell: Cell) -> str:
    """The version, and where it is installed if that is no environment of ours: `2.13.0 (dev)`."""
    _, colon, place = cell.spec.partition("@")[0].partition(":")
    if place.endswith(".whl"):
        place = place.rpartition("/")[2]
    return plain(f"{cell.version}{f' ({place})' * bool(colon and not cell.outside)}", 60)


def _place(label: str) -> tuple[object, str]:
    """Sorts by version, then the released one before others."""
    version, _, place = label.partition(" (")
    return order(version), place


def _published(results: Results) -> Iterator[_History]:
    groups: dict[tuple[str, ...], dict[str, _Timing]] = {}
    for r in results.quotable:
        if r.time_s is not None and r.version:
            place = f"{r.machine} (published, {r.study or r.source})"
            work = f"{r.suite}/{r.name}/{r.size}"
            key = (place, r.framework, f"{r.device} {device_kind(r)}", r.device, work)
            timing = _Timing(plain(r.version, 40), r.time_s / (r.steps or 1))
            groups.setdefault(key, {}).setdefault(r.version, timing)
    for (place, framework, _, device, work), timings in groups.items():
        if len(timings) > 1:
            ordered = tuple(timings[version] for version in sorted(timings, key=order))
            place, framework, device, work = (
                plain(text, 160) for text in (place, framework, device, work)
            )
            yield _History(place, framework, device, work, ordered)


def _part(
    results: Results, key: str, place: str, framework: str, histories: Sequence[_History]
) -> Part:
    rows, text, changed = [], [], []
    changes: dict[str, set[str]] = {}
    for history in histories:
        for older, newer in pairwise(history.timings):
            ratio, between, words = _change(results, older, newer)
            rows.append(
                (
                    history.work,
                    history.device,
                    f"{older.version} to {newer.version}",
                    formatting.seconds(older.time_s),
                    formatting.seconds(newer.time_s),
                    Figure(words, ratio),
                    between,
                )
            )
            if words.endswith(_CHANGES):
                if between[:1].isdigit():  # measured: of published figures nobody knows how sure
                    changes.setdefault(newer.version, set()).add(words.rpartition(" ")[2])
                changed.append(_sentence(history, older, newer, ratio, words))
            text.append(_sentence(history, older, newer, ratio, words))
    has_intervals = any(row[-1][:1].isdigit() for row in rows)
    columns = (
        *("work", "device", "versions", "older", "newer", "the newer is"),
        "newer / older, 95 %" if has_intervals else "newer / older",
    )
    drawn = len(histories) <= MAX_SERIES
    told = text if len(text) <= MAX_SERIES else changed[:MAX_SERIES]
    return Part(
        key=key,
        title=f"{framework} on {place}",
        text=tuple(told) if drawn else (),
        plots=(_plot(place, framework, histories, changes),) if drawn else (),
        **placed(Table(columns, tuple(rows)), "Show all rows" if drawn else ""),
    )


def _sentence(history: _History, older: _Timing, newer: _Timing, ratio: float, words: str) -> str:
    about = f"{history.work} on {history.device}: {newer.version}"
    if words.endswith(_CHANGES):
        return f"{about} is {words} than {older.version}."
    takes = f"takes {formatting.digits(ratio)}x as long as"
    return f"{about} {takes} {older.version}: {words}."


def _change(results: Results, older: _Timing, newer: _Timing) -> tuple[float, str, str]:
    """The newer's ratio to the older, its interval and its words."""
    if older.key is None or newer.key is None:
        ratio = newer.time_s / older.time_s if older.time_s else 1.0
        return ratio, formatting.ABSENT, f"about {formatting.direction(ratio or 1.0)}"
    paired = None
    if older.key[0] == newer.key[0]:
        (paired,) = results.ratios([(newer.key, older.key)])
    estimate = paired or results.unpaired_ratio(newer.key, older.key)
    alone = f"{formatting.digits(estimate.value)}x, no interval"
    between = formatting.between(estimate.interval) if estimate.interval else alone
    between += "" if paired else ", unpaired"
    return estimate.value, between, formatting.said(estimate.value, results.word(estimate))


def _plot(
    place: str,
    framework: str,
    histories: Sequence[_History],
    changes: Mapping[str, Collection[str]],
) -> Plot:
    """Times over versions; a mark at each that is beyond doubt another than the one before."""
    versions = sorted({t.version for h in histories for t in h.timings}, key=_place)
    series = tuple(
        Series(
            label=f"{history.device}, {history.work}",
            framework=framework,
            points=tuple((versions.index(t.version), t.time_s) for t in history.timings),
        )
        for history in histories
    )
    return Plot(
        title=f"{framework} on {place}: time by version",
        heading="time (lower is faster)",
        x_label="version",
        series=series,
        x_log=False,
        x_names=tuple(versions),
        marks=tuple(
            Mark(at, None, None, " and ".join(sorted(changes[version])))
            for at, version in enumerate(versions)
            if version in changes
        ),
        description="A line for each device and piece of work, over versions "
        f"{', '.join(versions)}. "
        + " ".join(f"{each}: {' and '.join(sorted(told))}." for each, told in changes.items()),
    )
