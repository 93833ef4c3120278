"""A comparison in words and figures, once for all who draw it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from bench.statistics.combined import RUN_SHIFT
from bench.statistics.estimates import ENOUGH_ROUNDS, START_SHIFT, Estimate, Verdict
from reports.analysis.unresolved_hint import STARTS
from reports.compare.called import called
from reports.compare.comparison import Compared, Comparison, Mean, Pair
from reports.compare.differences import circumstances
from reports.compare.fail_on import Gate, Outcome
from reports.compare.sides import Side
from reports.formatting import ABSENT, count, digits, plain, seconds
from reports.ingest.reading import LeftOut
from reports.verdicts.busy import is_busy

MANY = 10
"""Lines of one kind that are shown before the rest is counted; JSON has all."""

PAIRED = (
    "A and B took turns in the same rounds of one run: a ratio is the median of the rounds' own, "
    "so it may differ a little from that of the two times. "
)
ONE_START = (
    "Intervals hold for these two processes. Other starts of the same two differ by "
    f"{100 * START_SHIFT:g} % (standard deviation), which slower and faster allow for: make bench "
    f"STARTS={STARTS} measures so many."
)
SEVERAL_STARTS = "Both were started anew several times, and the intervals speak of such starts."
UNPAIRED = (
    "Unpaired: A and B were measured in different runs. Their intervals are wider for it, and "
    f"allow for a difference of {100 * RUN_SHIFT:g} % (standard deviation) from run to run by "
    "other programs, heat and the system. To be sure, measure both in one run: make bench "
    f"FRAMEWORK=jax==0.4.38,jax STARTS={STARTS}"
)
SURE_LIMIT = 0.03
"""The least limit of a gate that means something with one start."""


def columns(comparison: Comparison) -> tuple[str, ...]:
    """Heads; fewer than six rounds or starts have no 95 % interval."""
    has_intervals = any(one.ratio.interval for one in comparison.compared)
    interval = "95 % interval" if has_intervals else "interval"
    a, b, ratio, word = called(comparison).heads
    return "case", a, b, ratio, interval, word


def how(comparison: Comparison) -> str:
    """What the figures are, and how far to believe them."""
    a, b = called(comparison).a, called(comparison).b
    return (
        f"{b} / {a}: time of {b} divided by time of {a}. Above 1, {b} is slower. "
        f"Differences within {_percent(comparison.threshold)} count as none. {_family(comparison)}"
        + (_paired(comparison) if comparison.paired else UNPAIRED)
    )


def _family(comparison: Comparison) -> str:
    count = comparison.compared[0].among.comparisons
    if count == 1:
        return ""
    return (
        f"If nothing differed, in at most 5 of 100 such comparisons would any of the {count} words "
        "be slower or faster by chance. "
    )


def _paired(comparison: Comparison) -> str:
    several = all(one.starts > 1 for one in comparison.compared)
    return PAIRED + (SEVERAL_STARTS if several else ONE_START)


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def sides(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """What A and B are, once where they are one run."""
    if comparison.paired:
        return (("A and B", _who(comparison.a)),)
    return ("A", _who(comparison.a)), ("B", _who(comparison.b))


def _who(side: Side) -> str:
    head = side.head
    commit = f", Metalbench {plain(head.commit[:10])}" if head.commit else ""
    began = plain(head.started_at, 16).replace("T", " ").rstrip("…")
    label = plain(head.machine.label, 60)
    return f"{plain(str(side.path), 120)}: run {plain(side.run, 60)}, {began}, {label}{commit}"


def title(pair: Pair) -> str:
    """`A jax==0.4.38 (0.4.38), B jax (0.10.2): cpu, float32, jit`; only what differs, twice."""
    own, other = _name(pair, "a"), _name(pair, "b")
    shared = [
        plain(getattr(pair.a, name), 40)
        for name in ("device", "precision", "execution")
        if getattr(pair.a, name) == getattr(pair.b, name)
    ]
    return f"A {own}, B {other}" + (f": {', '.join(shared)}" if shared else "")


def short(comparison: Comparison, pair: Pair) -> str:
    """What tells a pair from the others: the spec of B where no other has it, else also what of
    device and precision differs; nothing where there is one pair."""
    others = [each.b for each in comparison.pairs if each is not pair]
    if others and pair.b.spec not in [each.spec for each in others]:
        return plain(pair.b.spec, 60)
    facts = ("spec", "device", "precision", "execution")
    own = {name: getattr(pair.b, name) for name in facts}
    differ = [own[name] for name in facts if any(getattr(b, name) != own[name] for b in others)]
    told = " ".join(dict.fromkeys(differ))
    return plain(told or pair.b.contender, 60) if others else ""


def _name(pair: Pair, letter: str) -> str:
    contender, version = getattr(pair, letter), getattr(pair, f"{letter}_version")
    caveats = [
        plain(getattr(contender, name), 40)
        for name in ("device", "precision", "execution")
        if getattr(pair.a, name) != getattr(pair.b, name)
    ]
    known = f" ({plain(version, 30)})" if version else ""
    return " ".join((plain(contender.spec, 60) + known, *caveats))


def work(one: Compared) -> str:
    """`square 1024`: the case within its suite."""
    return f"{plain(one.name, 60)} {count(one.size)}"


def row(one: Compared, comparison: Comparison) -> tuple[str, ...]:
    """A case under the columns but the first."""
    times = (seconds(each.time_s) for each in (one.a, one.b))
    return *times, *_ratio(one.ratio), verdict(one, comparison.threshold)


def mean_row(mean: Mean) -> tuple[str, ...]:
    """A suite's mean under the columns but the first."""
    return "", "", *_ratio(mean.ratio), mean.verdict


def mean_name(mean: Mean) -> str:
    return f"geometric mean of {mean.cases}"


def _ratio(ratio: Estimate) -> tuple[str, str]:
    ends = ratio.interval
    return times(ratio.value), f"{times(ends[0])} to {times(ends[1])}" if ends else ABSENT


def times(ratio: float) -> str:
    """`1.043`: a tenth of a per cent where ratios are near 1."""
    return f"{ratio:.3f}" if 0.1 <= ratio < 10 else digits(ratio)


def verdict(one: Compared, threshold: float) -> str:
    """The word; of what is unresolved also how many more rounds or starts would settle it."""
    word = one.word(threshold)
    if one.decided_by_cpu(threshold):
        assert one.by_cpu is not None
        return f"{word} by CPU time ({times(one.by_cpu.value)})"
    if word != "unresolved":
        return word
    if one.needs_starts(threshold):
        return f"{word} (starts)"
    more = one.more(threshold)
    return f"{word} (+{count(more)})" if more else word


def summary(comparison: Comparison) -> str:
    """`11 cases: jax is slower in 2, the same in 8; 1 is unresolved. On the whole jax takes 1.043x
    the time of torch (1.012 to 1.075).`"""
    every = Counter(one.word(comparison.threshold) for one in comparison.compared)
    number, doubtful = len(comparison.compared), every["unresolved"]
    sentences: dict[Verdict, str] = {
        "slower": "slower in {}",
        "faster": "faster in {}",
        "same": "the same in {}",
    }
    said = [words.format(every[word]) for word, words in sentences.items() if every[word]]
    parts = [f"{called(comparison).b} is {', '.join(said)}"] if said else []
    parts += [f"{doubtful} {'are' if doubtful > 1 else 'is'} unresolved"] if doubtful else []
    return f"{number} case{'s' * (number > 1)}: {'; '.join(parts)}.{_overall(comparison)}"


def _overall(comparison: Comparison) -> str:
    """The geometric mean, where an interval says how far to believe it; it has no word, which would
    be one more of those that are given together."""
    mean = comparison.overall
    if mean is None or mean.interval is None:
        return ""
    value, ends = _ratio(mean)
    who = called(comparison)
    return f" On the whole {who.b} takes {value}x the time of {who.a} ({ends})."


def settling(comparison: Comparison) -> str:
    """What stands beside `unresolved`; nothing where all is resolved."""
    threshold = comparison.threshold
    doubtful = [one for one in comparison.compared if one.word(threshold) == "unresolved"]
    if not doubtful:
        return ""
    by_starts = [one for one in doubtful if one.needs_starts(threshold)]
    others = [one for one in doubtful if one not in by_starts]
    units = dict.fromkeys(one.unit for one in others if one.more(threshold))
    parts = [f"(+n): about n more {' or '.join(units)} may settle it"] if units else []
    if by_starts:
        parts.append(f"(starts): only several starts can: make bench STARTS={STARTS}")
    if not all(one.more(threshold) for one in others):
        parts.append("without either: too near the threshold to settle")
    return f"Unresolved {'; '.join(parts)}."


def failures(outcome: Outcome, gates: Sequence[Gate], comparison: Comparison) -> str:
    """What `--fail-on` says, or nothing where it was not given."""
    asked = " or ".join(
        gate.word
        if gate.word == "unresolved"
        else f"{gate.word} by more than {_percent(gate.limit)}"
        for gate in gates
    )
    if not gates:
        return ""
    unsure, who = _unsure(gates, comparison), called(comparison).b
    if not outcome.failed:
        return f"Passed: in no case is {who} {asked}.{unsure}"
    worst = max(outcome.failed, key=lambda one: abs(math.log(one.ratio.value)))
    number, of = len(outcome.failed), len(comparison.compared)
    where = f"{plain(worst.suite, 60)} {work(worst)}"
    return f"Failed: in {number} of {of} cases {who} is {asked}, most of all in {where}.{unsure}"


def _unsure(gates: Sequence[Gate], comparison: Comparison) -> str:
    """A warning about limits that one start cannot hold."""
    few = any(one.starts < ENOUGH_ROUNDS for one in comparison.compared)
    low = any(gate.word != "unresolved" and gate.limit < SURE_LIMIT for gate in gates)
    if not (few and low):
        return ""
    return (
        f" Limits below {_percent(SURE_LIMIT)} need starts, for two of one program differ by half "
        f"a per cent: make bench STARTS={STARTS}."
    )


def caveats(comparison: Comparison) -> Iterator[str]:
    """What to know before believing a figure: what differs besides, and who else was there."""
    yield from shortened(
        [f"Compared although it differs: {what}" for what in comparison.allowed_differences]
    )
    if not comparison.paired:
        a, b = comparison.a, comparison.b
        ran = ((a.runtime(pair.a), b.runtime(pair.b)) for pair in comparison.pairs)
        others = (each for both in ran for each in circumstances(a.head, b.head, both))
        yield from (f"Differs too: {what}" for what in dict.fromkeys(others))
    for letter, side in (("A", comparison.a), ("B", comparison.b))[: 2 - comparison.paired]:
        if side.on_battery:
            yield f"{'Both' if comparison.paired else letter} ran on battery or in low-power mode"
        used = side.others_cores
        if used is not None and is_busy(used, side.head.machine.cores_logical):
            whom = "both" if comparison.paired else letter
            yield f"Other programs used {digits(used, 2)} cores while {whom} ran"


def excluded(comparison: Comparison) -> Iterator[str]:
    """What has no ratio, and why."""
    yield from shortened([f"{each.what}: {each.why}" for each in comparison.excluded])


def left_out(comparison: Comparison) -> Iterator[str]:
    """What the files held that could not be used, by file and line."""
    yield from shortened([_left(each) for each in comparison.left_out])


def _left(each: LeftOut) -> str:
    where = plain(str(each.path), 160) + (f", line {each.line}" if each.line else "")
    return f"{where}: {plain(each.reason, 200)}"


def shortened(lines: Sequence[str]) -> Iterator[str]:
    """The first lines, and how many more there are."""
    yield from lines[:MANY]
    if len(lines) > MANY:
        yield f"and {len(lines) - MANY} more"
