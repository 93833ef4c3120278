"""What one start of a worker has shown of a case: its answers, and whether its times are true.

The host compares and judges; the worker only observed. What is wrong about answers is found in the
audits' results, what is wrong about times in its looks, its audits and its clock.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench import schema
from bench.contenders.replies import Looks, Sliced, WorkerError, checked
from bench.contenders.spec import Contender
from bench.verification import answers, credibility
from bench.worker import observations, waiting
from frameworks import NULL
from suites.data import arrays
from suites.data.arrays import Array
from suites.verification import checks, reference
from suites.verification.training_checks import audited
from suites.workload import Decode, Learn, Lifecycle, Product, Workload, reduced_for_reference

READY = "seconds of work left after wait"
UNDONE = "seconds of work that a step leaves to the conversion of its results"

SIMULATED = "METALBENCH_SIMULATED"
"""Where this is set a test runs a device whose clock is no real one."""

SAME_LEARNING = "to the last bit those of learning other data: handed out again"

NO_RESET = "its adapter has no reset: steps inside timed samples were not looked into"


class Evidence:
    """Collects; `after` is the judgement."""

    def __init__(
        self,
        contender: Contender,
        workload: Workload,
        seed: int,
        expected: reference.Solution,
        probed: Looks,
    ) -> None:
        self.contender, self.workload, self.seed = contender, workload, seed
        self.expected = expected
        self.audits = self.turns = 0
        self.answers: dict[str, tuple[float, ...]] = {}
        """A few, for the record of a seed that somebody gave."""
        self._answers: list[schema.Check] = []
        self._slices: list[schema.Slice] = []
        self._left: list[credibility.Look] = []
        self._undone: list[credibility.Look] = []
        self._probed = probed

    @property
    def reach(self) -> str | None:
        """How far answers could be checked, where that is not all the way."""
        told = [reference.reach(self.expected, self.workload)]
        if self.turns and not self.audits and not self._draws:
            told.append(NO_RESET)
        return "; ".join(each for each in told if each) or None

    @property
    def _draws(self) -> bool:
        """Whether every step draws its own operands: as random after timing as before."""
        return isinstance(self.workload, Product) and self.workload.generated

    def before(self, path: Path, compared: Mapping[str, object]) -> tuple[schema.Check, ...]:
        """Checks of what was observed before timing. Raises WorkerError."""
        missing = [name for name in checks.compared_names(self.workload) if name not in compared]
        problem = "missing from the step's results, or not finite"
        found = [checks.Check(f"{name} at the timed shape", problem=problem) for name in missing]
        return as_records(self._compared(path, "before") + found) + self._probes()

    def audit(self, path: Path) -> None:
        """Take in what an audit observed. Raises WorkerError."""
        self.audits += 1
        self._answers += as_records(self._compared(path, "after"))

    def renewed(self, path: Path) -> None:
        """The same where the case had to be built anew for it. Raises WorkerError."""
        self._answers += as_records(self._compared(path, "before" if self._draws else "after"))

    def slice(self, taken: schema.Slice, told: Sliced) -> None:
        """Take in what a slice tells about its time."""
        self.turns += 1
        self._slices.append(taken)
        crowd = credibility.in_a_crowd(taken, _cores())
        self._left += [(pair, crowd) for pair in told.left_over]
        self._undone += [(pair, crowd) for pair in told.undone]

    def after(self) -> tuple[schema.Check, ...]:
        """The worst of each kind that audits, looks and clocks have shown."""
        return credibility.worst(self._answers) + tuple(self._times())

    @property
    def doubtful(self) -> bool:
        """Whether more slices may clear up what they have shown of times."""
        return not all(map(passed, self._times()))

    @property
    def times_count(self) -> bool:
        """`null` does no work, and says so."""
        return self.contender.spec.framework != NULL.name

    def _times(self) -> list[schema.Check]:
        if not self.times_count:
            return []
        found = [*credibility.of_samples(self._slices), *self._of_clock()]
        found += credibility.of_audits(self._slices, _cores(), self._cold_s())
        for name, looks in ((READY, self._left), (UNDONE, self._undone)):
            told = waiting.verdict(credibility.without_the_crowds(looks))
            found += [credibility.about_time(name, *told)] if told else []
        return found

    def _cold_s(self) -> float:
        """Work in few passes over inputs that stay in a cache takes longer with fresh ones."""
        if isinstance(self.workload, Learn | Lifecycle):
            return 0.0
        fetched = arrays.batch_bytes(self.workload)
        return fetched / credibility.COLD_BYTES_PER_S[self.contender.device.kind]

    def _of_clock(self) -> list[schema.Check]:
        return [] if os.environ.get(SIMULATED) else credibility.of_clock(self._slices)

    def _probes(self) -> tuple[schema.Check, ...]:
        """What was found as the worker started, if that is too much: it holds for every case."""
        if not self.times_count:
            return ()
        found = [credibility.about_time(READY, *pair) for pair in self._probed]
        return tuple(check for check in credibility.worst(found) if not passed(check))

    def _compared(self, path: Path, phase: str) -> list[checks.Check]:
        try:
            seen = observations.read(path)
            with np.errstate(over="ignore"):  # what is so far off becomes a problem of its own
                found = checks.compare(seen, self.expected.entries, phase)
            if phase == "before" and self.seed:
                self.answers = answers.shown(seen, self.expected.entries, self.seed)
            if checks.same_learning(seen):
                found.append(checks.Check("losses of learning", problem=SAME_LEARNING))
            return found + self._evaluated(seen, phase)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise WorkerError(f"its answers are unusable: {error!r}"[:4000], None, "") from error

    def _evaluated(self, seen: Mapping[str, Array], phase: str) -> list[checks.Check]:
        """Of learning, its last figures held against its own weights; of one audit, since it costs
        the host much. Of decoding, its logits along its own tokens."""
        if isinstance(self.workload, Decode):
            precision = self.contender.precision
            return reference.decoded(
                self.workload, precision, self.seed, self.expected, seen, phase
            )
        work = reduced_for_reference(self.workload) if phase == "before" else self.workload
        if not isinstance(work, Learn | Lifecycle) or (phase == "after" and self.audits > 1):
            return []
        made = arrays.make(work, self.seed)
        if phase == "after":
            made = arrays.audit(work, self.seed, made.weights)
        ending = "" if phase == "before" else audited("", 0)
        told = {_without(name, ending): array for name, array in seen.items()}
        return reference.evaluated(work, told, made)


def _cores() -> float:
    """Of the machine. Others take none from a device whose clock is no real one."""
    return math.inf if os.environ.get(SIMULATED) else os.cpu_count() or 1


def as_records(found: list[checks.Check]) -> tuple[schema.Check, ...]:
    return tuple(checked(vars(_bounded(check)), schema.Check) for check in found)


def _bounded(check: checks.Check) -> checks.Check:
    """An error beyond what a record holds, as a problem."""
    if check.error is None or check.error <= credibility.LARGEST:
        return check
    return checks.Check(check.name, problem="its distance from what is expected is not finite")


def _without(name: str, ending: str) -> str:
    array, _, part = name.rpartition("|")
    return f"{array.removesuffix(ending)}|{part}"


def passed(check: schema.Check) -> bool:
    """True only for a number within its limit."""
    return check.passes


def curves(workload: Learn | Lifecycle, seen: Mapping[str, Sequence[float]]) -> schema.Curves:
    """Losses and accuracy over the epochs. Raises WorkerError where there can be no such ones."""
    learn = workload.learn if isinstance(workload, Lifecycle) else workload
    found = {name: seen[name] for name in ("train_loss", "test_loss") if name in seen}
    found["accuracy"] = [count / learn.data.test for count in seen.get("correct", ())]
    return checked(found, schema.Curves)
