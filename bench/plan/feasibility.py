"""Cells that are not attempted, and why: too large for the memory, or too slow for the preset."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import psutil

from bench.contenders.replies import TooLong
from bench.contenders.spec import Contender
from bench.machine import nvidia
from frameworks.interface import Device
from suites.data import arrays
from suites.layers import cost
from suites.verification import reference
from suites.workload import (
    ITEMSIZE,
    Learn,
    Lifecycle,
    Operation,
    Product,
    Train,
    Workload,
    reduced_for_reference,
)


def memory_reason(
    workload: Workload,
    contenders: Sequence[Contender],
    seed: int = 0,
    cache: reference.Cache | None = None,
) -> str | None:
    """Why this case does not fit in the host's free memory beside all its contenders, if so.

    What the reference takes does not count where the cache holds its results already.
    """
    discrete = [contender for contender in contenders if own_bytes(contender.device) is not None]
    others = [contender.precision for contender in contenders if contender not in discrete]
    solved = cache is not None and all(
        reference.is_solved(workload, contender.precision, seed, cache) for contender in contenders
    )
    needed = needed_bytes(workload, others, len(discrete), solved=solved)
    free = psutil.virtual_memory().available
    if needed <= free:
        return None
    return (
        f"needs about {_gib(needed)} for {len(contenders)} contender(s), "
        f"{_gib(free)} of memory are free"
    )


def needed_bytes(
    workload: Workload, precisions: Sequence[str], discrete: int = 0, *, solved: bool = False
) -> int:
    """Memory on the host that a case takes with a contender of each precision beside another, and
    beside some on GPUs with memory of their own."""
    ring, audit = exchanged_bytes(workload)
    held = sum(workload.needed_bytes(precision) + 2 * ring for precision in precisions)
    held += discrete * (_made_bytes(workload) + ring) + 2 * audit
    # The float64 reference is worked out while no contender holds the case yet. They are verified
    # one after the other, each with its twin, its answers of two steps and what changed between.
    small = reduced_for_reference(workload)
    twin = small.needed_bytes("float32") if small != workload else 0
    answers = 3 * workload.output_bytes if isinstance(workload, Train) else 0
    return max(held + twin + answers, 0 if solved else reference.needed_bytes(small))


def device_memory_reason(
    workload: Workload, contender: Contender, beside: Sequence[Contender] = ()
) -> str | None:
    """Why this case does not fit in the device's own memory, if that is known and so: those of the
    case's contenders that share the device hold it at the same time."""
    device = contender.device
    sharing = [each for each in beside if each.device.id == device.id] or [contender]
    ring, audit = exchanged_bytes(workload)
    needed = sum(workload.needed_bytes(each.precision) + ring for each in sharing) + audit
    left = own_bytes(device)
    if left is None or needed <= left:
        return None
    return (
        f"needs about {_gib(needed)} for {len(sharing)} contender(s), "
        f"{device.name} has {_gib(left)} for them"
    )


def own_bytes(device: Device) -> int | None:
    """What a GPU with its own memory has left for a run; None for others, and where unknown.

    TensorFlow does not tell it, and what other programs hold no framework tells: the driver does.
    """
    if device.kind == "cpu":
        return None
    free = _free_at_first(device.name) if device.backend == "cuda" else None
    known = [size for size in (free, device.memory_bytes) if size is not None]
    return min(known, default=None)


@functools.cache
def _free_at_first(name: str) -> int | None:
    """Read before a contender holds anything: frameworks keep what they have freed and use it
    again, so later on their own cases would seem to be in their way."""
    return nvidia.free_bytes(name)


def exchanged_bytes(workload: Workload) -> tuple[int, int]:
    """On the host, or on the device: the batches beside the first that steps go round; and an
    audit's, of one contender at a time, with what training begins anew with."""
    match workload:
        case Learn() | Lifecycle():
            return 0, _made_bytes(workload)
        case Product(generated=True):
            return 0, 0
        case Operation():
            one = workload.input_bytes
            ring = (arrays.ring_of(workload) - 1) * one
            return ring, arrays.audited_steps(workload) * one + workload.weight_bytes
        case Product():
            values, kept = workload.m * workload.k, workload.k * workload.n
        case _:
            values = arrays.batch_values(workload)
            kept = cost.parameter_count(workload.model, workload.input_shape)
    itemsize = ITEMSIZE["float32"]
    ring = itemsize * (arrays.ring_of(workload) - 1) * values
    return ring, itemsize * (arrays.audited_steps(workload) * values + kept)


def _made_bytes(workload: Workload) -> int:
    """What a contender keeps on the host though it computes elsewhere: inputs and weights as made,
    in float32."""
    itemsize = ITEMSIZE["float32"]
    match workload:
        case Lifecycle():
            return _made_bytes(workload.learn)
        case Operation():
            return workload.input_bytes + workload.weight_bytes
        case Product():
            made = workload.m * workload.k + workload.k * workload.n
            return 0 if workload.generated else itemsize * made
        case Learn():
            values = math.prod(workload.data.shape) * (workload.data.train + workload.data.test)
        case _:
            values = arrays.batch_values(workload)
    weights = cost.parameter_count(workload.model, workload.input_shape)
    return itemsize * (values + weights)


STEADY_S = 0.1
"""A step this long is no longer made of overhead: its pace foretells other work of its suite."""


class SpeedEstimate:
    """Remembers how fast each contender went, to predict a larger case of the same kind."""

    def __init__(self, step_limit_s: float) -> None:
        self.step_limit_s = step_limit_s
        self._flop_per_s: dict[tuple[str, ...], float] = {}
        self._steady: set[tuple[str, ...]] = set()

    def learn(self, contender: Contender, workload: Workload, step_s: float) -> None:
        """The fastest step counts: a stall must not condemn the larger cases."""
        self._note(contender, workload, workload.flop, step_s)

    def learn_slow(self, contender: Contender, workload: Workload, tried: TooLong) -> None:
        """The pace of a step, the workload's own or its twin's, that took too long."""
        self._note(contender, workload, tried.flop, tried.step_s)

    def flop_per_s(self, contender: Contender, workload: Workload) -> float | None:
        """The best speed in the earlier cases; None where none was alike."""
        known = [key for key in _keys(contender, workload) if key in self._flop_per_s]
        return self._flop_per_s[known[0]] if known else None

    def reason(self, contender: Contender, workload: Workload) -> str | None:
        """Why one step would take too long, judged by earlier cases, if so."""
        known = [key for key in _keys(contender, workload) if key in self._steady]
        pace = self._flop_per_s[known[0]] if known else None
        if not pace or workload.flop / pace <= self.step_limit_s:
            return None
        return (
            f"one step would take about {workload.flop / pace:.0f} s at the best speed of the "
            f"earlier cases; this preset allows {self.step_limit_s:g} s"
        )

    def _note(self, contender: Contender, workload: Workload, flop: int, step_s: float) -> None:
        kind, suite = _keys(contender, workload)
        for key in (kind, suite):
            self._flop_per_s[key] = max(self._flop_per_s.get(key, 0.0), flop / step_s)
        self._steady.update([kind, suite] if step_s >= STEADY_S else [kind])


def _keys(contender: Contender, workload: Workload) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The case's own kind of work, and its suite: of operations each has a pace of its own."""
    suite = (contender.id, workload.suite)
    own = (*suite, workload.name)
    return own, own if isinstance(workload, Operation) else suite


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
