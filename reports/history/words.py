"""A machine's history in words, once for the page, the Markdown and the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from reports.formatting import digits, plain
from reports.history.changes import Change, Line, Trend
from reports.history.steps import MIN_RUNS

_LONGEST = 80


def day(moment: datetime) -> str:
    """`4 March 2026`, in UTC."""
    return f"{moment.day} {moment:%B %Y}"


def name(text: str) -> str:
    """What a record named, as text that is safe and not too long."""
    return plain(text, _LONGEST)


def contender(text: str) -> str:
    """`torch on cpu, float16` of `torch/cpu/float16`; float32 goes without saying."""
    spec, _, rest = plain(text, _LONGEST).rpartition("/")
    spec, _, device = spec.rpartition("/")
    if not spec:
        return plain(text, _LONGEST)
    return f"{spec} on {device}" + ("" if rest == "float32" else f", {rest}")


def by(ratio: float) -> str:
    """`+3.1 %`: how much longer it takes."""
    share = 100 * (ratio - 1)
    return f"{'+' if share >= 0 else '−'}{digits(abs(share), 2)} %"  # noqa: RUF001  a minus sign


def runs(count: int) -> str:
    return f"{count} run{'s' * (count != 1)}"


def cases(count: int) -> str:
    return f"{count} case{'s' * (count != 1)}"


def headline(trend: Trend) -> str:
    """What changed, in a sentence or two."""
    dates = list(trend.runs.values())
    if not dates:
        return "No run has a figure yet"
    if all(len(line.entries) < MIN_RUNS for line in trend.lines):
        most = max(len(line.entries) for line in trend.lines)
        return f"{runs(most)} so far: changes can be told from {MIN_RUNS} on"
    count = len(trend.changes)
    if not count:
        return f"Nothing changed in {runs(len(dates))}"
    sentence = said(trend.changes[0])
    if count == 1:
        return f"One change in {runs(len(dates))}: {sentence}"
    return f"{count} changes in {runs(len(dates))}. The latest: {sentence}"


def said(change: Change) -> str:
    """`torch on cpu takes 3.1 % longer since 4 March 2026, with torch 2.13.0`"""
    share = digits(100 * abs(change.ratio - 1), 2)
    word = "longer" if change.slower else "less time"
    sentence = (
        f"{contender(change.contender)} takes {share} % {word} since {day(change.run.started_at)}"
    )
    if change.versions:
        sentence += f", with {name(change.framework)} {name(change.versions[1])}"
    return sentence


def reach(change: Change) -> str:
    """`In 3 of 12 cases.`"""
    return f"in {len(change.moved)} of {cases(change.of)}"


def advice(change: Change) -> str:
    """Where to look for the cause."""
    if change.others:
        them = ", ".join(map(name, change.others))
        return (
            f"{them} changed the same way at about the same time: look at the machine first "
            "(system, driver, power, other programs)."
        )
    if change.versions:
        before, since = map(name, change.versions)
        return f"The version changed in these runs, from {before} to {since}."
    return (
        "The framework's version stayed: look at its other packages, the system, the driver and "
        "Metalbench's own version, which the comparison lists."
    )


def line(of: Line) -> str:
    """`mlp/train/64, torch on cpu`"""
    return f"{name(of.last.case)}, {contender(of.last.contender)}"


def sensitivity(trend: Trend) -> str:
    """How small a step would be told; empty before any would."""
    least = trend.least
    return "" if least is None else f"{digits(100 * least, 2)} %"


def terminal(trend: Trend, most: int) -> Iterator[str]:
    """The headline, then a line for each change."""
    yield f"{name(trend.machine)}: {headline(trend)}." if trend.machine else headline(trend)
    if len(trend.changes) < 2:
        return
    for change in trend.changes[:most]:
        yield f"  {by(change.ratio)}  {said(change)}, {reach(change)}"
    left = len(trend.changes) - most
    if left > 0:
        yield f"  and {left} more, on the page"
