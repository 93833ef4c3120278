"""Tokens written one after the other: what is refused, what they cost, and which lies are found."""

import dataclasses

import numpy as np
import pytest

from suites.data import arrays
from suites.layers import (
    BatchNorm,
    CrossAttention,
    Embedding,
    LastToken,
    LayerNorm,
    Linear,
    Residual,
    RMSNorm,
    SelfAttention,
    Sequential,
    ShapeError,
    TiedHead,
    cost,
)
from suites.verification import checks, reference
from suites.verification.reference import decoding
from suites.verification.reference.expected import Solution
from suites.workload import Decode, facts_of

ATTENTION = SelfAttention(8, 2, kv_heads=1, causal=True, rotary=1e4, bias=False)
MODEL = Sequential(
    words=Embedding(30, 8),
    attention=Residual(Sequential(RMSNorm(8), ATTENTION)),
    norm=LayerNorm(8),
    head=TiedHead("words", 30, 8),
)
WORK = Decode(suite="t", name="decode", model=MODEL, steps=5, batch=2)


@pytest.fixture(scope="module")
def solved():
    return Solution(reference.solve(WORK, "float32", 0).entries, "")


@pytest.fixture(scope="module")
def honest():
    made = arrays.make(WORK, 0)
    logits, tokens = decoding.greedy(WORK, made.weights, made.inputs["x"])
    return {"logits": logits.astype(np.float32), "tokens": tokens.astype(np.float32)}


def judged(solved, results):
    seen = checks.observe(WORK, lambda: results, {}, 0)
    found = checks.compare(seen, solved.entries, "before")
    return found + reference.decoded(WORK, "float32", 0, solved, seen, "before")


def test_right_tokens_are_right(solved, honest):
    found = judged(solved, honest)
    assert {check.name for check in found} == {"first", "logits", "tokens"}
    assert all(check.passed for check in found)


def test_another_token_first_is_no_fault_of_those_that_follow(solved, honest):
    """They are read along it, and it is off by what its logit falls short of the largest."""
    made = arrays.make(WORK, 0)
    second = np.argsort(honest["logits"][0, 0])[-2]
    gap = honest["logits"][0, 0].max() - honest["logits"][0, 0, second]
    tokens = honest["tokens"].astype(np.int32)
    tokens[0, 0] = second
    for step in range(1, WORK.steps):
        read = np.concatenate([made.inputs["x"], tokens[:, :-1]], 1)
        logits = reference.outputs(WORK, made.weights, read)
        tokens[:, step] = np.argmax(logits[:, step], -1)
    found = {c.name: c for c in judged(solved, {"logits": logits, "tokens": tokens})}
    assert found["logits"].passed and found["first"].passed
    assert found["tokens"].error == pytest.approx(gap, rel=1e-3)
    assert not found["tokens"].passed  # rounding does not reach as far


def _forgetful(results):
    """Every step as if it were the first: nothing is kept of the places before."""
    made = arrays.make(WORK, 0)
    read = np.concatenate([made.inputs["x"], results["tokens"][:, :-1].astype(np.int32)], 1)
    parts = [reference.outputs(WORK, made.weights, read[:, i : i + 1]) for i in range(WORK.steps)]
    return {**results, "logits": np.concatenate(parts, 1)}


def _changed(name, change):
    def lie(results):
        array = results[name].copy()
        change(array)
        return {**results, name: array}

    return lie


def _last_step(logits):
    logits[:, -1] = logits[:, -2]


def _a_number(logits):
    logits[1, 3, 7] += 0.01


LIES = {
    "nothing kept": _forgetful,
    "the last step again": _changed("logits", _last_step),
    "one number": _changed("logits", _a_number),
    "all a little larger": lambda found: {**found, "logits": found["logits"] * np.float32(1.001)},
    "the last token": _changed("tokens", lambda tokens: tokens[:, -1:].fill(3)),
    "a token too high": _changed("tokens", lambda tokens: tokens[:, 2:3].fill(30)),
    "half a token": _changed("tokens", lambda tokens: tokens[:, 2:3].fill(0.5)),
    "no number": _changed("tokens", lambda tokens: tokens[:, 2:3].fill(np.nan)),
    "a token less": lambda found: {**found, "tokens": found["tokens"][:, :-1]},
    "a step less": lambda found: {**found, "logits": found["logits"][:, :-1]},
    "no tokens": lambda found: {"logits": found["logits"]},
}


@pytest.mark.parametrize("name", LIES)
def test_wrong_ones_are_found(solved, honest, name):
    assert not all(check.passed for check in judged(solved, LIES[name](honest)))


def test_it_costs_what_reading_costs_and_all_weights_in_every_step():
    assert WORK.flop == cost.forward_flop(MODEL, (2, 5))
    longer = dataclasses.replace(WORK, steps=6)
    each = cost.parameter_count(MODEL, (2, 5)) * 4
    assert each < longer.traffic_bytes("float32") - WORK.traffic_bytes("float32") < 2 * each
    assert (WORK.case, facts_of(WORK).size_of) == ("t/decode/5", "tokens")


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ({"looks": SelfAttention(8, 2), "head": TiedHead("words", 30, 8)}, "^looks: .*causal"),
        ({"last": LastToken(), "head": TiedHead("words", 30, 8)}, r"returns \[1, 4, 30\]"),
        ({"head": Linear(8, 8)}, r"returns \[1, 4, 30\].*Got: \[1, 4, 8\]"),
        (
            {"over": CrossAttention(8, 2, Linear(8, 8)), "head": Linear(8, 30)},
            "^over: decoding expects causal",
        ),
    ],
)
def test_what_cannot_be_written_place_by_place_is_refused(last, message):
    with pytest.raises(ShapeError, match=message):
        Decode(suite="t", name="t", model=Sequential(words=Embedding(30, 8), **last), steps=4)


def test_numbers_are_no_tokens():
    with pytest.raises(ShapeError):
        Decode(suite="t", name="t", model=Sequential(Linear(4, 4), BatchNorm(4)), steps=4)
