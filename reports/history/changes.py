"""What changed in a machine's history: lines of figures, steps in them, and steps that belong
together because one contender took them in the same run."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from reports.history import steps
from reports.history.entry import Entry
from reports.history.steps import Step
from reports.history.store import Stored

NEAR = 2
"""Runs by which steps of one change may be apart: noise moves them by so much."""

_NORMAL_95 = 1.96


@dataclass(frozen=True)
class Line:
    """A contender's figures for a case, run by run."""

    entries: tuple[Entry, ...]
    steps: tuple[Step, ...]
    least: float | None
    """The least step that would be told three runs after it; None of a line too short for any."""

    @property
    def last(self) -> Entry:
        return self.entries[-1]

    def level_s(self, at: int) -> float:
        """Seconds of the level that the figure of this number is on."""
        begin = max((step.at for step in self.steps if step.at <= at), default=0)
        end = min((step.at for step in self.steps if step.at > at), default=len(self.entries))
        return median(entry.time_s for entry in self.entries[begin:end])


@dataclass(frozen=True)
class Moved:
    """A step of a line."""

    line: Line
    step: Step

    @property
    def before(self) -> Entry:
        return self.line.entries[self.step.at - 1]

    @property
    def after(self) -> Entry:
        return self.line.entries[self.step.at]


@dataclass(frozen=True)
class Change:
    """Steps of one contender, in one direction, in the same run or nearly."""

    contender: str
    framework: str
    moved: tuple[Moved, ...]
    """The largest first."""
    of: int
    """Lines of the contender that were measured before and after."""
    versions: tuple[str, str] | None
    """Of the framework, before and since; None where it stayed."""
    others: tuple[str, ...]
    """Other frameworks that changed the same way at about the same time."""

    @property
    def slower(self) -> bool:
        return self.moved[0].step.ratio > 1

    @property
    def ratio(self) -> float:
        """Typical: the geometric mean of its steps."""
        logs = [math.log(moved.step.ratio) for moved in self.moved]
        return math.exp(math.fsum(logs) / len(logs))

    @property
    def run(self) -> Entry:
        """The first figure since, of the line that moved most."""
        return self.moved[0].after


@dataclass(frozen=True)
class Trend:
    """A machine's history, and what changed in it."""

    machine: str
    runs: Mapping[str, datetime]
    """When each began, in order."""
    lines: tuple[Line, ...]
    changes: tuple[Change, ...]
    """The latest first."""

    @property
    def least(self) -> float | None:
        """The least step that half of the lines would tell."""
        known = [line.least for line in self.lines if line.least is not None]
        return median(known) if known else None


def trend(stored: Stored) -> Trend:
    """Everything that the history of one machine tells."""
    groups: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
    for entry in stored.entries:
        groups[entry.line].append(entry)
    among = max(1, sum(len(own) >= steps.MIN_RUNS for own in groups.values()))
    lines = tuple(sorted((_line(own, among) for own in groups.values()), key=_place))
    runs = {entry.run: entry.started_at for entry in stored.entries}
    return Trend(stored.machine, runs, lines, tuple(_changes(lines, list(runs))))


def _line(entries: Sequence[Entry], among: int) -> Line:
    times = [entry.time_s for entry in entries]
    errors = [
        math.log(entry.high_s / entry.low_s) / (2 * _NORMAL_95)
        for entry in entries
        if entry.low_s and entry.high_s and entry.low_s <= entry.high_s
    ]
    found = steps.steps(times, among, errors)
    return Line(tuple(entries), tuple(found), steps.least(times, among, errors))


def _place(line: Line) -> tuple[str, str, str]:
    return line.last.suite, line.last.case, line.last.contender


# --- steps that belong together ---------------------------------------------------------------


def _changes(lines: Sequence[Line], runs: Sequence[str]) -> list[Change]:
    at = {run: number for number, run in enumerate(runs)}
    owned: dict[tuple[str, bool], list[Moved]] = defaultdict(list)
    for line in lines:
        for step in line.steps:
            owned[line.last.contender, step.ratio > 1].append(Moved(line, step))
    found = [group for moved in owned.values() for group in _together(moved, at)]
    found.sort(key=lambda group: (at[group[0].after.run], _size(group[0])), reverse=True)
    return [_change(group, lines, found, at) for group in found]


def _together(moved: Sequence[Moved], at: Mapping[str, int]) -> list[list[Moved]]:
    """Steps that lie near those most of them share, the largest of each group first."""
    left, groups = list(moved), []
    while left:
        counts = Counter(at[each.after.run] for each in left)
        middle = max(counts, key=lambda place: (counts[place], -place))
        near = [each for each in left if abs(at[each.after.run] - middle) <= NEAR]
        left = [each for each in left if each not in near]
        # The line it is read from is one that moved in the run that most moved in.
        near.sort(key=lambda each: (at[each.after.run] != middle, -_size(each)))
        groups.append([near[0], *sorted(near[1:], key=_size, reverse=True)])
    return groups


def _size(moved: Moved) -> float:
    return abs(math.log(moved.step.ratio))


def _change(
    group: Sequence[Moved],
    lines: Sequence[Line],
    every: Sequence[Sequence[Moved]],
    at: Mapping[str, int],
) -> Change:
    last, place = group[0].line.last, at[group[0].after.run]
    own = [line for line in lines if line.last.contender == last.contender]
    spanning = [line for line in own if at[line.entries[0].run] < place <= at[line.last.run]]
    others = {
        other[0].line.last.framework
        for other in every
        if abs(at[other[0].after.run] - place) <= NEAR
        and (other[0].step.ratio > 1) == (group[0].step.ratio > 1)
    }
    return Change(
        contender=last.contender,
        framework=last.framework,
        moved=tuple(group),
        of=max(len(spanning), len(group)),
        versions=_versions(group[0]),
        others=tuple(sorted(others - {last.framework})),
    )


def _versions(moved: Moved) -> tuple[str, str] | None:
    """The change of version that lies nearest to the step, if one does."""
    entries, step = moved.line.entries, moved.step.at
    places = sorted(
        range(max(1, step - NEAR), min(len(entries), step + NEAR + 1)),
        key=lambda place: abs(place - step),
    )
    for place in places:
        before, after = entries[place - 1].version, entries[place].version
        if before and after and before != after:
            return before, after
    return None
