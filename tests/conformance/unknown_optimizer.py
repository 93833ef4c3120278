"""An optimizer that no adapter has heard of: refused by name, or its own formula is followed."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from frameworks.interface import Unsupported
from suites.data import arrays
from suites.layers import Linear
from suites.workload import SGD, Optimizer, Train
from tests.conformance.batch_ring import built, finished

RATE = 0.25


@dataclass(frozen=True)
class Falling(Optimizer):
    """Every weight falls by the rate, whatever its gradient."""

    flop_per_parameter: ClassVar[int] = 1
    checked_by: ClassVar = "changes"

    def update(self, weight, gradient, state, factors, xp):
        return weight - self.lr + 0 * gradient, ()


def followed(adapter):
    """Empty if the adapter keeps to one of the two; otherwise what it did."""
    model, known = Linear(3, 2), SGD(lr=RATE)
    workload = Train(suite="t", name="t", model=model, input_shape=(4, 3), optimizer=known)
    object.__setattr__(workload, "optimizer", Falling(lr=RATE))  # no workload takes it by itself
    made = arrays.make(workload, 0)
    try:
        step, _ = built(adapter, workload, made)
        results = finished(adapter, step)
    except Unsupported as reason:
        named = "Falling" in str(reason) or adapter.NAME == "numpy"  # which refuses all training
        return "" if named else f"its refusal does not name it: {reason}"
    off = [np.max(np.abs(w - RATE - results[path])) for path, w in made.weights.items()]
    return "" if max(off) < 1e-6 else "it was taken for another, without a word"
