"""What is looked at to decide whether answers are right, and the comparison that decides it.

`observe` runs in the timed process on the timed step; `compare` holds the result against values
and limits that the reference wrote to an .npz file. NumPy and the standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from suites.arrays import Array
from suites.draws import signs
from suites.training_checks import observe_training
from suites.workload import (
    CHECKED_FLOP,
    CHECKED_STEPS,
    Forward,
    Learn,
    Lifecycle,
    Product,
    Train,
    Workload,
)

Observed = dict[str, Array]
Run = Callable[[], Mapping[str, Array]]
"""One finished step: its results on the host, in arrays that later steps cannot change."""

LEARNED = ("train_loss", "test_loss", "correct")
"""Curves over the epochs of learning."""

SAMPLED_ROWS = 64
"""Rows of a large product that are compared element by element; the probe covers the others."""


@dataclass(frozen=True)
class Check:
    """One comparison: error and limit at the worst element, or the problem that prevented it."""

    name: str
    error: float | None = None
    limit: float | None = None
    problem: str | None = None

    @property
    def passed(self) -> bool:
        """True only for a number within its limit."""
        return self.error is not None and self.limit is not None and self.error <= self.limit


def observe(workload: Workload, run: Run, weights: Mapping[str, Array], seed: int) -> Observed:
    """Run the step as often as the workload's checks need and return what they compare.

    `weights` are those the step starts from; only training looks at them.
    """
    match workload:
        case Product(generated=True):
            return _observe_generated(workload, run)
        case Product():
            return _observe_product(workload, run, seed)
        case Forward():
            return _observe_forward(workload, run)
        case Train():
            return observe_training(workload, run, weights, CHECKED_STEPS, taken=0)
        case Learn() | Lifecycle():
            results = run()
            return {name: results[name] for name in (*LEARNED, "prediction") if name in results}


def compared_names(workload: Workload) -> tuple[str, ...]:
    """Observed numbers in which all contenders must agree with one another."""
    match workload:
        case Train():
            return ("loss",)
        case Learn() | Lifecycle():
            return LEARNED
    return ()


def observe_compared(workload: Workload, run: Run) -> Observed:
    """The same numbers of a workload that itself is too large for the reference."""
    if isinstance(workload, Train):
        losses = [np.ravel(run().get("loss", np.nan))[0] for _ in range(CHECKED_STEPS)]
        return {"loss": np.asarray(losses)}
    return {name: array for name, array in run().items() if name in LEARNED}


def complete(workload: Workload, compared: Observed) -> list[Check]:
    """A failed check for each of these numbers that is missing, misshapen or not finite."""
    found, length = [], CHECKED_STEPS
    if isinstance(workload, Learn | Lifecycle):
        length = (workload.learn if isinstance(workload, Lifecycle) else workload).epochs
    for name in compared_names(workload):
        got = compared.get(name)
        if got is None:
            problem = "missing from the step's results"
        elif got.shape != (length,):
            problem = f"shape {list(got.shape)}, expected {[length]}"
        elif not np.all(np.isfinite(got)):
            problem = "values are not finite"
        else:
            continue
        found.append(Check(f"{name} at the timed shape", problem=problem))
    return found


def sampled_rows(workload: Product) -> npt.NDArray[np.int64]:
    """Indices of the compared rows, evenly spread, first and last among them."""
    count = min(workload.m, SAMPLED_ROWS)
    return np.linspace(0, workload.m - 1, count).astype(np.int64)


def probe(workload: Product, seed: int) -> Array:
    """The sign vector v of Freivalds' check, A (B v) = C v, which sees every element of C."""
    return signs(seed, "probe", workload.n)


def drawn_products(workload: Product) -> int:
    """How many products of drawn operands are looked at: fewer where each takes long."""
    return max(8, min(256, 10**7 // workload.k))


def sampled_samples(workload: Forward) -> list[int]:
    """Indices of the samples whose outputs are compared: first and last where all are too many."""
    batch = workload.input_shape[0]
    return [0, batch - 1] if workload.flop > CHECKED_FLOP and batch > 2 else list(range(batch))


def compare(observed: Observed, expected: Path) -> list[Check]:
    """One check for every expected value, and one over all its elements where there is a limit for
    their root mean square; what was not observed fails."""
    with np.load(expected, allow_pickle=False) as file:
        names = [key.removesuffix("|value") for key in file.files if key.endswith("|value")]
        found = []
        for name in names:
            got, value = observed.get(name), file[f"{name}|value"]
            found.append(_compare_one(name, got, value, file[f"{name}|limit"]))
            if f"{name}|overall" in file.files and found[-1].error is not None:
                found.append(_compare_all(name, got, value, float(file[f"{name}|overall"])))
    return found


def _compare_all(name: str, got: Array | None, expected: Array, limit: float) -> Check:
    assert got is not None  # it was compared element by element before
    error = math.sqrt(float(np.mean(np.square(got.astype(np.float64) - expected))))
    return Check(f"{name}, root mean square", error=error, limit=limit)


def _compare_one(name: str, got: Array | None, expected: Array, limit: Array) -> Check:
    if got is None:
        return Check(name, problem="missing from the step's results")
    if got.shape != expected.shape:
        problem = f"shape {list(got.shape)}, expected {list(expected.shape)}"
        return Check(name, problem=problem)
    if not np.all(np.isfinite(got)):
        return Check(name, problem=f"{int(np.sum(~np.isfinite(got)))} values are not finite")
    error = np.abs(got.astype(np.float64) - expected)
    limits = np.broadcast_to(limit, error.shape)
    if not np.all(np.isfinite(error)):
        return Check(name, problem="its distance from the expected value is not finite")
    worst = int(np.argmax(error / limits))
    return Check(name, error=float(error.flat[worst]), limit=float(limits.flat[worst]))


def _observe_forward(workload: Forward, run: Run) -> Observed:
    results = dict(run())
    if "output" in results and len(results["output"]) == workload.input_shape[0]:
        results["output"] = results["output"][sampled_samples(workload)]
    return results


def _observe_product(workload: Product, run: Run, seed: int) -> Observed:
    results = run()
    if "product" not in results:
        return {}
    product = results["product"]
    if product.shape != (workload.m, workload.n):
        return {"rows": product, "probe": product}
    vector = probe(workload, seed)
    blocks = np.array_split(product, max(1, product.nbytes >> 24))  # float64 copies stay small
    return {
        "rows": product[sampled_rows(workload)],
        "probe": np.concatenate([block.astype(np.float64) @ vector for block in blocks]),
    }


def _observe_generated(workload: Product, run: Run) -> Observed:
    results = [run() for _ in range(drawn_products(workload))]
    if any("product" not in result for result in results):
        return {}
    values = np.array([np.ravel(result["product"]) for result in results], dtype=np.float64)
    repeated = 1 - len(np.unique(values)) / values.size
    return {
        "mean square": np.asarray(np.mean(np.square(values)) / workload.k),
        "repeated": np.asarray(repeated),
    }
