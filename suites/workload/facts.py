"""Facts of a workload that reports need and its name does not tell: derived, never stated."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers import ConvTranspose2d, Embedding, Shape, walk
from suites.layers.convolution import Convolution
from suites.layers.tree import Layer
from suites.operations import Backward
from suites.workload.decoding import Decode
from suites.workload.learning import Learn, Lifecycle
from suites.workload.operation import Operation
from suites.workload.reduced import Workload
from suites.workload.steps import Forward, Product, Train


@dataclass(frozen=True)
class Facts:
    """What a record says of a case beside its cost."""

    work_kind: str
    """`matrix product`, `inner product`, `forward`, `training`, `lifecycle`, `operation` or
    `decoding`."""
    size_of: str
    """What the size counts: `n`, `batch`, `samples`, `parameters`, `values` or `tokens`."""
    convolutions: bool | None
    """Whether the model convolves, which may be done in fewer operations than are counted. None
    where it has layers that are not ours, of which that is not known."""
    host_work: bool
    """Whether a step holds work of the CPU by intention, on any device: batches that come from the
    host or are prepared by it, a model that is compiled anew."""
    tokens: int | None = None
    """Tokens that a step reads or, in decoding, writes. None of work that is not with sequences of
    tokens."""


def facts_of(workload: Workload) -> Facts:
    """The facts of any workload, by its kind, its model and where its inputs come from."""
    match workload:
        case Product():
            inner = workload.m == workload.n == 1
            return Facts("inner product" if inner else "matrix product", "n", False, False)
        case Forward():
            host = workload.inputs != "device"
            convolutions = _convolutions(workload.model, workload.input_shape)
            tokens = _tokens(workload.model, workload.input_shape)
            return Facts("forward", "batch", convolutions, host, tokens)
        case Decode():
            convolutions = _convolutions(workload.model, workload.input_shape)
            return Facts("decoding", "tokens", convolutions, False, workload.batch * workload.steps)
        case Train() | Learn():
            host = workload.inputs != "device"
            convolutions = _convolutions(workload.model, workload.input_shape)
            once = isinstance(workload, Train)  # learning counts samples
            tokens = _tokens(workload.model, workload.input_shape) if once else None
            return Facts("training", workload.sized_by, convolutions, host, tokens)
        case Lifecycle():
            learn = facts_of(workload.learn)
            return Facts("lifecycle", learn.size_of, learn.convolutions, host_work=True)
        case Operation(operator=Backward() as operator):
            return Facts(
                "operation", "values", _convolutions(operator.layer, operator.shape), False
            )
        case Operation():
            return Facts("operation", "values", False, workload.operator.from_host)


def _convolutions(model: Layer, shape: Shape) -> bool | None:
    layers = [node.layer for node in walk(model, shape)]
    if any(isinstance(layer, Convolution | ConvTranspose2d) for layer in layers):
        return True
    ours = all(type(layer).__module__.startswith("suites.layers.") for layer in layers)
    return False if ours else None


def _tokens(model: Layer, shape: Shape) -> int | None:
    """Places of a sequence that an embedding reads as they come in: all of the batch."""
    reads = any(
        isinstance(node.layer, Embedding) and node.input == shape for node in walk(model, shape)
    )
    return math.prod(shape) if reads and len(shape) == 2 else None
