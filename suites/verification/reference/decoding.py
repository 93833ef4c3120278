"""What is expected of decoding: along the tokens that a contender chose itself.

Where two logits lie within rounding of each other, honest contenders choose different tokens, and
all that follows differs. So the reference reads a contender's own tokens at once, in float64: its
logits must be those, and each token one whose logit is the largest up to what logits may err.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import threadpoolctl

from suites.data import arrays
from suites.data.arrays import Array
from suites.layers import vocabulary
from suites.verification import checks
from suites.verification.checks import Check
from suites.verification.digests import digest, parts
from suites.verification.reference.expected import Expected
from suites.verification.reference.expected_answers import (
    NORMAL_WORST,
    exact_output,
    held,
    output_limit,
    outputs,
    scaled,
)
from suites.verification.reference.limits import Limit
from suites.verification.reference.meanings.model import Float64, Weights
from suites.verification.training_checks import audited
from suites.workload import Decode


def solve_decoding(workload: Decode, precision: str, seed: int) -> Expected:
    """The logits of every first step, and the limits of all as shares of their size."""
    made, result = arrays.make(workload, seed), Expected()
    weights = held(made.weights, precision)
    drawn = arrays.batch(workload.at_once, seed)["x"]
    limit = output_limit(workload.at_once, weights, drawn, precision)
    result.keep("limits", np.asarray([limit.worst or math.nan, limit.overall or math.nan]))
    for phase in ("before", "after"):
        for named, first in _first_tokens(workload, seed, phase):
            logits = exact_output(workload.at_once, weights, first, precision)
            _put(result, f"{phase}/{named('first')}", logits, limit, seed)
    return result


def judge(
    workload: Decode, precision: str, seed: int, limit: Array, seen: Mapping[str, Array], phase: str
) -> list[Check]:
    """Checks of all logits and tokens that were observed in this phase; `limit` as kept above."""
    found = []
    worst, overall = (None if math.isnan(each) else float(each) for each in limit)
    for named, first in _first_tokens(workload, seed, phase):
        name = named("tokens")
        tokens = seen.get(f"{name}|all")
        if problem := _problem(workload, tokens):
            found.append(Check(name, problem=problem))
            continue
        assert tokens is not None
        chosen = tokens.astype(np.int32)
        known = _known(workload, precision, seed, first.tobytes(), chosen.tobytes())
        expected = Expected()
        for part, value in known.parts.items():
            own = scaled(Limit(worst, overall), part, known.size, known.count)
            if own.tells:
                expected.put(f"{phase}/{named('logits')}/{part}", known.shape, value, own)
        found += checks.compare(seen, expected.entries, phase)
        if worst or overall:
            most = worst or NORMAL_WORST * (overall or 0.0)
            found.append(Check(name, known.short, 2 * most * known.size))
    return found


def greedy(workload: Decode, weights: Weights, first: Array) -> tuple[Float64, Array]:
    """Logits [batch, steps, vocabulary] and tokens [batch, steps], all read anew in every step."""
    read, logits = first, []
    for _ in range(workload.steps):
        logits.append(outputs(workload, weights, read)[:, -1])
        read = np.concatenate([read, np.argmax(logits[-1], -1)[:, None].astype(read.dtype)], 1)
    return np.stack(logits, 1), read[:, 1:]


@dataclass(frozen=True, eq=False)
class _Known:
    """Of the logits along some tokens: shape, size, count, and the parts of their digest; and by
    how much the logit of a token falls short of the largest, at most."""

    shape: Array
    size: float
    count: int
    parts: Mapping[str, Array]
    short: float


@functools.lru_cache(maxsize=16)
def _known(workload: Decode, precision: str, seed: int, first: bytes, chosen: bytes) -> _Known:
    """Contenders that choose the same tokens share it, and the audits of each."""
    shape = (workload.batch, workload.steps)
    tokens = np.frombuffer(chosen, np.int32).reshape(shape)
    begin = np.frombuffer(first, np.int32).reshape(workload.input_shape)
    read = np.concatenate([begin, tokens[:, :-1]], 1)
    weights = held(arrays.weights_of(workload, seed), precision)
    with threadpoolctl.threadpool_limits(1):
        logits = exact_output(workload.at_once, weights, read, precision)
    taken = np.take_along_axis(logits, tokens[..., None].astype(np.int64), -1)[..., 0]
    short = float(np.max(logits.max(-1) - taken))
    size = float(np.sqrt(np.mean(np.square(logits))))
    value = digest(logits, seed)
    return _Known(value["shape"], size, logits.size, parts(value), short)


def _first_tokens(
    workload: Decode, seed: int, phase: str
) -> Iterator[tuple[Callable[[str], str], Array]]:
    """How a step's results are called, and what it begins with, of every step that is kept."""
    if phase == "before":
        yield str, arrays.make(workload, seed, weights={}).inputs["x"]
        return
    fresh = arrays.audit(workload, seed, {})
    for step in checks.kept_steps(workload):
        yield functools.partial(audited, step=step), fresh.ring[step]["x"]


def _put(result: Expected, key: str, logits: Float64, limit: Limit, seed: int) -> None:
    value = digest(logits, seed)
    size = float(np.sqrt(np.mean(np.square(logits))))
    for part, array in parts(value).items():
        own = scaled(limit, part, size, logits.size)
        if own.tells:
            result.put(f"{key}/{part}", value["shape"], array, own)


def _problem(workload: Decode, tokens: Array | None) -> str:
    """Why these are no tokens."""
    if tokens is None:
        return "missing from the step's results"
    if tokens.shape != (workload.batch, workload.steps):
        return f"shape {list(tokens.shape)}, expected {[workload.batch, workload.steps]}"
    most = vocabulary(workload.model, workload.input_shape) or 0
    if not np.all((tokens >= 0) & (tokens < most) & (tokens == np.floor(tokens))):
        return f"they hold what is no token, a whole number from 0 to {most - 1}"
    return ""
