"""What is looked at to decide whether answers are right, and the comparison that decides it.

`observe` and `observe_audit` run in the timed process; `compare` runs in the host, which alone
knows the expected values. NumPy and the standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from suites.data.arrays import Array, audited_steps
from suites.data.seeded_random import generator
from suites.verification import operation_checks, training_checks
from suites.verification.digests import digest, packed, some, unpacked
from suites.workload import (
    CHECKED_STEPS,
    Decode,
    Forward,
    Learn,
    Lifecycle,
    Operation,
    Product,
    Train,
    Workload,
    reduced_for_reference,
)

Observed = dict[str, Array]
Results = Mapping[str, Array]
Run = Callable[[], Results]
"""One finished step: its results on the host, in arrays that later steps cannot change."""

LEARNED = ("train_loss", "test_loss", "correct")
"""Curves over the epochs of learning."""

SAMPLED_ROWS = 32
"""Rows of a product that are compared element by element; a probe covers the others."""

SAMPLED_FLOP = 1e9
"""Of a forward pass as many samples are compared as this much work gives, two at least."""

KEPT_WEIGHTS = 2**25
"""Learned values that are kept whole, for an evaluation of them; of more none are."""


@dataclass(frozen=True)
class Check:
    """One comparison: error and limit where they are worst, or the problem that prevented it."""

    name: str
    error: float | None = None
    limit: float | None = None
    problem: str | None = None
    about: str = "answer"
    """`answer`, or `time` where it is the time that cannot be believed."""

    @property
    def passed(self) -> bool:
        """True only for a number within its limit."""
        return self.error is not None and self.limit is not None and self.error <= self.limit


def observe(workload: Workload, run: Run, weights: Results, seed: int) -> Observed:
    """Run the step as often as the checks before timing need, and keep what they compare."""
    match workload:
        case Product(generated=True):
            return _observe_generated(workload, run)
        case Train():
            found: Observed = {}
            for number in range(1, CHECKED_STEPS + 1):
                found |= _digests(run(), f"{number} ", seed)
            return found
    return _observe_one(workload, run(), seed)


def kept_steps(workload: Workload) -> tuple[int, ...]:
    """Which of an audit's steps have their results kept: one taken by chance, and the last. Of
    training that is too large for the reference the first, whose loss can be known."""
    steps = audited_steps(workload)
    if isinstance(workload, Train) and reduced_for_reference(workload) != workload:
        return (0, steps - 1)
    if workload.flop > SAMPLED_FLOP * 10:
        return (steps - 1,)
    drawn = int(generator(steps, "kept").random() * (steps - 1))
    return (drawn, steps - 1) if steps > 1 else (0,)


def observe_audit(
    workload: Workload, kept: Mapping[int, Results], weights: Results, seed: int
) -> Observed:
    """The same of an audit's kept steps, by their numbers. Of training's earlier ones the loss
    alone: a framework that updates in place has no other weights than the last."""
    found: Observed = {}
    for number, results in kept.items():
        if isinstance(workload, Train) and number != max(kept):
            results = {name: results[name] for name in ("loss",) if name in results}
        if number and isinstance(workload, Learn | Lifecycle):  # own data's: see `same_learning`
            results = {name: results[name] for name in LEARNED if name in results}
        observed = (
            _digests(results, "", seed)
            if isinstance(workload, Train)
            else _observe_one(workload, results, seed)
        )
        for key, array in observed.items():
            name, _, part = key.rpartition("|")
            found[f"{training_checks.audited(name, number)}|{part}"] = array
    return found


def same_learning(observed: Observed) -> bool:
    """Whether an audit's learning and that of its own data after it came to the same losses, to
    the last bit: then one of them is the other's, handed out again. Losses that never change, as
    those of a network without any output, tell nothing, nor do those beyond all numbers."""
    other, own = (training_checks.audited("", number) for number in (0, 1))
    curves = {
        name: array
        for name, array in observed.items()
        if name.startswith(LEARNED) and not name.endswith("|shape")
    }
    pairs = [
        (array, curves.get(name.replace(other, own)))
        for name, array in curves.items()
        if other in name
    ]
    losses = [value for name, array in curves.items() if "loss" in name for value in array.flat]
    if len(set(losses)) < 2 or not np.all(np.isfinite(losses)):
        return False
    return bool(pairs) and all(twin is not None and np.array_equal(a, twin) for a, twin in pairs)


def compared_names(workload: Workload) -> tuple[str, ...]:
    """Observed numbers in which all contenders must agree with one another: the losses of training
    that itself is too large for the reference."""
    return (
        ("loss",)
        if isinstance(workload, Train) and reduced_for_reference(workload) != workload
        else ()
    )


def observe_compared(workload: Workload, run: Run) -> Observed:
    """Those numbers."""
    if not compared_names(workload):
        return {}
    losses = [np.ravel(run().get("loss", np.nan))[0] for _ in range(CHECKED_STEPS)]
    return {"loss": np.asarray(losses)}


def sampled_rows(workload: Product, seed: int) -> Array:
    """Indices of the compared rows, taken by chance."""
    return some(workload.m, SAMPLED_ROWS, seed)


def sampled_samples(workload: Forward, seed: int) -> Array:
    """Indices of the samples whose outputs are compared, taken by chance where all are too many."""
    batch = workload.input_shape[0]
    return some(batch, max(2, int(SAMPLED_FLOP * batch // max(1, workload.flop))), seed)


def drawn_products(workload: Product) -> int:
    """How many products of drawn operands are looked at: fewer where each takes long."""
    return max(8, min(256, 10**7 // workload.k))


def compare(
    observed: Mapping[str, Array], expected: Mapping[str, Array], phase: str
) -> list[Check]:
    """A check for every value expected in this phase, `before` timing or `after` it (the audits);
    what was not observed fails."""
    entries = {
        key.removeprefix(f"{phase}/"): array
        for key, array in expected.items()
        if key.startswith(f"{phase}/")
    }
    wanted = unpacked(entries)
    got = training_checks.derived(unpacked(observed), wanted)
    return [
        _compare_one(name, got.get(name), want) for name, want in wanted.items() if "value" in want
    ]


def _compare_one(name: str, got: Mapping[str, Array] | None, want: Mapping[str, Array]) -> Check:
    """The worst of an array's parts; `name` is that of the array and of the part."""
    array, _, part = name.rpartition("/")
    if got is None:
        return Check(array, problem="missing from the step's results")
    if got["shape"].tolist() != want["shape"].tolist():
        problem = f"shape {got['shape'].tolist()}, expected {want['shape'].tolist()}"
        return Check(array, problem=problem)
    values, exact = got.get(part), want["value"]
    if values is None or values.shape != exact.shape:
        return Check(array, problem=f"its {part} are missing or misshapen")
    if not np.all(np.isfinite(values)):
        return Check(array, problem=f"{int(np.sum(~np.isfinite(values)))} values are not finite")
    errors = np.abs(values - exact)
    if not np.all(np.isfinite(errors)):
        return Check(array, problem="its distance from the expected value is not finite")
    pairs = []
    if "worst" in want:
        limits = np.broadcast_to(want["worst"], errors.shape)
        place = int(np.argmax(errors / limits))
        pairs.append((float(errors.flat[place]), float(limits.flat[place])))
    if "overall" in want:
        pairs.append((float(np.sqrt(np.mean(np.square(errors)))), float(want["overall"])))
    if "along" in want:
        pairs.append((along(values, exact), float(want["along"])))
    error, limit = max(pairs, key=lambda pair: pair[0] / pair[1])
    return Check(array, error, limit)


def along(values: Array, exact: Array) -> float:
    """The part of an error that has the exact array's direction, as a share of the array. Of what
    rounding does to single elements next to nothing is left there."""
    error, whole = np.asarray(values, np.float64) - exact, float(np.sum(np.square(exact)))
    return abs(float(np.sum(error * exact))) / whole if whole > 0 else math.inf


def _digests(results: Results, prefix: str, seed: int) -> Observed:
    found: Observed = {}
    for name, array in results.items():
        found |= packed(f"{prefix}{name}", digest(array, seed))
    return found


def _observe_one(workload: Workload, results: Results, seed: int) -> Observed:
    """Of one step's results."""
    match workload:
        case Product():
            return _observe_product(workload, results, seed)
        case Forward() if "output" in results:
            output = results["output"]
            shape = np.asarray(output.shape, np.int64)
            if output.shape[:1] == workload.input_shape[:1]:
                output = output[sampled_samples(workload, seed)]
            return packed("output", {**digest(output, seed), "shape": shape})
        case Operation():
            return operation_checks.observe(workload, results, seed)
        case Decode() if {"logits", "tokens"} <= results.keys():
            return _observe_decoded(results["logits"], results["tokens"], seed)
        case Learn() | Lifecycle():
            curves = (*LEARNED, "prediction")
            found = _digests({n: results[n] for n in curves if n in results}, "", seed)
            for name, array in results.items():
                if name not in curves and _few(results):
                    shape = np.asarray(array.shape, np.int64)
                    found |= packed(f"weights {name}", {"shape": shape, "all": array})
            return found
    return {}


def _observe_decoded(logits: Array, tokens: Array, seed: int) -> Observed:
    """All tokens, and the first step's logits apart: they depend on no token chosen before."""
    first = logits[:, :1] if logits.ndim == 3 else logits
    found = packed("logits", digest(logits, seed)) | packed("first", digest(first, seed))
    return found | {"tokens|all": tokens, "tokens|shape": np.asarray(tokens.shape, np.int64)}


def _few(results: Results) -> bool:
    return sum(array.size for array in results.values()) <= KEPT_WEIGHTS


def _observe_product(workload: Product, results: Results, seed: int) -> Observed:
    if "product" not in results:
        return {}
    product = results["product"]
    shape = np.asarray(product.shape, np.int64)
    if product.shape != (workload.m, workload.n):
        return packed("product", {"shape": shape})
    vector = training_checks.probe(workload.n, seed)
    blocks = np.array_split(product, max(1, product.nbytes >> 24))  # float64 copies stay small
    rows = product[sampled_rows(workload, seed)].astype(np.float64)
    probed = np.concatenate([block.astype(np.float64) @ vector for block in blocks])
    return packed("product", {"shape": shape, "rows": rows, "probe": probed})


def _observe_generated(workload: Product, run: Run) -> Observed:
    results = [run() for _ in range(drawn_products(workload))]
    if any("product" not in result for result in results):
        return {}
    values = np.array([np.ravel(result["product"]) for result in results], dtype=np.float64)
    repeated = 1 - len(np.unique(values)) / values.size
    mean = np.maximum(np.mean(np.square(values)) / workload.k, 1e-30)  # zeros are far off, not none
    numbers = {"mean square": np.log(mean), "repeated": repeated}
    return {
        key: array
        for name, number in numbers.items()
        for key, array in packed(name, digest(np.asarray(number), 0)).items()
    }
