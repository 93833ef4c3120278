"""One operation of arrays as a workload, whose results are always computed and checked."""

from __future__ import annotations

from dataclasses import dataclass

from suites.operations import OPERATORS, Operator
from suites.workload.steps import ITEMSIZE


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One step is one operator, of inputs that the next step does not have; the results are those
    that the operator names. Raises ValueError for an operator of which nothing is known."""

    suite: str
    name: str
    operator: Operator

    def __post_init__(self) -> None:
        if type(self.operator) not in OPERATORS:
            known = ", ".join(sorted(kind.__name__ for kind in OPERATORS))
            raise ValueError(
                f"an operation expects an operator of suites.operations: {known}. "
                f"Received: {self.operator!r}"
            )

    @property
    def case(self) -> str:
        return f"{self.suite}/{self.name}/{self.size}"

    @property
    def size(self) -> int:
        """Values that it takes anew in every step."""
        return sum(each.values for each in self.operator.inputs.values())

    @property
    def flop(self) -> int:
        return self.operator.flop

    @property
    def input_bytes(self) -> int:
        """Of one step's inputs, as they are made."""
        return sum(each.size_bytes(4) for each in self.operator.inputs.values())

    @property
    def weight_bytes(self) -> int:
        """Of what all steps share, as it is made."""
        return sum(each.size_bytes(4) for each in self.operator.weights.values())

    @property
    def output_bytes(self) -> int:
        """Of all results on the host."""
        return sum(4 * each.values for each in self.operator.results.values())

    def traffic_bytes(self, precision: str) -> int:
        return self.operator.traffic_bytes(ITEMSIZE[precision])

    def needed_bytes(self, precision: str) -> int:
        """Memory one contender takes: inputs as made and as placed, results of the step under way
        beside those still held, and as much again as the larger for a kernel's room."""
        taken = 2 * (self.input_bytes + self.weight_bytes)
        return taken + 2 * self.output_bytes + max(self.input_bytes, self.output_bytes)
