"""The two sides of a comparison: a run of each, its contenders, and which go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.schema import Contender, Run, Runtime
from reports.cell import Cell
from reports.formatting import plain
from reports.frame import NULL, Results, read
from reports.ingest.record_files import files
from suites.errors import UserError

FIELDS = ("framework", "device", "precision", "execution")
"""What contenders must have in common to be compared unasked: their versions may differ."""

MANY = 12
"""Names an error lists."""


class Incomparable(UserError):
    """Nothing here can be compared; the message says why and what would help."""


@dataclass(frozen=True)
class Side:
    """One run, and those of its contenders that are to be compared."""

    letter: str
    path: Path
    results: Results
    run: str
    contenders: tuple[Contender, ...]

    @property
    def head(self) -> Run:
        return self.results.runs[self.run]

    @property
    def others_cores(self) -> float | None:
        """Cores that other programs used meanwhile; None where no slice tells."""
        slices = self.results.slices
        known = slices[(slices["run"] == self.run) & slices["others_cpu_s"].notna()]
        wall_s = float(known["wall_s"].sum())
        return float(known["others_cpu_s"].sum()) / wall_s if wall_s else None

    @property
    def on_battery(self) -> bool:
        """Whether some of it was measured with less power than the machine can have."""
        states = self.results.states.get(self.run, ())
        return any(state.power == "battery" or state.low_power for state in states)

    def rows(self, contender: Contender) -> Mapping[str, Cell]:
        """The contender's cells, by case."""
        every = self.results.rows[self.run]
        return {cell.case: cell for cell in every if cell.contender == contender.contender}

    def runtime(self, contender: Contender) -> Runtime | None:
        """What the contender really was, where its worker told."""
        return self.results.runtimes.get((self.run, contender.contender))

    def version(self, contender: Contender) -> str | None:
        """The version of its framework."""
        runtime = self.runtime(contender)
        return next(iter(runtime.versions.values()), None) if runtime else None


@dataclass(frozen=True)
class Matched:
    """Contenders that go together, and those that were found no partner for."""

    pairs: tuple[tuple[Contender, Contender], ...]
    alone: tuple[tuple[str, Contender], ...]
    """With the letter of their side."""
    ambiguous: tuple[tuple[tuple[Contender, ...], tuple[Contender, ...]], ...]
    """Groups in which more than one could be meant."""


def load(a: Path, b: Path | None, of_a: str, of_b: str) -> tuple[Side, Side]:
    """Both sides, with the contenders that `of_a` and `of_b` name, all where they are empty.

    Raises Incomparable, NotRecords, OSError.
    """
    same = b is None or dict(files([a])).keys() == dict(files([b])).keys()
    first = read([a])
    second = first if same else read([b or a])
    runs = _one_run("A", a, first), _one_run("B", b or a, second)
    heads = first.runs[runs[0]], second.runs[runs[1]]
    if heads[0] == heads[1] and not same:
        raise Incomparable(
            f"{a} and {b} are two copies of run {plain(runs[0])}. Expected two runs. To compare "
            f"contenders of one, give it once: {_example(a, heads[0])}"
        )
    if same and not (of_a and of_b):
        of_a, of_b = _the_two(a, heads[0], half_named=bool(of_a or of_b))
    chosen = (choose("A", heads[0], of_a), choose("B", heads[1], of_b))
    return Side("A", a, first, runs[0], chosen[0]), Side("B", b or a, second, runs[1], chosen[1])


def _one_run(letter: str, path: Path, results: Results) -> str:
    names = list(results.runs)
    if len(names) != 1:
        found = f"{len(names)} runs: {_listed(names)}" if names else "published figures alone"
        raise Incomparable(
            f"{letter} must be one run. Expected its records.jsonl or its folder. Received: "
            f"{path}, which holds {found}."
        )
    return names[0]


def _the_two(path: Path, run: Run, half_named: bool) -> tuple[str, str]:
    """The specs of a run that was asked for two. Raises Incomparable."""
    specs = list(dict.fromkeys(each.spec for each in run.contenders if each.framework != NULL))
    if len(specs) != 2 or half_named:
        raise Incomparable(
            f"one run was given, and it holds {_listed(specs) or 'no contender'}. Expected a "
            f"second run, or which of its contenders are A and B: {_example(path, run)}"
        )
    return specs[0], specs[1]


def _example(path: Path, run: Run) -> str:
    names = [plain(each.spec, 40) for each in run.contenders] or ["torch"]
    return f"./metalbench compare {path} --a {names[0]} --b {names[-1]}"


def choose(letter: str, run: Run, wanted: str) -> tuple[Contender, ...]:
    """The contenders meant: those that are called exactly so in any respect, or the one spec whose
    ids contain the word. Raises Incomparable."""
    if not wanted:
        return tuple(each for each in run.contenders if each.framework != NULL)
    exact = tuple(each for each in run.contenders if wanted in _names(each))
    found = exact or tuple(each for each in run.contenders if wanted in each.contender)
    if not found or (not exact and len({each.spec for each in found}) > 1):
        could = [each.contender for each in found or run.contenders]
        raise Incomparable(
            f"--{letter.lower()} names {'more than one spec' if found else 'no contender'}. "
            f"Expected an id, or a part of one alone: {_listed(could)}. "
            f"Received: {plain(wanted, 80)!r}"
        )
    return found


def _names(each: Contender) -> tuple[str, ...]:
    return each.contender, each.spec, each.device, each.device_kind, each.precision, each.execution


def match(a: Side, b: Side, named: bool, droppable: Iterable[str] = ()) -> Matched:
    """Who goes with whom: those that agree in all FIELDS, spec with spec where both sides have it.

    Fields in which the sides have nothing in common are what is asked about where both were
    `named`; else only the `droppable` ones are.
    """
    allowed = FIELDS if named else tuple(droppable)
    dropped = [name for name in allowed if not _values(a, name) & _values(b, name)]
    fields = [name for name in FIELDS if name not in dropped]
    groups = {
        key: [[c for c in side.contenders if _key(c, fields) == key] for side in (a, b)]
        for key in dict.fromkeys(_key(c, fields) for side in (a, b) for c in side.contenders)
    }
    pairs, alone, ambiguous = list[tuple[Contender, Contender]](), [], []
    for own, others in groups.values():
        specs = {each.spec: each for each in others}
        known = [(each, specs[each.spec]) for each in own if each.spec in specs]
        left = [each for each in own if each not in [one for one, _ in known]]
        right = [each for each in others if each not in [other for _, other in known]]
        pairs += known
        if len(left) == len(right) == 1:
            pairs.append((left[0], right[0]))
        elif left and right:
            ambiguous.append((tuple(left), tuple(right)))
        else:
            alone += [("A", each) for each in left] + [("B", each) for each in right]
    return Matched(tuple(pairs), tuple(alone), tuple(ambiguous))


def _values(side: Side, name: str) -> set[str]:
    return {getattr(each, name) for each in side.contenders}


def _key(contender: Contender, fields: Sequence[str]) -> tuple[str, ...]:
    return tuple(getattr(contender, name) for name in fields)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(plain(name, 80) for name in names[:MANY])
    return shown if len(names) <= MANY else f"{shown} and {len(names) - MANY} more"
