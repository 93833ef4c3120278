"""What every operator says of itself: what it takes, what it gives, and what that costs."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from suites.layers import Shape

INDEX_BYTES = 4
"""Of an index, in every precision."""


@dataclass(frozen=True)
class Operand:
    """An array that an operator takes, and how its values are drawn: even round `center`, of
    variance 1 where no `bound` is given."""

    shape: Shape
    center: float = 0.0
    bound: float | None = None
    below: int | None = None
    """The values are int32, from 0 to below this."""
    peak_axis: int | None = None
    """Along this axis one value, at a place left to chance, is 2 and the largest by far."""

    @property
    def values(self) -> int:
        return math.prod(self.shape)

    def size_bytes(self, itemsize: int) -> int:
        return self.values * (itemsize if self.below is None else INDEX_BYTES)


@dataclass(frozen=True)
class Result:
    """An array that an operator gives."""

    shape: Shape
    by_row: bool = True
    """Whether its first axis is that of the inputs, and each place there needs its own place of
    them alone. If not, the order of the inputs along their first axes changes nothing in it."""
    whole: bool = False
    """Whether it holds indices or counts, which are right or wrong."""
    any_order: bool = False
    """Whether frameworks may differ in the order of its last axis: it is compared sorted."""

    @property
    def values(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Operator(ABC):
    """One operation. Its `inputs` are others in every step, and all have one first axis, along
    which their order may be changed together; its `weights` are the same in all steps."""

    definition_kind: ClassVar[str]
    from_host: ClassVar[bool] = False
    """Whether a step begins with arrays that lie on the host."""
    compares: ClassVar[bool] = False
    """Whether values decide what is done with others: a processor learns how the comparisons of a
    few batches end, and is twice as fast with them as with new ones."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "definition_kind" not in vars(cls):  # layers have some of the same names
            cls.definition_kind = f"{cls.__name__} operation"

    def __post_init__(self) -> None:
        name = type(self).__name__
        for taken in self.inputs.values():
            require_sizes(name, taken.shape, 1)
        shapes = [each.shape for each in self.weights.values()]
        for shape in (*shapes, *(each.shape for each in self.results.values())):
            require_sizes(name, shape)

    @property
    @abstractmethod
    def inputs(self) -> Mapping[str, Operand]:
        """What is another array in every step, by name."""

    @property
    def weights(self) -> Mapping[str, Operand]:
        """What all steps share, by name."""
        return {}

    @property
    @abstractmethod
    def results(self) -> Mapping[str, Result]:
        """What a step returns, by name."""

    @property
    @abstractmethod
    def flop(self) -> int:
        """Floating-point operations, comparisons among them as in a ReLU; moves are none."""

    def traffic_bytes(self, itemsize: int) -> int:
        """Compulsory traffic: what is taken and given, once each."""
        taken = (*self.inputs.values(), *self.weights.values())
        given = sum(
            each.values * (INDEX_BYTES if each.whole else itemsize)
            for each in self.results.values()
        )
        return sum(each.size_bytes(itemsize) for each in taken) + given


def require_sizes(name: str, shape: object, axes: int = 0) -> None:
    """Raises ValueError for what is no tuple of sizes above 0, or of too few of them."""
    whole = isinstance(shape, tuple) and all(_is_size(size) for size in shape)
    if not whole or len(shape) < axes:  # type: ignore[arg-type]
        least = f" of at least {axes}" if axes else ""
        raise ValueError(f"{name} expects a tuple{least} of sizes above 0. Received: {shape!r}")


def require_axis(name: str, shape: Shape, axis: object, least: int) -> None:
    """Raises ValueError for an axis that the shape does not have, counted from 0, or one before
    `least`."""
    if not isinstance(axis, int) or isinstance(axis, bool) or not least <= axis < len(shape):
        raise ValueError(
            f"{name} expects an axis from {least} to {len(shape) - 1}, of {list(shape)}. "
            f"Received: {axis!r}"
        )


def _is_size(size: object) -> bool:
    return isinstance(size, int) and not isinstance(size, bool) and size > 0
