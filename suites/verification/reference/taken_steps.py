"""What is kept of training steps in one arithmetic, and what they say of gradients and changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from suites.data.arrays import Array, Batch
from suites.verification.digests import Digest, digest, parts
from suites.verification.reference import training
from suites.verification.reference.meanings.arithmetic import UNIFORM, UNIT_ROUNDOFF, Exact, rms
from suites.verification.reference.meanings.model import Weights
from suites.workload import Optimizer, Train

ROOT = float(np.sqrt(np.finfo(np.float32).max))
"""What is larger has no square in float32."""


@dataclass(frozen=True)
class Taken:
    """Digests of what training steps returned in one arithmetic."""

    losses: list[float]
    after: list[dict[str, Digest]]
    """Weights by path, of the steps that were asked for."""
    gradients: dict[str, Digest]
    """Of the first step."""


def take(
    workload: Train,
    weights: Weights,
    batches: Sequence[Batch],
    arithmetic: Exact,
    wanted: set[int],
    seed: int,
) -> Taken:
    """A step on each batch, of which only digests stay: a model's weights may fill much of the
    memory. Where nothing is asked of the weights after the last step, they are not worked out."""
    kind, taken = arithmetic.dtype, Taken([], [], {})
    by_gradients = workload.optimizer.checked_by == "gradients"
    state = training.State(workload.optimizer, arithmetic)
    current: Weights = {path: weight.astype(kind, copy=False) for path, weight in weights.items()}
    for number, batch in enumerate(batches):
        made = training.passed(workload, current, training.in_arithmetic(batch, kind), arithmetic)
        taken.losses.append(made.loss)
        if number == 0 and (by_gradients or len(batches) == 1):
            taken.gradients.update({p: digest(g, seed) for p, g in made.gradients.items()})
        if number in wanted and len(batches) == 1:
            taken.after.append({path: digest(a, seed) for path, a in made.averages.items()})
        elif number in wanted or number + 1 < len(batches):
            current = state.after(current, made)
            if number in wanted:
                taken.after.append({path: digest(w, seed) for path, w in current.items()})
        del made
    return taken


def gradient_taken(
    rule: Optimizer, gradient: Digest, start: Digest, *, narrow: bool = False
) -> dict[str, Array]:
    """The gradient as the rule goes by it, of what its state will show; in a `narrow` framework,
    which has the rule's share in float32 (TensorFlow's `ApplyAdam`)."""
    kept = rule.kept_share
    times = (1 - np.float64(np.float32(kept))) / (1 - kept) if narrow else 1.0
    return {
        part: array if part == "shape" else times * rule.taken(start[part], array)
        for part, array in gradient.items()
        if part != "sums" or rule.shows_sums
    }


def fits(gradient: Digest) -> bool:
    """Whether a second moment holds the gradient's square: beyond float32 no formula holds."""
    return all(np.max(np.abs(each), initial=0.0) < ROOT for each in parts(gradient).values())


def changed(
    taken: Taken, path: str, start: Digest, rule: Optimizer, rounds: bool
) -> dict[str, Array]:
    """The first step's change. Where only the gradient was digested, since the model is large, from
    that and the weight, in both of which the rule is linear: with `rounds` the new weights are
    rounded to float32, as they are stored."""
    if path in taken.after[0]:
        return change(taken.after[0][path], start)
    found = {}
    for part, array in taken.gradients[path].items():
        kept = start[part]
        state = (np.zeros_like(array),) * len(rule.slots)
        step = rule.update(kept, array, state, rule.factors(np.float64(1), np), np)[0] - kept
        if part != "shape" and rounds:
            if part == "sums":  # so many roundings add up like standard deviations, as weights do
                lost = UNIFORM * UNIT_ROUNDOFF["float32"] * rms(kept)
                step = step + lost * np.random.default_rng(0).standard_normal(kept.shape)
            else:
                step = (kept + step).astype(np.float32).astype(np.float64) - kept
        found[part] = array if part == "shape" else step
    return found


def change(after: Digest, start: Digest) -> dict[str, Array]:
    return {
        part: array if part == "shape" else array - start[part] for part, array in after.items()
    }
