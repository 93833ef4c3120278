"""Operators that move and compare values: gather, scatter, sort, the largest, right answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from suites.layers import Shape
from suites.operations.operator import Operand, Operator, Result, require_axis, require_sizes


@dataclass(frozen=True)
class Gather(Operator):
    """The rows of a table [rows, width] at so many indices, some of them more than once."""

    rows: int
    width: int
    count: int

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {"index": Operand((self.count,), below=self.rows)}

    @property
    def weights(self) -> Mapping[str, Operand]:
        return {"table": Operand((self.rows, self.width))}

    @property
    def results(self) -> Mapping[str, Result]:
        return {"output": Result((self.count, self.width))}

    @property
    def flop(self) -> int:
        return 0

    def traffic_bytes(self, itemsize: int) -> int:
        """Of a table larger than what is taken of it only that."""
        taken = min(self.rows, self.count) * self.width
        given = self.results["output"].values
        return self.inputs["index"].size_bytes(itemsize) + (taken + given) * itemsize


@dataclass(frozen=True)
class ScatterAdd(Operator):
    """A table [rows, width] of ones, with so many rows added to it at indices of which many are the
    same: every one of them counts."""

    rows: int
    width: int
    count: int

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {
            "index": Operand((self.count,), below=self.rows),
            "updates": Operand((self.count, self.width), center=1.0),
        }

    @property
    def weights(self) -> Mapping[str, Operand]:
        return {"table": Operand((self.rows, self.width), center=1.0, bound=0.5)}

    @property
    def results(self) -> Mapping[str, Result]:
        return {"output": Result((self.rows, self.width), by_row=False)}

    @property
    def flop(self) -> int:
        return self.count * self.width


@dataclass(frozen=True)
class Sort(Operator):
    """Values in rising order along an axis."""

    compares: ClassVar[bool] = True

    shape: Shape
    axis: int

    def __post_init__(self) -> None:
        require_sizes("Sort", self.shape, 1)
        require_axis("Sort", self.shape, self.axis, 0)

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {"x": Operand(self.shape)}

    @property
    def results(self) -> Mapping[str, Result]:
        return {"output": Result(self.shape, by_row=self.axis > 0)}

    @property
    def flop(self) -> int:
        """As many comparisons as tell one order of a row from all others: n log2 n."""
        return int(math.prod(self.shape) * math.log2(self.shape[self.axis]))


@dataclass(frozen=True)
class TopK(Operator):
    """The `k` largest values of every row, the last axis, in any order."""

    compares: ClassVar[bool] = True

    shape: Shape
    k: int

    def __post_init__(self) -> None:
        require_sizes("TopK", self.shape, 2)
        if not isinstance(self.k, int) or not 1 <= self.k <= self.shape[-1]:
            raise ValueError(
                f"TopK expects k from 1 to {self.shape[-1]}, the length of a row. "
                f"Received: {self.k!r}"
            )

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {"x": Operand(self.shape)}

    @property
    def results(self) -> Mapping[str, Result]:
        return {"output": Result((*self.shape[:-1], self.k), any_order=True)}

    @property
    def flop(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class ArgMax(Operator):
    """Where along an axis from 1 on the largest value is."""

    compares: ClassVar[bool] = True

    shape: Shape
    axis: int

    def __post_init__(self) -> None:
        require_sizes("ArgMax", self.shape, 2)
        require_axis("ArgMax", self.shape, self.axis, 1)
        if self.shape[self.axis] < 2:
            raise ValueError(
                f"ArgMax expects values to choose from along axis {self.axis}. "
                f"Received: {list(self.shape)}"
            )

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {"x": Operand(self.shape, peak_axis=self.axis)}

    @property
    def results(self) -> Mapping[str, Result]:
        kept = self.shape[: self.axis] + self.shape[self.axis + 1 :]
        return {"index": Result(kept, whole=True)}

    @property
    def flop(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class RightAnswers(Operator):
    """How many rows of logits [rows, classes] have their largest value where the label says, and
    where each has it: what an accuracy is worked out from."""

    compares: ClassVar[bool] = True

    rows: int
    classes: int

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {
            "logits": Operand((self.rows, self.classes), peak_axis=1),
            "labels": Operand((self.rows,), below=self.classes),
        }

    @property
    def results(self) -> Mapping[str, Result]:
        return {
            "right": Result((), by_row=False, whole=True),
            "predicted": Result((self.rows,), whole=True),
        }

    @property
    def flop(self) -> int:
        return self.rows * self.classes
