"""The same weights and data everywhere: what every workload begins with, from one seed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from suites.data import operands, sources
from suites.data.batch_loader import BatchLoader, prepared
from suites.data.seeded_random import UNIT_BOUND, frozen, generator, integers, uniform
from suites.layers import Shape, masks, parameters, vocabulary
from suites.operations import Operator
from suites.workload import Decode, Forward, Learn, Lifecycle, Operation, Product, Train, Workload

Array = npt.NDArray[Any]

RING = 4
"""Batches that the timed steps go round, as training does: no answer is that of the step before."""

RING_COMPARED = 64
"""The same of operations that compare values."""

RING_BYTES = 2**25
"""Of all of them together; two there are at least."""

AUDITED = 16
AUDITED_BYTES = 2**26
AUDITED_FLOP = 3e9
"""Fresh batches of an audit, at most, their bytes, and the work on them; two there are at least."""

AUDITED_SHORT = 64
SHORT_FLOP = 2e7
"""The same of products and forward passes of so little work that a GPU takes microseconds for it:
sixteen of them would hide behind one wait."""

Batch = Mapping[str, Array]


@dataclass(frozen=True)
class Arrays:
    """Read-only inputs and initial weights of one workload; adapters copy what they keep."""

    inputs: Batch
    """Of the first step."""
    weights: Mapping[str, Array]
    feed: BatchLoader | None = None
    """Where a step whose inputs do not lie on the device gets its batch."""
    ring: tuple[Batch, ...] = ()
    """What the steps go round, `inputs` first: of each the inputs that differ. Empty where all
    steps are alike: learning, and products whose operands are drawn."""

    def sha256(self) -> str:
        """Hash of every name, shape, type and byte, in order of name."""
        digest = hashlib.sha256()
        for name, array in sorted({**self.inputs, **self.weights}.items()):
            digest.update(f"{name} {array.dtype} {array.shape} ".encode())
            digest.update(np.ascontiguousarray(array).data)
        for batch in self.ring[1:]:
            for _, array in sorted(batch.items()):
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def batch(self) -> Batch:
        """The host arrays of one step, as the workload's `inputs` makes them: copied by adapters
        in every step unless they lie on the device."""
        return self.inputs if self.feed is None else {**self.inputs, **self.feed.take()}

    def close(self) -> None:
        """End what prepares batches in the background."""
        if self.feed is not None:
            self.feed.close()


def make(
    workload: Workload,
    seed: int,
    drawn: Sequence[int] = (),
    weights: Mapping[str, Array] | None = None,
) -> Arrays:
    """Inputs and weights of a workload: float32; labels and tokens int32.

    Product: `a` [m, k] and `b` [k, n], none if generated. Forward: `x`. Decode: `x`, each
    sample's first token. Train: `x`, `labels`
    [batch, ...] and the masks of active dropout by their paths. Learn: `x`, `labels`, `test_x`,
    `test_labels`; Lifecycle: those of its learning. Operation: its operator's inputs, and as
    weights what all of its steps share.
    `drawn` says of the first batch which samples of the seed's stream it holds: its first ones
    unless the reference has chosen others (its `chosen_samples`). `weights` are the same
    seed's where they have been drawn already.
    """
    match workload:
        case Product(generated=True):
            return Arrays({}, {})
        case Product() | Forward() | Train() | Operation() | Decode():
            return _going_round(workload, seed, "", ring_of(workload), drawn, weights)
        case Lifecycle():
            return make(workload.learn, seed)
        case Learn():
            return Arrays(sources.load(workload.data, seed), weights_of(workload, seed))


def audit(workload: Workload, seed: int, weights: Mapping[str, Array]) -> Arrays:
    """Inputs that no timed step has seen, as many batches as an audit takes steps, and the initial
    weights again. Learning: its data drawn from another seed, where it is drawn."""
    match workload:
        case Product() | Forward() | Train() | Operation() | Decode():
            return _going_round(workload, seed, "audit ", audited_steps(workload), (), weights)
        case Lifecycle():
            return audit(workload.learn, seed, weights)
        case Learn():
            return Arrays(sources.load(workload.data, seed + 1), weights)


def ring_of(workload: Workload) -> int:
    """How many batches the timed steps go round; 1 where all steps are alike."""
    if not isinstance(workload, Product | Forward | Train | Operation | Decode):
        return 1
    if isinstance(workload, Product) and workload.generated:
        return 1
    compares = isinstance(workload, Operation) and workload.operator.compares
    most = RING_COMPARED if compares else RING
    return max(2, min(most, RING_BYTES // batch_bytes(workload)))


def audited_steps(workload: Workload) -> int:
    """Steps of an audit, each with a batch of its own; 1 where all steps are alike."""
    if ring_of(workload) == 1:
        return 1
    assert isinstance(workload, Product | Forward | Train | Operation | Decode)
    short = workload.flop <= SHORT_FLOP and not isinstance(workload, Train)
    most = min(AUDITED_BYTES // batch_bytes(workload), AUDITED_FLOP // max(1, workload.flop))
    return max(2, min(AUDITED_SHORT if short else AUDITED, int(most)))


def batch_bytes(workload: Product | Forward | Train | Operation | Decode) -> int:
    """What a step has of its own, as it is made: of a product the left operand."""
    if isinstance(workload, Operation):
        return workload.input_bytes
    if isinstance(workload, Product):
        return 4 * workload.m * workload.k
    return 4 * batch_values(workload)


def batch_values(workload: Forward | Train | Decode) -> int:
    """Values of a batch that training needs for each sample: its own, masks, and targets."""
    values = math.prod(workload.input_shape)
    if isinstance(workload, Train):
        described = masks(workload.model, workload.input_shape).values()
        values += sum(math.prod(shape) for shape, _ in described)
        if workload.loss != "cross_entropy":
            values += math.prod(workload.model.output_shape(workload.input_shape))
    return values


def _going_round(
    workload: Product | Forward | Train | Operation | Decode,
    seed: int,
    stream: str,
    count: int,
    drawn: Sequence[int],
    weights: Mapping[str, Array] | None = None,
) -> Arrays:
    """`count` batches of the seed's stream of that name."""
    if isinstance(workload, Product):
        shape = (workload.m, workload.k)
        ring: tuple[Batch, ...] = tuple(
            {"a": uniform(seed, _numbered(f"{stream}a", i), shape, UNIT_BOUND)}
            for i in range(count)
        )
        b = uniform(seed, "b", (workload.k, workload.n), UNIT_BOUND)
        return Arrays({**ring[0], "b": b}, {}, ring=ring)
    if isinstance(workload, Operation):
        return _operands(workload.operator, seed, stream, count)
    weights = weights_of(workload, seed) if weights is None else weights
    ring = tuple(batch(workload, seed, () if i else drawn, stream, i) for i in range(count))
    if workload.inputs == "device":
        return Arrays(ring[0], weights, ring=ring)
    if workload.inputs == "host":
        return Arrays(ring[0], weights, BatchLoader(ring), ring)
    raws: list[Batch] = [
        {**made, "x": _raw(workload, seed, () if i else drawn, stream, i)}
        for i, made in enumerate(ring)
    ]
    feed = BatchLoader(raws, prepares=True, background=workload.inputs == "background")
    return Arrays(ring[0], weights, feed, ring)


def _operands(operator: Operator, seed: int, stream: str, count: int) -> Arrays:
    ring: tuple[Batch, ...] = tuple(
        operands.drawn(operator.inputs, seed, f"{stream}{i} " if i else stream)
        for i in range(count)
    )
    weights = operands.drawn(operator.weights, seed)
    return Arrays(ring[0], weights, BatchLoader(ring) if operator.from_host else None, ring)


def batch(
    workload: Forward | Train | Decode,
    seed: int,
    drawn: Sequence[int] = (),
    stream: str = "",
    number: int = 0,
) -> Batch:
    """One batch of the stream; samples other than its first where `drawn` names them."""
    if workload.inputs in ("loop", "background"):
        x = prepared(_raw(workload, seed, drawn, stream, number))
    else:
        x = _samples(workload, seed, _numbered(f"{stream}x", number), _taken(workload, drawn))
        x = x[list(drawn)] if drawn else x
    made: dict[str, Array] = {"x": frozen(x)}
    if isinstance(workload, Train):
        made["labels"] = _targets(workload, seed, _numbered(f"{stream}labels", number))
        for name, (shape, rate) in masks(workload.model, workload.input_shape).items():
            drawn_by = generator(seed, _numbered(f"{stream}{name}", number))
            made[name] = frozen((drawn_by.random(shape) >= rate).astype(np.float32))
    return made


def _targets(workload: Train, seed: int, name: str) -> Array:
    """What the loss holds the outputs against: classes, or a value for each of them."""
    shape = workload.model.output_shape(workload.input_shape)
    if workload.loss == "cross_entropy":
        return integers(seed, name, shape[:-1], workload.classes)
    if workload.loss == "bce":
        return frozen(integers(seed, name, shape, 2).astype(np.float32))
    return uniform(seed, name, shape, UNIT_BOUND)


def _raw(
    workload: Forward | Train | Decode, seed: int, drawn: Sequence[int], stream: str, number: int
) -> Array:
    """The bytes that a batch is prepared from."""
    name = _numbered(f"{stream}x", number)
    raw = (generator(seed, name).random(_taken(workload, drawn)) * 256).astype(np.uint8)
    return raw[list(drawn)] if drawn else raw


def _taken(workload: Forward | Train | Decode, drawn: Sequence[int]) -> Shape:
    """As many samples of a stream as reach to the last that is wanted."""
    shape = workload.input_shape
    return (max(drawn) + 1, *shape[1:]) if drawn else shape


def _samples(workload: Forward | Train | Decode, seed: int, name: str, shape: Shape) -> Array:
    tokens = vocabulary(workload.model, workload.input_shape)
    if tokens is not None:
        return integers(seed, name, shape, tokens)
    return uniform(seed, name, shape, UNIT_BOUND)


def _numbered(name: str, number: int) -> str:
    return f"{name} {number}" if number else name


def weights_of(workload: Forward | Train | Learn | Decode, seed: int) -> dict[str, Array]:
    """Initial weights and running averages by path."""
    return {
        path: uniform(seed, path, parameter.shape, parameter.bound, parameter.center)
        for path, parameter in parameters(workload.model, workload.input_shape).items()
    }


def rounded(array: Array, precision: str) -> Array:
    """The values as `precision` holds them (to nearest, ties to even), in float64; tokens stay."""
    if array.dtype.kind == "i":
        return array
    if precision == "bfloat16":
        bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
        even = (bits >> np.uint32(16)) & np.uint32(1)
        kept = (bits + np.uint32(0x7FFF) + even) & np.uint32(0xFFFF0000)
        return kept.view(np.float32).astype(np.float64)
    return array.astype(precision).astype(np.float64)


def single(array: Array) -> Array:
    """The values in float32; tokens stay."""
    return array if array.dtype.kind == "i" else array.astype(np.float32)
