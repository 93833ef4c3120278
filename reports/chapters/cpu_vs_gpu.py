"""CPU against GPU: who wins at which size on each machine, in words, tables and figures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from bench import names
from reports import formatting
from reports.analysis.cpu_gpu_pairs import Contest
from reports.analysis.crossover import Point
from reports.context import ReportContext
from reports.document import Chapter, Mark, Part, Plot, Series, Table, placed

MAX_PLOTTED = 8
"""Contests in one figure."""

_NO_GPU = (
    "No GPU was measured beside a CPU, so there is nothing to compare. On a machine with a GPU "
    "that a framework can use, `make bench DEVICE=all` measures both."
)


def chapter(context: ReportContext) -> Chapter:
    """The chapter: a part for each machine and suite."""
    together: dict[tuple[str, str], list[Contest]] = {}
    for contest in context.contests():
        together.setdefault((contest.place, contest.suite), []).append(contest)
    lead = (
        "From which size on the GPU is worth it. A ratio compares the same framework on both "
        "devices; where several were measured, the fastest on each as well. Between two sizes "
        "the ratio is interpolated on logarithmic axes; the crossover is the size from which "
        "on the GPU wins at every larger one measured, with a 95 % interval by bootstrap."
    )
    parts = tuple(
        _part(number, place, suite, found)
        for number, ((place, suite), found) in enumerate(together.items(), start=1)
    )
    measured = [each for each in context.contests() if not each.published]
    answer = "No GPU was measured beside a CPU" + (
        "; here is what others published." if parts else "."
    )
    answer = sentence(measured[0]) if measured else answer
    return Chapter("crossover", "CPU against GPU", lead, parts, answer=answer, absent=_NO_GPU)


def sentence(contest: Contest) -> str:
    """Who wins where: `the CPU is faster below 2.59 million parameters, the GPU above (...)`."""
    if not contest.points:
        return f"{contest.work}, {contest.who}: no round in common, so there is nothing to compare."
    first, last = contest.points[0], contest.points[-1]
    ends = _at(contest, first)
    if last is not first:
        ends += f", {_at(contest, last)}"
    return f"{contest.work}, {contest.who}: {_crossing(contest)} The GPU is {ends}."


def _crossing(contest: Contest) -> str:
    crossing, of, words = contest.crossing, contest.size_of, _words(contest.points)
    if crossing.kind == "one size":
        return f"{_tally(contest.points)}."
    if crossing.kind in ("gpu", "cpu") and len(words) == 1 and words & {"faster", "slower"}:
        who = "GPU" if crossing.kind == "gpu" else "CPU"
        return f"the {who} is faster at {_every(contest)}; no crossover in the range."
    if crossing.size is not None and words >= {"faster", "slower"}:
        size = sized(formatting.amount(crossing.size), of)
        return f"the CPU is faster below {size}, the GPU above ({interval(contest)})."
    if crossing.kind == "mixed" and words >= {"faster", "slower"}:
        return "the GPU is faster at some sizes, but not at the largest; no clear crossover."
    return f"{_tally(contest.points)}; no clear crossover."


def _words(points: Sequence[Point]) -> set[str]:
    return {_word(point) for point in points}


def _word(point: Point) -> str:
    """What the GPU is; of published figures by the ratio alone."""
    return point.word or ("faster" if point.log_ratio < 0 else "slower")


def _tally(points: Sequence[Point]) -> str:
    """`the GPU is faster at 1 of 3 sizes, unresolved at 2`"""
    if len(points) == 1:
        said = {"faster": "the GPU is faster", "slower": "the CPU is faster"}
        return said.get(_word(points[0]), f"the GPU is {_ADJECTIVES.get(_word(points[0]))}")
    counts = Counter(_ADJECTIVES.get(_word(point), _word(point)) for point in points)
    (word, most), *others = counts.most_common()
    more = "".join(f", {other} at {count}" for other, count in others)
    share = "all" if not others else str(most)
    return f"the GPU is {word} at {share} of {len(points)} sizes{more}"


def interval(contest: Contest) -> str:
    """The crossover's interval in words."""
    low, high = contest.crossing.low, contest.crossing.high
    if low is None or high is None:
        few = "one measurement per size" if contest.published else "too few rounds"
        return f"{few}, so there is no interval"
    ends = [
        formatting.amount(low) if math.isfinite(low) else "below the smallest size",
        formatting.amount(high) if math.isfinite(high) else "beyond the largest size",
    ]
    why = " by rounding alone" if contest.published else ""
    return f"95 % interval{why}: {' to '.join(ends)}"


def _every(contest: Contest) -> str:
    sizes = [formatting.count(point.size) for point in contest.points]
    both = "both sizes" if len(sizes) == 2 else f"all {len(sizes)} sizes"
    return f"{both}, {sized(f'{sizes[0]} to {sizes[-1]}', contest.size_of)}"


def _at(contest: Contest, point: Point) -> str:
    said = _ADJECTIVES.get(_word(point)) or _said(point)
    return f"{said} at {sized(formatting.count(point.size), contest.size_of)}"


def _said(point: Point) -> str:
    return formatting.said(math.exp(point.log_ratio), _word(point))


_ADJECTIVES = {"same": "as fast as the CPU", "unresolved": "not told apart"}
"""Words of verdicts, as a sentence about the GPU takes them."""


def sized(size: str, of: str) -> str:
    """`batch 64`, `90,902 parameters`, `n = 512`; `of` may be a record's own text."""
    of = formatting.plain(of, 40)
    if of == "n":
        return f"n = {size}"
    return f"{size} {of}" if of.endswith("s") else f"{of} {size}"


# --- tables and figures -----------------------------------------------------------------------


def _part(number: int, place: str, suite: str, contests: Sequence[Contest]) -> Part:
    several = [contest for contest in contests if len(contest.points) > 1]
    compared = any(contest.points for contest in contests)
    return Part(
        key=f"crossover-{number}",
        title=f"{names.suite(suite)} on {place}",
        text=tuple(sentence(contest) for contest in contests),
        plots=(_plot(suite, place, several),) if several else (),
        **(placed(_table(contests), "Show all rows" if several else "") if compared else {}),
    )


def _table(contests: Sequence[Contest]) -> Table:
    rows = [
        (
            contest.work,
            contest.who,
            formatting.count(point.size),
            formatting.seconds(point.cpu_s),
            formatting.seconds(point.gpu_s),
            formatting.Figure(_said(point), math.exp(point.log_ratio)),
            formatting.between(point.interval),
        )
        for contest in contests
        for point in contest.points
    ]
    between = "GPU / CPU, by rounding" if contests[0].published else "GPU / CPU"
    if any(point.measured and point.interval for c in contests for point in c.points):
        between = "GPU / CPU, 95 %"
    size_of = {contest.size_of for contest in contests}
    columns = ("work", "contender", size_of.pop() if len(size_of) == 1 else "size")
    return Table((*columns, "CPU", "GPU", "the GPU is", between), tuple(rows))


def _plot(suite: str, place: str, contests: Sequence[Contest]) -> Plot:
    drawn = contests[:MAX_PLOTTED]
    works, whos = ({getattr(contest, name) for contest in drawn} for name in ("work", "who"))
    series = tuple(
        Series(
            label=_label(contest, works, whos),
            framework=contest.framework,
            points=tuple((p.size, math.exp(-p.log_ratio)) for p in contest.points),
            band=_band(contest.points),
        )
        for contest in drawn
    )
    # One mark: of several contests at one piece of work the first is that of the fastest.
    first = drawn[0].crossing
    has_mark = first.size is not None and len(works) == 1
    marks = (Mark(first.size or 0.0, first.low, first.high),) if has_mark else ()
    sizes = sorted({point.size for contest in drawn for point in contest.points})
    words = " ".join(sentence(contest) for contest in drawn)
    return Plot(
        title=f"{names.suite(suite)} on {place}: how many times as fast the GPU is",
        heading="speed of the GPU, CPU = 1",
        x_label=drawn[0].size_of,
        series=series,
        y_unit="speedup",
        x_ticks=tuple(sizes),
        level=1.0,
        marks=marks,
        description=f"Lines over size on logarithmic axes; above 1 the GPU is faster. {words}",
    )


def _label(contest: Contest, works: set[str], whos: set[str]) -> str:
    """What tells a contest from the others of its figure."""
    if len(works) > 1 and len(whos) > 1:
        return f"{contest.work}, {contest.who}"
    return contest.work if len(works) > 1 else contest.who


def _band(points: Sequence[Point]) -> tuple[tuple[float, float], ...]:
    found = [point.interval for point in points]
    if any(ends is None for ends in found):
        return ()
    return tuple((1 / ends[1], 1 / ends[0]) for ends in found if ends is not None)
