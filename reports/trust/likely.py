"""Whether a run's figures can be, and whether others found the same: of the run and each result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from bench.trust.work import Cell
from reports.formatting import digits, plain
from reports.trust.evidence import Evidence
from reports.trust.figures import Figure
from reports.trust.kin import AGREES, FASTER, SLOWER, Kin, Other, heavy, is_listed, middle

Outcome = Literal["passed", "not shown", "against"]
Told = tuple[Outcome, str]
"""An outcome and its reason."""

FEW = 0.25
"""Share of the results that others have too, up to which those that are far from theirs leave the
run as a whole plausible: a version of a framework may change some."""

SOUND: Told = ("passed", "nothing in it is beyond what the chip can do, or contradicts itself")

UNBOUNDED: Told = (
    "not shown",
    "its machine tells no number of cores that any has, so nothing says what it can do at most",
)

Others = Mapping[Cell, Sequence[Other]]
"""Others' results by one's own."""


def others(run: Evidence, kin: Kin) -> Others:
    """What everybody else has of each of the run's results."""
    return {_cell(figure): kin.others(run, figure) for figure in run.figures}


def plausible(run: Evidence, kin: Kin, known: Others) -> tuple[Told, dict[Cell, Told]]:
    """Nothing is beyond its hardware, or at odds with itself or with others; and of each result
    where that is otherwise than of the whole."""
    grave = [trouble for trouble in run.troubles if not trouble.alone]
    own: dict[Cell, Told] = {
        (one.contender, one.case): ("against", plain(one.what, 300))
        for one in run.troubles
        if one.contender
    }
    if grave:  # whoever wrote one line wrote them all
        return _against(run, len(own), grave[0].what, grave[0].contender, grave[0].case), own
    copied = _copied(run, kin)
    if copied:
        return ("not shown", copied), own
    unbounded = {
        _cell(figure): UNBOUNDED for figure in run.figures if figure.contender in run.unbounded
    }
    far, compared = _far(run, known)
    doubted = unbounded | far
    each = dict.fromkeys(map(_cell, run.figures), SOUND) | doubted | own
    if own:
        first = run.troubles[0]
        return _against(run, len(own), first.what, first.contender, first.case), each
    if len(far) > FEW * compared:
        (contender, case), (_, why) = next(iter(far.items()))
        words = f"{len(far)} of {compared} results that others have too are far from theirs"
        return ("not shown", f"{words}: {plain(contender)}, {plain(case)}, {why}"), each
    if len(unbounded) > FEW * len(run.figures):
        return UNBOUNDED, each
    beside = (
        f"{compared} of its {len(run.figures)} results were compared with others', "
        f"{len(far)} of them are far from theirs"
        if compared
        else "too few results of others are here to compare it with"
    )
    return ("passed", f"{SOUND[1]}; {beside}"), doubted


def confirmed(
    run: Evidence, known: Others, doubted: Mapping[Cell, Told], whole: Outcome
) -> tuple[Told, dict[Cell, Told]]:
    """Others measured the same on the same chip: of more than half of the results, and of each.
    `whole` and `doubted` say which are plausible."""
    each: dict[Cell, Told] = {}
    passed = signed = 0
    for figure in run.figures:
        if doubted.get(_cell(figure), (whole, ""))[0] != "passed":
            each[_cell(figure)] = ("not shown", "it is not shown to be plausible")
            continue
        beside = heavy(known[_cell(figure)])
        agree = [
            one for one in beside if figure.time_s / AGREES <= one.time_s <= figure.time_s * AGREES
        ]
        listed = sum(one.listed for one in agree)
        words = f"{len(agree)} of {len(beside)} others agree within {AGREES:g} times, "
        words += f"{listed} of them signed by a key of the list"
        enough = len(agree) > len(beside) / 2
        each[_cell(figure)] = ("passed" if enough else "not shown", words)
        passed, signed = passed + enough, signed + bool(enough and listed)
    told = f"{passed} of {len(run.figures)} results were measured by others as well and agree"
    if passed > len(run.figures) / 2:
        told += f", {signed} with a key of the list among them"
        return ("passed", told), each
    return ("not shown", told), each


def _far(run: Evidence, known: Others) -> tuple[dict[Cell, Told], int]:
    """Results that are far from what enough others have, and how many have others."""
    far: dict[Cell, Told] = {}
    compared = 0
    for figure in run.figures:
        usual_s = middle(known[_cell(figure)], is_listed(run))
        if usual_s is None:
            continue
        compared += 1
        if figure.time_s < usual_s / FASTER:
            far[_cell(figure)] = _times(usual_s / figure.time_s, "faster than")
        elif figure.time_s > usual_s * SLOWER:
            far[_cell(figure)] = _times(figure.time_s / usual_s, "slower than")
    return far, compared


def _times(factor: float, words: str) -> Told:
    return "not shown", f"{digits(factor)} times {words} others on this chip"


def _copied(run: Evidence, kin: Kin) -> str:
    """Why its samples may be another's; empty where they are its own."""
    other = kin.contradicted(run)
    if other is not None:
        return f"another file of the same run has other samples, {other.sha256[:12]}"
    copies = [found for figure in run.figures if (found := kin.copied(run, figure))]
    if not copies:
        return ""
    count, name = len(copies), copies[0].sha256[:12]
    return f"{count} of its results have the samples of another run, {name}: one is a copy"


def _against(run: Evidence, count: int, what: str, contender: str, case: str) -> Told:
    of = f"{plain(contender)}, {plain(case)}: " if contender else ""
    some = f"{count} of {len(run.figures)} results: " if count else ""
    return "against", f"{some}{of}{plain(what, 300)}"


def _cell(figure: Figure) -> Cell:
    return figure.contender, figure.case
