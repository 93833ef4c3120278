"""When the GPU pays off, in a sentence: only what an interval shows, never the sign of a ratio."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from bench.statistics.estimates import Verdict
from reports import formatting
from reports.analysis import cpu_gpu_pairs
from reports.analysis.cpu_gpu_pairs import Contest
from reports.analysis.crossover import Point
from reports.analysis.suite_leaders import joined
from reports.chapters.cpu_vs_gpu import sized
from reports.front import pairs

KINDS = {
    "matrix product": "matrix products",
    "inner product": "inner products",
    "forward": "forward passes",
    "training": "training",
    "lifecycle": "training",
    "decoding": "writing tokens",
}
"""Kinds of work in a case's record, as one would say them."""

_TELLING = ("matrix product", "training", "forward")
"""Of contests over equally many sizes the first of these kinds is told."""

_NEITHER: Mapping[Verdict | None, str] = {
    "same": "no difference",
    "unresolved": "not decided",
    None: "not decided",
}

_MAKERS = re.compile(r"\b(NVIDIA|AMD|Intel|Tesla|GeForce|Radeon|Graphics|GPU)\b|\([RTM]+\)")
_MEMORY = re.compile(r"-?\b(\d+ ?Gi?B|HBM\d\w*|PCIe|SXM\d?|NVL)\b", re.IGNORECASE)
_PATH = re.compile(r"(cuda|gpu|mps|metal|xpu|rocm|hip|tpu)\b.*", re.IGNORECASE)


def sentence(contests: Sequence[Contest]) -> str:
    """`The H100 pays off for torch in matrix products from about n = 127 on, and up to 31x; ...`

    Of whom the figure beside it is about, in the work with the most sizes; then how it is in the
    largest training step. Empty where no GPU was measured beside a CPU.
    """
    mine = pairs.of_one([each for each in contests if not each.published and each.points])
    if not mine:
        return ""
    main = max(mine, key=lambda each: (len(each.points), _rank(each)))
    trained = [each for each in mine if each.work_kind == "training" and each is not main]
    return f"{_main(main)}{_in_training(trained)}."


def _main(contest: Contest) -> str:
    won, rest = _of(contest, "faster"), [p for p in contest.points if p.word != "faster"]
    gpu, where = device(contest.device_name), f"{_whom(contest)} in {_work(contest)}"
    if not won and all(point.word == "slower" for point in rest):
        return f"The {gpu} does not pay off{where}: the CPU is faster {_everywhere(contest)}"
    if not won:
        return f"Nothing shows that the {gpu} pays off{where}: {'; '.join(_others(contest))}"
    most = f"up to {_speedup(max(won, key=lambda point: -point.log_ratio))}"
    if not rest:
        return f"The {gpu} pays off{where} {_everywhere(contest)}, {most}"
    if rest[-1].size < won[0].size:
        start = f"from {_start(contest, won[0], rest)} on, and {most}"
        below = "below that the CPU is faster"
        decided = all(point.word == "slower" for point in rest)
        return f"The {gpu} pays off{where} {start}; {below if decided else _told(contest)}"
    at = _size(contest, won)
    return f"The {gpu} pays off{where} at some sizes only: {most} at {at}; {_told(contest)}"


def _start(contest: Contest, first: Point, rest: Sequence[Point]) -> str:
    """The size from which on: between two, where both of these are decided."""
    crossing = contest.crossing.size
    if rest[-1].word == "slower" and crossing and rest[-1].size < crossing < first.size:
        return f"about {sized(formatting.amount(crossing), contest.size_of)}"
    return _size(contest, [first])


def _told(contest: Contest) -> str:
    return "; ".join(_others(contest))


def _others(contest: Contest) -> Iterator[str]:
    """Where the CPU is faster, and where neither is shown to be."""
    lost = _of(contest, "slower")
    if lost:
        yield f"the CPU is faster at {_size(contest, lost)}"
    open_ = [point for point in contest.points if point.word not in ("faster", "slower", "same")]
    for points, said in ((_of(contest, "same"), "no difference"), (open_, "not decided")):
        if points:
            yield f"{said} at {_size(contest, points)}"


def _in_training(contests: Sequence[Contest]) -> str:
    if not contests:
        return ""
    best = max(contests, key=lambda each: each.points[-1].size)
    last = best.points[-1]
    if last.word == "faster":
        return f"; in training {_speedup(last)}"
    if last.word == "slower":
        return "; in training the CPU is faster"
    return f"; in training {_NEITHER[last.word]} at {_size(best, [last])}"


# --- words ------------------------------------------------------------------------------------


def device(name: str) -> str:
    """`H100`, of `NVIDIA H100 80GB HBM3`; `GPU` where its name says no more."""
    short = " ".join(_MEMORY.sub("", _MAKERS.sub("", name)).split())
    return formatting.plain(short, 30) if short and not _PATH.fullmatch(short) else "GPU"


def _whom(contest: Contest) -> str:
    """` for torch`, without its device; nothing where the best of each meet."""
    if contest.who == cpu_gpu_pairs.BEST:
        return ""
    return f" for {pairs.without_device(contest.who)}"


def _work(contest: Contest) -> str:
    return KINDS.get(contest.work_kind, contest.work)


def _rank(contest: Contest) -> int:
    kind = contest.work_kind
    return -_TELLING.index(kind) if kind in _TELLING else -len(_TELLING)


def _everywhere(contest: Contest) -> str:
    sizes = [formatting.count(point.size) for point in contest.points]
    if len(sizes) == 1:
        return f"at {sized(sizes[0], contest.size_of)}"
    return f"at every size, {sized(f'{sizes[0]} to {sizes[-1]}', contest.size_of)}"


def _of(contest: Contest, word: Verdict | None) -> list[Point]:
    """Sizes at which the GPU is shown to be that."""
    return [point for point in contest.points if point.word == word]


def _size(contest: Contest, points: Sequence[Point]) -> str:
    """`n = 64 and 128`"""
    return sized(joined([formatting.count(point.size) for point in points]), contest.size_of)


def _speedup(point: Point) -> str:
    return f"{formatting.digits(math.exp(-point.log_ratio), 2)}x"
