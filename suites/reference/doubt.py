"""How far kinks, whose side rounding decides, may rightly carry a gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suites import arrays, tolerance
from suites.arrays import Array
from suites.layers import BatchNorm, walk
from suites.reference import training
from suites.reference.kinks import Noted, Shifted
from suites.reference.model import Float64, Weights
from suites.workload import Train


@dataclass
class Doubt:
    """By how much one gradient depends on kinks whose side rounding decides."""

    reach: Any = 0.0
    """Of each element, or of any."""
    overall: float = 0.0
    """Root mean square over the array."""

    def add(self, apart: Float64, *, alone: bool) -> None:
        """The effect of one group's kinks; several may cancel in some element."""
        self.reach = self.reach + (apart if alone else np.max(apart))
        self.overall += tolerance.rms(apart)


def add_doubts(
    total: dict[str, Doubt],
    workload: Train,
    weights: Weights,
    x: Array,
    labels: Array,
    noted: Noted,
) -> None:
    """Add by how much each gradient at these weights depends on the kinks noted in their pass.

    A group of samples that influence one another (one sample, or with BatchNorm the batch) is
    solved with all its doubtful kinks on one side, then on the other. The differences of groups
    add up without cancelling. Within a group of several doubtful kinks they may cancel in some
    element: there the largest of the array stands for all. float32 will do: its own rounding is in
    these differences, never out of them, and less than what limits allow for it anyway.
    """
    groups = [group for group in _groups(workload, len(x)) if noted.doubtful[group].any()]
    if not groups:
        return
    weights, x = {path: arrays.single(weight) for path, weight in weights.items()}, arrays.single(x)
    for group in groups:
        low, high = (
            training.passed(
                workload, weights, x[group], labels[group], Shifted(noted.margins, sign)
            ).gradients
            for sign in (-1, 1)
        )
        share, alone = len(x[group]) / len(x), int(noted.doubtful[group].sum()) == 1
        for path in list(low):
            apart = np.abs(high.pop(path) - low.pop(path)) * share
            total.setdefault(path, Doubt()).add(apart, alone=alone)


def _groups(workload: Train, batch: int) -> Sequence[slice]:
    nodes = walk(workload.model, workload.input_shape)
    if any(isinstance(node.layer, BatchNorm) for node in nodes):
        return [slice(0, batch)]
    return [slice(index, index + 1) for index in range(batch)]
