"""Learning curves: loss and accuracy after each epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reports import formatting
from reports.analysis.learning_curves import Learned, problem_of
from reports.context import ReportContext
from reports.document import Chapter, Part, Plot, Series, Table, placed
from reports.formatting import Figure

QUANTITIES = {
    "test_loss": "test loss",
    "train_loss": "training loss",
    "accuracy": "test accuracy",
}

ALIKE = 0.02
"""Share of the largest loss, and of all answers, by which ends may differ: rounding grows from step
to step."""

MAX_EPOCHS = 500
"""Rows of the table; the figure shows all."""


def chapter(context: ReportContext) -> Chapter:
    """The chapter: a part for each machine and workload."""
    together: dict[tuple[str, str], list[Learned]] = {}
    for learned in context.learned():
        together.setdefault((learned.place, learned.work), []).append(learned)
    lead = (
        "Loss and accuracy after each epoch. Contenders that do the same work from the same "
        "weights learn alike; published ones began from weights of their own."
    )
    parts = tuple(
        _part(f"learning-{number}", f"{work} on {place}", mine)
        for number, ((place, work), mine) in enumerate(together.items(), start=1)
    )
    apart = [work for (_, work), mine in together.items() if disagree(mine)]
    answer = f"{len(together) - len(apart)} of {len(together)} workloads learn alike."
    if not apart:
        answer = "All contenders learn alike."
    return Chapter("learning", "Learning curves", lead, parts, answer=answer)


def disagree(mine: Sequence[Learned]) -> bool:
    """Whether a curve cannot be right, or ends elsewhere than another."""
    if any(map(problem_of, mine)):
        return True
    for name in QUANTITIES:
        every = [values[-1] for each in mine if (values := getattr(each.curves, name))]
        ends = [value for value in every if math.isfinite(value)]
        if not ends:
            continue
        scale = 1.0 if name == "accuracy" else max(map(abs, ends))
        if len(ends) < len(every) or max(ends) - min(ends) > ALIKE * scale:
            return True
    return False


def _part(key: str, title: str, mine: Sequence[Learned]) -> Part:
    text = tuple(
        f"{learned.label}: {problem}." for learned in mine if (problem := problem_of(learned))
    )
    apart = disagree(mine)
    if not apart and len(mine) > 1:
        text = (f"All {len(mine)} end within {100 * ALIKE:.0f} % of each other.",)
    plots = tuple(
        _plot(title, name, words, mine)
        for name, words in QUANTITIES.items()
        if apart and any(len(getattr(learned.curves, name)) > 1 for learned in mine)
    )
    long = any(len(getattr(each.curves, name)) > 1 for each in mine for name in QUANTITIES)
    unfold = "Every epoch" if long else ""
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
