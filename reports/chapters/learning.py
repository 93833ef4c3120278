"""Learning curves: loss and accuracy after each epoch, and what cannot be right about them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.schema import Curves
from reports import formatting
from reports.document import Chapter, Part, Plot, Series, Table, placed
from reports.formatting import Figure, plain
from reports.frame import Results

QUANTITIES = {
    "test_loss": "test loss",
    "train_loss": "training loss",
    "accuracy": "test accuracy",
}

MAX_EPOCHS = 500
"""Rows of the table; the figure shows all."""

LEARNS = 0.9
"""A loss that falls to this share of its first value has learned something."""


@dataclass(frozen=True)
class Learned:
    """The curves of one contender at one workload."""

    place: str
    work: str
    label: str
    framework: str
    curves: Curves
    published: bool = False


def found(
    results: Results, named: Mapping[str, str], labels: Mapping[str, Mapping[str, str]]
) -> tuple[Learned, ...]:
    """All curves, measured before published."""
    several = len(set(named.values())) < len(named)
    frameworks = {
        (name, each.contender): each.framework
        for name, run in results.runs.items()
        for each in run.contenders
    }
    measured = (
        Learned(
            place=plain(f"{named[run]}, run {run}" if several else named[run], 160),
            work=plain(case, 80),
            label=labels[run].get(contender, plain(contender, 60)),
            framework=frameworks.get((run, contender), ""),
            curves=curves,
        )
        for (run, contender, case), curves in results.curves.items()
        if run in named
    )
    published = (
        Learned(
            place=plain(f"{r.machine} (published, {r.study or r.source})", 160),
            work=plain(f"{r.suite}/{r.name}/{r.size}", 80),
            label=plain(f"{r.framework} {r.version or ''} {r.device}", 60),
            framework=r.framework,
            curves=r.curves,
            published=True,
        )
        for r in results.published
        if r.curves
    )
    return (*measured, *published)


def impossible(learned: Learned) -> str | None:
    """What cannot be right: an accuracy of nothing, in every epoch, while the loss falls."""
    accuracy = learned.curves.accuracy
    loss = learned.curves.test_loss or learned.curves.train_loss
    if not accuracy or any(accuracy) or len(loss) < 2 or loss[-1] > LEARNS * loss[0]:
        return None
    return (
        f"accuracy is 0.0 % after each of {len(accuracy)} epochs while the loss falls from "
        f"{formatting.digits(loss[0])} to {formatting.digits(loss[-1])}: the model "
        "learns, so what counts the right answers is wrong"
    )


def chapter(every: Sequence[Learned]) -> Chapter:
    """The chapter: a part for each machine and workload."""
    together: dict[tuple[str, str], list[Learned]] = {}
    for learned in every:
        together.setdefault((learned.place, learned.work), []).append(learned)
    lead = (
        "Loss and accuracy after each epoch. Contenders that do the same work from the same "
        "weights learn alike; published ones began from weights of their own."
    )
    parts = tuple(
        _part(f"learning-{number}", f"{work} on {place}", mine)
        for number, ((place, work), mine) in enumerate(together.items(), start=1)
    )
    return Chapter("learning", "Learning curves", lead, parts)


def _part(key: str, title: str, mine: Sequence[Learned]) -> Part:
    text = tuple(
        f"{learned.label}: {problem}." for learned in mine if (problem := impossible(learned))
    )
    plots = tuple(
        _plot(title, name, words, mine)
        for name, words in QUANTITIES.items()
        if any(len(getattr(learned.curves, name)) > 1 for learned in mine)
    )
    unfold = "Every epoch" if plots else ""
    return Part(key, title, text, plots=plots, **placed(_table(mine), unfold))


def _plot(title: str, name: str, words: str, mine: Sequence[Learned]) -> Plot:
    series = tuple(
        Series(learned.label, learned.framework, tuple(enumerate(values, start=1)))
        for learned in mine
        if (values := getattr(learned.curves, name))
    )
    ends = (f"{s.label} {_value(name, s.points[-1][1])}" for s in series)
    share = name == "accuracy"
    return Plot(
        title=f"{words} of {title}",
        heading=f"{words} ({'higher' if share else 'lower'} is better)",
        x_label="epoch",
        series=series,
        x_log=False,
        y_log=False,
        y_unit="share" if share else "plain",
        description=f"A line for each contender over epochs. At the end: {', '.join(ends)}.",
    )


def _table(mine: Sequence[Learned]) -> Table:
    columns = [
        (f"{learned.label}, {words}", name, getattr(learned.curves, name))
        for learned in mine
        for name, words in QUANTITIES.items()
        if getattr(learned.curves, name)
    ]
    epochs = min(max((len(values) for _, _, values in columns), default=0), MAX_EPOCHS)
    rows = tuple(
        (
            formatting.count(at + 1),
            *(_value(n, vs[at]) if at < len(vs) else formatting.NONE for _, n, vs in columns),
        )
        for at in range(epochs)
    )
    return Table(("epoch", *(head for head, _, _ in columns)), rows)


def _value(name: str, value: float) -> Figure:
    if name == "accuracy":
        return Figure(f"{100 * value:.1f} %", value)
    return Figure(formatting.digits(value, 4) if math.isfinite(value) else formatting.ABSENT, value)


def findings(every: Sequence[Learned]) -> Iterator[tuple[Learned, str]]:
    """Curves that cannot be right, with what is wrong about them."""
    for learned in every:
        problem = impossible(learned)
        if problem:
            yield learned, problem
