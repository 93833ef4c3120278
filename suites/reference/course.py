"""Training steps on one batch, of which no more is kept than is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from suites.arrays import Array
from suites.reference import training
from suites.reference.doubt import Doubt, add_doubts
from suites.reference.kinks import Noted
from suites.reference.model import Float64, Pass, Weights, cross_entropy
from suites.workload import SGD, Train


@dataclass(frozen=True)
class Taken:
    """What is looked at: under SGD what became of the weights, under Adam, whose changes say little
    of its gradients, the gradients and running averages of the first step."""

    losses: Float64
    logits: Float64
    """Of the first step."""
    last_logits: Float64
    """Of the last step that is looked at."""
    after: Weights
    gradients: Weights


@dataclass
class Course:
    """Training on the batch x, labels. With an `error`, that of rounding, it finds on its way what
    the steps that are looked at depend on kinks."""

    workload: Train
    x: Array
    labels: Array
    error: float | None = None
    doubts: dict[str, Doubt] = field(default_factory=dict)
    """In the gradients of all steps that are looked at, by path."""

    def run(self, weights: Weights, count: int) -> Taken:
        """`count` steps from these weights, in the arithmetic they have."""
        if isinstance(self.workload.optimizer, SGD):
            return self._by_sgd(weights, count)
        return self._by_adam(weights, count)

    def _by_sgd(self, weights: Weights, count: int) -> Taken:
        state, losses, logits = training.State(self.workload.optimizer), [], []
        for _ in range(count):
            made = self._look(weights)
            losses.append(made.loss)
            logits.append(made.logits)
            weights = state.after(weights, made)
            del made  # its gradients would lie beside the next
        return Taken(np.array(losses), logits[0], logits[-1], weights, {})

    def _by_adam(self, weights: Weights, count: int) -> Taken:
        state, first = training.State(self.workload.optimizer), self._look(weights)
        losses, made = [first.loss], first
        for left in range(count - 1, 0, -1):
            weights = state.after(weights, made)
            if left > 1:
                made = training.passed(self.workload, weights, self.x, self.labels)
                losses.append(made.loss)
            else:  # of the last step only the loss is looked at
                logits = Pass(weights, training=True).apply(self.workload.model, self.x)
                losses.append(float(cross_entropy(logits, self.labels)))
        return Taken(np.array(losses), first.logits, first.logits, first.averages, first.gradients)

    def _look(self, weights: Weights) -> training.Passed:
        """A pass whose doubts are added up before weights are made of it: so less is held."""
        noted = None if self.error is None else Noted(self.error, len(self.x))
        made = training.passed(self.workload, weights, self.x, self.labels, noted)
        if noted:
            add_doubts(self.doubts, self.workload, weights, self.x, self.labels, noted)
        return made
