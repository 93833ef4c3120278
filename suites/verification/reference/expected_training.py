"""What is expected of training steps: exact losses, changes and gradients, and their limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from suites.data import arrays
from suites.data.arrays import Array, Arrays, Batch
from suites.layers import cost
from suites.verification import checks
from suites.verification.digests import Digest, digest
from suites.verification.reference import chosen_samples, limits, taken_steps, training
from suites.verification.reference.expected import Expected
from suites.verification.reference.meanings.arithmetic import (
    UNIT_ROUNDOFF,
    Exact,
    Honest,
    TensorFloat,
    rms,
)
from suites.verification.reference.meanings.mixed import Mixed
from suites.verification.reference.meanings.model import Weights
from suites.verification.reference.taken_steps import Taken
from suites.verification.training_checks import (
    LATER,
    RATES,
    audited,
    change_name,
    gradient_name,
    later_change_name,
    rates,
    rule_name,
    rule_values,
    start_name,
    update_name,
)
from suites.workload import CHECKED_STEPS, Optimizer, Train

DRAWS, LIGHT_FLOP, FEW_DRAWS = 6, 2e8, 4
"""Honest solutions of the first step, of one up to LIGHT_FLOP and of a larger one: in an array of
two elements one alone may be right by luck. And honest courses of an audit, of one up to
`arrays.AUDITED_FLOP` and of a dearer one: most keep together where a few part. Even, since kinks
are decided in pairs."""

FOLLOWED = 2
"""Of them are followed through the next steps, of which the losses are looked at; of light work in
16 bits all, since there kinks lead one course in a few elsewhere."""

LARGE = 2**22
"""Parameters of a large model."""

LOSS_FLOP = 3e10
"""Of a forward pass that is worked out for its loss alone."""

COARSE = {"changes": 2.0**-10, "gradients": 2.0**-6}
"""Of a change over several steps: no course is held to less, for kinks may fall to either side. By
what is checked of the optimizer: one that divides by the gradient's own size turns an element's
step around where the gradient is next to nothing and a kink falls to the other side."""

COARSE_LOSS = 2.0**-10
"""Of the range that losses went through up to a step: its loss is held to no less, since the
weights it is of have taken a course."""


def solve_training(workload: Train, precision: str, seed: int, timed: Train) -> Expected:
    """Losses, and changes or gradients, of the first steps and of an audit. Where the work
    that is `timed` is larger than this twin of it, of its audit one loss alone."""
    weights, result = arrays.weights_of(workload, seed), Expected()
    drawn = chosen_samples.samples(workload, weights, seed)
    result.keep("drawn", np.asarray(drawn, np.int64))
    made = arrays.make(workload, seed, drawn, weights)
    made.close()
    start = {path: digest(weight, seed) for path, weight in weights.items()}
    for path, kept in start.items():
        for part, array in kept.items():
            for phase in ("before", "after"):
                result.keep(f"{phase}/{start_name(path)}|{part}", array)
    if workload.optimizer.slots:
        result.keep(f"before/{rule_name(workload.optimizer)}|all", rule_values(workload.optimizer))
        result.keep(f"before/{RATES}|all", rates(workload.optimizer))
    large = cost.parameter_count(workload.model, workload.input_shape) > LARGE
    steps = 1 if large else CHECKED_STEPS
    ring = [made.ring[number % len(made.ring)] for number in range(steps)]
    twin = timed.input_shape != workload.input_shape
    rule = workload.optimizer
    # An audit of the same shape has a course of its own.
    course = twin and steps > 1 and rule.checked_by == "changes" and bool(rule.slots)
    _add_first_steps(result, workload, weights, ring, start, precision, seed, course=course)
    audit = arrays.audit(timed, seed, weights)
    audit.close()
    if twin:
        _add_loss(result, timed, weights, audit)
    else:
        _add_audit(result, workload, weights, audit.ring, start, precision, seed)
    return result


def _add_loss(result: Expected, workload: Train, weights: Weights, audit: Arrays) -> None:
    """The loss of the audit's first step: in float32, whose own error is a small part of the limit,
    which is that of the smaller twin's."""
    relative = result.entries.get("agree/loss")
    if relative is None or cost.forward_flop(workload.model, workload.input_shape) > LOSS_FLOP:
        return
    loss = training.loss_of(workload, weights, audit.ring[0])
    none = np.asarray([], np.int64)
    limit = limits.Limit(float(relative[0]) * abs(loss), None)
    result.put(f"after/{audited('loss', 0)}/all", none, np.asarray(loss), limit)


def _add_first_steps(
    result: Expected,
    workload: Train,
    weights: Weights,
    ring: Sequence[Batch],
    start: Mapping[str, Digest],
    precision: str,
    seed: int,
    *,
    course: bool,
) -> None:
    """With a `course`, the changes by the second step too: only they show what the optimizer does
    with what it kept of the first."""
    draws = DRAWS if workload.flop <= LIGHT_FLOP else FEW_DRAWS
    wanted = {0, LATER - 1} if course else {0}
    exact = taken_steps.take(workload, weights, ring, Exact(), wanted, seed)
    followed = draws if precision != "float32" and draws == DRAWS else FOLLOWED
    ways = [honestly(precision, n) for n in range(draws)]
    honest = [
        taken_steps.take(workload, weights, ring[: None if n < followed else 1], way, wanted, seed)
        for n, way in enumerate(ways)
    ]
    # In 16 bits rounding leaves no room for a smaller lie than those that limits know.
    narrower = [TensorFloat()] if precision == "float32" else []
    lies = [taken_steps.take(workload, weights, ring[:1], each, {0}, seed) for each in narrower]
    rule, learned = workload.optimizer, training.learned(workload)
    coarse = _coarse(rule, precision)
    far = [_farthest(exact, honest, number, precision) for number in range(len(exact.losses))]
    losses = list(_loss_limits(exact.losses, far, lies))
    result.put_each("before", "loss", np.array(exact.losses), losses, CHECKED_STEPS)
    _add_agreement(result, exact.losses, far)
    if course:
        paths = {path: kept for path, kept in start.items() if path in learned}
        courses = [exact, *honest[:followed]]
        _add_course(result, "before", later_change_name, courses, paths, coarse)
    for path, kept in start.items():
        if rule.checked_by == "changes" or path not in learned:
            changes = [
                taken_steps.changed(each, path, kept, rule, n > 0)
                for n, each in enumerate((exact, *honest, *lies))
            ]
            result.add("before", change_name(path), *_sorted(changes, draws))
        else:
            seen = [
                taken_steps.gradient_taken(
                    rule, each.gradients[path], kept, narrow=n % 2 == 1 and n <= draws
                )
                for n, each in enumerate((exact, *honest, *lies))
            ]
            result.add("before", gradient_name(path), *_sorted(seen, draws))
            if not all(map(taken_steps.fits, seen)):
                continue
        # A step that overflows is left out, which no rule says.
        if rule.slots and path in learned and not any(way.may_overflow for way in ways):
            none = np.asarray([], np.int64)
            limit = limits.Limit(1.0, None)
            result.put(f"before/{update_name(path)}/all", none, np.asarray(0.0), limit)


def _add_audit(
    result: Expected,
    workload: Train,
    weights: Weights,
    ring: Sequence[Batch],
    start: Mapping[str, Digest],
    precision: str,
    seed: int,
) -> None:
    """Coarse, since kinks after the first step may fall to either side, and one that does leads
    elsewhere: the smallest lie is that the last step was left out."""
    steps = {len(ring) - 2, len(ring) - 1}
    exact = taken_steps.take(workload, weights, ring, Exact(), steps, seed)
    draws = DRAWS if len(ring) * workload.flop <= arrays.AUDITED_FLOP else FEW_DRAWS
    honest = [
        taken_steps.take(workload, weights, ring, honestly(precision, n), steps, seed)
        for n in range(draws)
    ]
    coarse, none = _coarse(workload.optimizer, precision), np.asarray([], np.int64)
    for step in checks.kept_steps(workload):
        before = exact.losses[step - 1] if step else exact.losses[step]
        loss = exact.losses[step]
        far = _farthest(exact, honest, step, precision)
        most = limits.middle(far, [abs(before - loss)], abs(loss))
        if most is not None:
            name = audited("loss", step)
            result.put(f"after/{name}/all", none, np.asarray(loss), limits.Limit(most, None))

    def named(path: str) -> str:
        return audited(change_name(path), len(ring) - 1)

    _add_course(result, "after", named, [exact, *honest], start, coarse)


def _coarse(rule: Optimizer, precision: str) -> float:
    return max(COARSE[rule.checked_by], 4 * _own_roundoff(precision))


def _add_course(
    result: Expected,
    phase: str,
    named: Callable[[str], str],
    solutions: Sequence[Taken],
    start: Mapping[str, Digest],
    coarse: float,
) -> None:
    """The changes of these weights up to the last step of which they were kept; the exact solution
    comes first."""
    exact = solutions[0]
    for path, kept in start.items():
        changes = [taken_steps.change(each.after[-1][path], kept) for each in solutions]
        lie = taken_steps.change(exact.after[0][path], kept)
        for part, value in changes[0].items():
            if part != "shape":
                most = _course(coarse, [each[part] for each in changes], lie[part])
                if most is not None:
                    key = f"{phase}/{named(path)}/{part}"
                    result.put(key, kept["shape"], value, limits.Limit(None, most))


def _course(coarse: float, changes: Sequence[Array], lie: Array) -> float | None:
    """The limit over all elements: a single one may go astray. Where no honest course strayed
    beyond what is coarse, nothing learned at all is told at least."""
    exact, *honest = changes
    far = max(limits.Distance.between(each, exact).overall for each in honest)
    size, lied = rms(exact), limits.Distance.between(lie, exact).overall
    lies = [lied, size] if far <= coarse * size else [lied]
    return limits.middle(max(far, coarse * size), lies, size)


def _sorted(
    seen: Sequence[Digest], draws: int
) -> tuple[Digest, Sequence[Digest], Sequence[Digest]]:
    """The exact one, the honest ones, and what comes after them."""
    return seen[0], seen[1 : 1 + draws], seen[1 + draws :]


def _loss_limits(
    losses: Sequence[float], far: Sequence[float], lies: Sequence[Taken]
) -> Iterator[float]:
    """Of each step's loss, up to the first of which nothing can be told."""
    for number, loss in enumerate(losses):
        lied = [abs(each - loss) for lie in lies for each in lie.losses[number : number + 1]]
        most = limits.middle(far[number], lied, abs(loss))
        if most is None:
            return
        yield most


def _add_agreement(result: Expected, losses: Sequence[float], far: Sequence[float]) -> None:
    """How far, relative to its size, each loss may lie from a right answer, where contenders are
    held against one another because the timed work is too large for the reference."""
    relative = [
        most / abs(loss) for loss, most in zip(losses, _loss_limits(losses, far, ()), strict=False)
    ]
    if relative:
        result.keep("agree/loss", np.array(relative))


def _farthest(exact: Taken, honest: Sequence[Taken], number: int, precision: str) -> float:
    """How far the loss of that step is from the exact one, in the solutions followed so far, and at
    least what its course leaves open; a single number, so that all may come near by luck: some
    recipes round it to 16 bits at the end."""
    loss = exact.losses[number]
    far = [abs(each.losses[number] - loss) for each in honest if number < len(each.losses)]
    led = COARSE_LOSS * float(np.ptp(exact.losses[: number + 1]))
    return max(*far, led, _own_roundoff(precision) * abs(loss))


def _own_roundoff(precision: str) -> float:
    """Of a 16-bit type; nothing of float32, of which `limits` knows."""
    return 0.0 if precision == "float32" else UNIT_ROUNDOFF[precision]


def honestly(precision: str, draw: int) -> Honest:
    """All training is done in float32, or in 16 bits beside it."""
    return Honest("float32", draw) if precision == "float32" else Mixed(precision, draw)
