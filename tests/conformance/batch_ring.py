"""Checks that a step goes round its batches, and begins again when its arrays are exchanged."""

import numpy as np

from frameworks.interface import parts
from frameworks.shared import lifecycle
from suites.data import arrays
from suites.workload import Forward, Lifecycle, Operation, Product

UNIT_ROUNDOFF = {"float32": 2**-24, "float16": 2**-11, "bfloat16": 2**-8}

ROUNDINGS = 32
"""Of an array's largest value, by which the same work in another order of its sums may differ."""


def built(adapter, workload, made):
    """The step, and how its arrays are exchanged."""
    if isinstance(workload, Lifecycle):
        return parts(lifecycle.build(adapter, workload, made))
    return parts(adapter.build(workload, made))


def finished(adapter, step):
    """One step's results on the host, copied."""
    results = step()
    adapter.wait([results])
    return {name: np.array(adapter.to_numpy(value)) for name, value in results.items()}


def off_the_ring(plan, workload, run):
    """A step's answer is that of no other batch, and comes again with its batch."""
    if not isinstance(workload, Product | Forward | Operation) or arrays.ring_of(workload) == 1:
        return ""
    *one_round, again = (run() for _ in range(arrays.ring_of(workload) + 1))
    same = [n for n, step in enumerate(one_round[1:], 1) if not differing(plan, one_round[0], step)]
    if same and plan["precision"] == "float32":  # in 16 bits two answers may lie that close
        return f"steps {same} after one gave its answer"
    if found := differing(plan, one_round[0], again):
        return f"a round after its first step: {found}"
    return ""


def of_a_second_build(adapter, plan, workload, first):
    """Checks of a build that begins with an audit's arrays, as (name, problem); `first` are the
    first two steps of the build before, with the arrays that are timed."""
    if getattr(workload, "generated", False):
        return
    weights = arrays.make(workload, plan["seed"]).weights
    step, reset = built(adapter, workload, arrays.audit(workload, plan["seed"], weights))
    if reset is None:
        yield "begins again", "build returned no reset"
        return

    def begun_again(others):
        swap = reset(others)
        finished(adapter, step)  # with those before, while the others lie beside them
        swap()
        begun = [finished(adapter, step) for _ in first]
        others.close()
        return begun

    fresh = [finished(adapter, step) for _ in range(len(first) + 1)][: len(first)]
    before = compiled(adapter)
    timed = begun_again(arrays.make(workload, plan["seed"], plan["drawn"]))
    audited = begun_again(arrays.audit(workload, plan["seed"], weights))
    after = compiled(adapter)
    yield "begins again", differing_steps(plan, workload, first, timed)
    yield "a second build starts afresh", differing_steps(plan, workload, audited, fresh)
    new = 0 if before is None or isinstance(workload, Lifecycle) else after - before
    yield "exchanging compiles nothing", f"it compiled {new} times" if new else ""


def compiled(adapter):
    """How often the process has compiled; None where nothing is compiled or none counts it."""
    return getattr(adapter, "compilations", lambda: None)()


def differing_steps(plan, workload, expected, got):
    """The first step that differs, and in what.

    Weights are left out where gradients are checked instead, as under Adam: where a gradient is
    next to nothing, rounding alone decides which way they go. What they do to the next step's loss
    and moments is seen there.
    """
    optimizer = getattr(workload, "optimizer", None)
    hidden = optimizer is not None and optimizer.checked_by == "gradients"
    for number, (one, other) in enumerate(zip(expected, got, strict=True), 1):
        seen = {n: a for n, a in one.items() if not hidden or n == "loss" or "|" in n}
        if found := differing(plan, seen, other):
            return f"step {number}: {found}"
    return ""


def differing(plan, expected, got):
    """The first of the expected arrays that `got` does not have within rounding."""
    for name, array in expected.items():
        if name not in got or got[name].shape != array.shape:
            return f"{name} is missing"
        limit = ROUNDINGS * UNIT_ROUNDOFF[plan["precision"]] * np.max(np.abs(array))
        error = np.max(np.abs(got[name] - array))
        if not error <= limit:
            return f"{name} differs by {error:.3g}, more than {limit:.3g}"
    return ""
