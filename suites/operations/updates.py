"""An optimizer's update as an operation of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from suites.operations.operator import Operand, Operator, Result


@dataclass(frozen=True)
class AdamStep(Operator):
    """The first step of Adam (arXiv:1412.6980) on weights that lie in memory with their axes
    changed, as views of others' memory do: weight - lr gradient / (|gradient| + eps)."""

    rows: int
    columns: int

    lr: ClassVar[float] = 0.1
    betas: ClassVar[tuple[float, float]] = (0.9, 0.999)
    eps: ClassVar[float] = 1e-8

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {name: Operand((self.rows, self.columns)) for name in ("weight", "gradient")}

    @property
    def results(self) -> Mapping[str, Result]:
        return {"weight": Result((self.rows, self.columns))}

    @property
    def flop(self) -> int:
        """As `suites.workload.Adam` counts them."""
        return 12 * self.rows * self.columns
