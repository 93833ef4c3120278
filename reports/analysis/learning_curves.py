"""Learning curves of contenders, measured and published, and what cannot be right about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bench.schema import Curves
from reports import formatting
from reports.formatting import plain
from reports.frame import Results

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
    run: str = ""
    """That measured it."""


def find(
    results: Results, places: Mapping[str, str], labels: Mapping[str, Mapping[str, str]]
) -> tuple[Learned, ...]:
    """All curves, measured before published; `places` and `labels` are by run."""
    frameworks = {
        (name, each.contender): each.framework
        for name, run in results.runs.items()
        for each in run.contenders
    }
    measured = (
        Learned(
            place=places[run],
            work=plain(case, 80),
            label=labels[run].get(contender, plain(contender, 60)),
            framework=frameworks.get((run, contender), ""),
            curves=curves,
            run=run,
        )
        for (run, contender, case), curves in results.curves.items()
        if run in places
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
        for r in results.quotable
        if r.curves
    )
    return (*measured, *published)


def problem_of(learned: Learned) -> str | None:
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


def problems(every: Iterable[Learned]) -> Iterator[tuple[Learned, str]]:
    """Curves that cannot be right, with what is wrong about them."""
    for learned in every:
        problem = problem_of(learned)
        if problem:
            yield learned, problem
