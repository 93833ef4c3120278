"""Findings that no record states: what cannot be right, and what published figures lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reports import learning, peaks
from reports.elsewhere import FAULTS, WRONG
from reports.frame import NULL, Results
from reports.learning import Learned
from reports.units import digits, plain


@dataclass(frozen=True)
class Finding:
    """Something a reader must know before believing a figure."""

    severity: str
    """`wrong`, `suspect`, `failed`, `unfinished`, `busy`, `noisy`, `left out` or `note`."""
    what: str
    where: str
    action: str
    published: bool = False
    """About figures from elsewhere."""


Kind = Callable[[Results], Iterator[Finding]]


def unlikely(learned: Sequence[Learned]) -> Kind:
    """Curves of this report's own runs that cannot be right."""
    own = [each for each in learned if not each.published]

    def find(_: Results) -> Iterator[Finding]:
        for each, problem in learning.findings(own):
            yield Finding(
                severity="wrong",
                what=f"{each.label}: {problem}",
                where=f"{each.work} on {each.place}",
                action="Believe neither this accuracy nor its time. Look at how the device "
                "compares and counts whole numbers.",
            )

    return find


def suspect(results: Results) -> Iterator[Finding]:
    """Faster than the device can be: something was not done, or not waited for."""
    cells = results.cells
    cells = cells[cells["verified"] & (cells["framework"] != NULL)]
    for (run, contender, device), mine in cells[cells["precision"] == "float32"].groupby(
        ["run", "contender", "device_name"], sort=False
    ):
        peak = peaks.peak(str(device))
        over = mine[mine["flop_per_s"] > peak.flop_per_s] if peak else mine.iloc[:0]
        if peak and len(over):
            worst = over.loc[over["flop_per_s"].idxmax()]
            yield Finding(
                severity="suspect",
                what=f"{plain(contender)} reaches {digits(worst['flop_per_s'] / 1e12)} TFLOP/s, "
                f"above the {digits(peak.flop_per_s / 1e12)} that {peak.name} can do in float32 "
                f"({peak.source})",
                where=plain(f"{worst['case']}, run {run}", 200),
                action="Do not use this figure: the device did less work, or in another precision, "
                "or was not waited for.",
            )


def twins(results: Results) -> Iterator[Finding]:
    """Runs that share an id."""
    for name, run in results.runs.items():
        if name != run.run:
            yield Finding(
                severity="note",
                what=f"more than one run is called {plain(run.run, 80)}",
                where=plain(name, 100),
                action="They are shown apart. Copies of one file look so; so do two machines that "
                "were given one id.",
            )


def published(learned: Sequence[Learned]) -> Kind:
    """What is known against figures from elsewhere: wrong answers first."""
    quoted = [each for each in learned if each.published]

    def find(results: Results) -> Iterator[Finding]:
        for each, problem in learning.findings(quoted):
            yield Finding(
                severity="wrong",
                what=f"{each.label}: {problem}",
                where=f"{each.work} on {each.place}",
                action="The time stands, the accuracy does not: the device's own comparison with "
                "the labels was wrong. Check evaluation as well as the loss.",
                published=True,
            )
        yield from _flagged(results)

    return find


def _flagged(results: Results) -> Iterator[Finding]:
    """One finding for each fault of answers, and one for all sources that did not wait."""
    flags: dict[str, dict[str, None]] = {}
    for record in results.published:
        study = plain(record.study or record.source, 60)
        for flag in record.faults:
            flags.setdefault(flag, {})[study] = None
    for flag in WRONG:
        if flag in flags and flag != "wrong-accuracy":
            yield Finding(
                severity="suspect",
                what=f"{', '.join(flags[flag])}: {FAULTS[flag]}",
                where="published figures",
                action="Compare its times with nothing that trains rightly.",
                published=True,
            )
    hasty = flags.get("unsynchronised")
    if hasty:
        yield Finding(
            severity="note",
            what=f"{', '.join(hasty)}: {FAULTS['unsynchronised']}, so GPU times may be too short",
            where="published figures",
            action="Take their ratios as a lead, not as a measurement.",
            published=True,
        )
