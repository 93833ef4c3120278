"""B against A, case by case: how many times as long B takes, and the word that deserves.

Contenders of one run shared its rounds, so their ratio is paired. Those of two runs did not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from bench.schema import Contender
from bench.statistics import combined, estimates, multiplicity
from bench.statistics.estimates import Estimate, Verdict
from bench.statistics.multiplicity import ALONE, Family
from reports.analysis import unresolved_hint
from reports.cell import Cell, VerifiedCell
from reports.compare import differences, ratios, sides
from reports.compare.differences import Difference, Kind
from reports.compare.sides import Incomparable, Side
from reports.formatting import plain
from reports.frame import STATUSES
from reports.ingest.reading import LeftOut

GRAVE = ("wrong", "untimed", "failed", "incomplete")
"""How a cell may end that an exit code must tell; what was skipped had a reason one accepts."""


Unit = Literal["rounds", "starts"]


@dataclass(frozen=True)
class Pair:
    """A contender of each side that go together."""

    a: Contender
    b: Contender
    a_version: str | None
    b_version: str | None
    differs: tuple[Difference, ...] = ()
    """What else differs, and was allowed to."""


@dataclass(frozen=True)
class Compared:
    """A case that both of a pair have verified times of."""

    pair: Pair
    suite: str
    name: str
    case: str
    size: int
    a: VerifiedCell
    b: VerifiedCell
    ratio: Estimate
    """Time of B over time of A."""
    rounds: int
    """Those both took part in; of two runs, the fewer of both."""
    starts: int
    """Likewise."""
    by_cpu: Estimate | None = None
    """The ratio of CPU times, asked where wall time cannot tell."""
    among: Family = ALONE
    """Words that are given together, of which none may be false by chance."""

    @property
    def unit(self) -> Unit:
        """What the repeats are."""
        return "starts" if self.starts > 1 else "rounds"

    def word(self, threshold: float) -> Verdict:
        """What B is."""
        word = estimates.word(self.ratio, threshold=threshold, among=self.among)
        return word if word != "unresolved" else self._cpu_word(threshold)

    def decided_by_cpu(self, threshold: float) -> bool:
        """Whether the word is that of CPU time."""
        word = estimates.word(self.ratio, threshold=threshold, among=self.among)
        return word == "unresolved" != self._cpu_word(threshold)

    def _cpu_word(self, threshold: float) -> Verdict:
        return estimates.word(self.by_cpu, threshold=threshold, among=self.among)

    def more(self, threshold: float) -> int | None:
        """About how many more would settle what is unresolved; None where none would."""
        return unresolved_hint.more_repeats(self.ratio, threshold, self.among)

    def needs_starts(self, threshold: float) -> bool:
        """Whether only several starts can."""
        return unresolved_hint.needs_starts(self.ratio, threshold, self.among)


@dataclass(frozen=True)
class Mean:
    """The cases of a suite together."""

    pair: Pair
    suite: str
    cases: int
    ratio: Estimate
    verdict: Verdict


@dataclass(frozen=True)
class Excluded:
    """Something that has no ratio, and why."""

    what: str
    why: str
    grave: bool = True
    """Whether the exit code tells it."""


@dataclass(frozen=True)
class Comparison:
    """All that two sides say about one another."""

    a: Side
    b: Side
    paired: bool
    threshold: float
    differs: tuple[Difference, ...]
    """What differs between the runs, and was allowed to."""
    compared: tuple[Compared, ...]
    excluded: tuple[Excluded, ...]

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What the files held that cannot be used."""
        same = self.a.results is self.b.results
        return (*self.a.results.left_out, *(() if same else self.b.results.left_out))

    @property
    def allowed_differences(self) -> tuple[str, ...]:
        """Everything that differs and was allowed to, in words."""
        found = (*self.differs, *(each for one in self.compared for each in one.pair.differs))
        return tuple(dict.fromkeys(each.what for each in found))

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        return tuple({id(one.pair): one.pair for one in self.compared}.values())

    def of(self, pair: Pair) -> list[Compared]:
        return [one for one in self.compared if one.pair is pair]

    @cached_property
    def overall(self) -> Estimate | None:
        """The geometric mean of all cases; None of a single one."""
        ratios = [one.ratio for one in self.compared]
        return combined.geometric_mean(ratios) if len(ratios) > 1 else None

    def means(self, pair: Pair) -> Iterator[Mean]:
        """Geometric means over suites of two cases or more."""
        own = self.of(pair)
        for suite in dict.fromkeys(one.suite for one in own):
            cases = [one for one in own if one.suite == suite]
            mean = combined.geometric_mean([one.ratio for one in cases])
            if mean and len(cases) > 1:
                word = estimates.word(mean, threshold=self.threshold, among=cases[0].among)
                yield Mean(pair, suite, len(cases), mean, word)


def compare(
    a: Side, b: Side, *, threshold: float, named: bool, across: Collection[Kind] = ()
) -> Comparison:
    """All cases that both sides have verified times of; `across` are the kinds of differences that
    do not matter, `named` whether contenders were chosen. Raises Incomparable."""
    same_run = a.results is b.results
    between_runs = () if same_run else differences.of_runs(a.head, b.head)
    _refuse(a, b, [each for each in between_runs if each.kind not in across])
    matched = sides.match(a, b, named, ["precision"] if "precisions" in across else [])
    excluded = list(_unmatched(matched))
    compared = list[Compared]()
    for own, other in matched.pairs:
        ran = a.runtime(own), b.runtime(other)
        differs = differences.of_contenders(own, other, ran, same_run)
        forbidden = [each for each in differs if each.kind not in across]
        if same_run and own == other:
            excluded.append(Excluded(plain(own.contender), "it is both A and B", grave=False))
        elif forbidden:
            excluded.append(Excluded(_both(own, other), _advice(forbidden)))
        else:
            pair = Pair(own, other, a.version(own), b.version(other), differs)
            found, out = _cases(a, b, pair)
            compared += found
            excluded += out
    if not compared:
        raise Incomparable(_nothing(a, b, excluded))
    among = _family(compared)
    words = tuple(replace(one, among=among) for one in compared)
    return Comparison(a, b, same_run, threshold, between_runs, words, tuple(excluded))


def _family(compared: Sequence[Compared]) -> Family:
    """All words that are given: one for each case, one for each mean of several."""
    cases = Counter((id(one.pair), one.suite) for one in compared)
    words = len(compared) + sum(count > 1 for count in cases.values())
    words += sum(one.by_cpu is not None for one in compared)
    return multiplicity.of(
        words, [one.ratio.logs for one in compared if one.ratio.logs is not None]
    )


def _refuse(a: Side, b: Side, forbidden: Sequence[Difference]) -> None:
    if forbidden:
        raise Incomparable(f"{a.path} and {b.path} were not made alike. {_advice(forbidden)}")


def _advice(forbidden: Sequence[Difference]) -> str:
    words = ",".join(dict.fromkeys(each.kind for each in forbidden))
    told = "; ".join(each.what for each in forbidden)
    return f"{told}. --across {words} compares them all the same, and marks it"


def _unmatched(matched: sides.Matched) -> Iterator[Excluded]:
    for letter, each in matched.alone:
        yield Excluded(plain(each.contender), f"only in {letter}", grave=False)
    for own, others in matched.ambiguous:
        names = (", ".join(plain(c.contender) for c in group) for group in (own, others))
        yield Excluded(" against ".join(names), "say which with --a and --b")


def _both(a: Contender, b: Contender) -> str:
    names = dict.fromkeys((plain(a.contender), plain(b.contender)))
    return " against ".join(names)


def _cases(a: Side, b: Side, pair: Pair) -> tuple[list[Compared], list[Excluded]]:
    """The cases of a pair that have a ratio, and those that have none."""
    rows, others = a.rows(pair.a), b.rows(pair.b)
    hashes = [{c.case: c.definition_sha256 for c in side.head.cases} for side in (a, b)]
    both, excluded = [], list(_lonely(pair, rows, others))
    for case in (case for case in rows if case in others):
        own, other = rows[case], others[case]
        if hashes[0][case] != hashes[1][case]:
            why = f"{case}: A and B did different work (definition_sha256){_older(a, b)}"
            excluded.append(Excluded(_both(pair.a, pair.b), plain(why)))
        elif isinstance(own, VerifiedCell) and isinstance(other, VerifiedCell):
            both.append((own, other))
        else:
            excluded += _doubts(own, other)
    compared = []
    asked = zip(both, ratios.of(a, b, both), ratios.of_cpu(a, b, both), strict=True)
    for (mine, yours), (ratio, rounds, starts), by_cpu in asked:
        if ratio is None:
            why = f"{mine.case}: they shared no round"
            excluded.append(Excluded(_both(pair.a, pair.b), plain(why)))
            continue
        at = (mine.suite, mine.name, mine.case, mine.size)
        compared.append(Compared(pair, *at, mine, yours, ratio, rounds, starts, by_cpu))
    return compared, excluded


def _older(a: Side, b: Side) -> str:
    """What else it may be where one run was made before hashes told the work's meaning."""
    older = [side for side in (a, b) if side.head.version is None]
    if len(older) != 1:
        return ""
    return (
        f", or {older[0].letter} is too old to tell: the version that made it had another hash of "
        "work, which is understood for built-in suites alone. Measure it again"
    )


def _lonely(pair: Pair, rows: Collection[str], others: Collection[str]) -> Iterator[Excluded]:
    for letter, own, other in (("A", rows, others), ("B", others, rows)):
        cases = [case for case in own if case not in other]
        if cases:
            what = f"{_both(pair.a, pair.b)}: {', '.join(plain(case, 80) for case in cases)}"
            yield Excluded(plain(what, 300), f"only in {letter}", grave=False)


def _doubts(own: Cell, other: Cell) -> Iterator[Excluded]:
    """Why a case of two cells has no ratio: answers that are not verified before and after."""
    found: dict[tuple[str, str, bool], list[str]] = {}
    for letter, cell in (("A", own), ("B", other)):
        if not cell.verified:
            what = f"{plain(cell.contender)}, {plain(cell.case)}"
            told = plain(cell.reason or "").removeprefix(f"{cell.status}: ")  # of older records
            why = f"{STATUSES[cell.status]}: {told}"
            found.setdefault((what, why, cell.status in GRAVE), []).append(letter)
    for (what, why, grave), letters in found.items():
        yield Excluded(f"{' and '.join(letters)}: {what}", why, grave)


def _nothing(a: Side, b: Side, excluded: Sequence[Excluded]) -> str:
    told = "; ".join(f"{each.what}: {each.why}" for each in excluded[: sides.MANY])
    more = len(excluded) - sides.MANY
    return (
        f"nothing in {a.path} and {b.path} can be compared. Expected a contender and a case that "
        f"both hold, verified. Received: {told or 'no contender'}"
        + (f"; and {more} more" if more > 0 else "")
        + ". To compare different ones say which: --a torch --b jax"
    )
