"""What the reference makes of recurrent layers and bags, beside the same worked out by hand, and
that it finds what a framework might do instead."""

import numpy as np
import pytest

from suites.data import arrays
from suites.layers import (
    GRU,
    LSTM,
    RNN,
    Concat,
    Counts,
    EmbeddingBag,
    Interaction,
    SequenceMean,
)
from suites.verification import checks, reference
from suites.verification.reference import training
from suites.verification.reference.meanings.model import Pass
from suites.workload import SGD, Forward, Train
from tests.helpers import drawn_weights

RANDOM = np.random.default_rng(0)
BATCH, PLACES, INPUTS, WIDTH = 2, 4, 3, 5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(given, inner, h, c):
    i, f, g, o = np.split(given + inner, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru(given, inner, h, c):
    (r, z, n), (to_r, to_z, to_n) = np.split(given, 3), np.split(inner, 3)
    r, z = sigmoid(r + to_r), sigmoid(z + to_z)
    return (1 - z) * np.tanh(n + r * to_n) + z * h, c


def rnn(given, inner, h, c):
    return np.tanh(given + inner), c


def by_hand(cell, x, weights, ending):
    """One sample in one direction, place by place."""
    h = c = np.zeros(WIDTH)
    places, seen = range(len(x)), np.zeros((len(x), WIDTH))
    for place in places[::-1] if ending.endswith("reverse") else places:
        given = weights[f"weight_ih{ending}"] @ x[place] + weights[f"bias_ih{ending}"]
        inner = weights[f"weight_hh{ending}"] @ h + weights[f"bias_hh{ending}"]
        seen[place] = h = (step := cell(given, inner, h, c))[0]
        c = step[1]
    return seen


@pytest.mark.parametrize(("kind", "cell"), [(LSTM, lstm), (GRU, gru), (RNN, rnn)])
def test_levels_and_directions(kind, cell):
    layer, shape = kind(INPUTS, WIDTH, levels=2, bidirectional=True), (BATCH, PLACES, INPUTS)
    weights, x = drawn_weights.weights(RANDOM, layer, shape), RANDOM.uniform(-1, 1, shape)
    y = Pass(weights).apply(layer, x)
    for sample, out in zip(x, y, strict=True):
        for endings in layer.passes():
            sample = np.hstack([by_hand(cell, sample, weights, each) for each in endings])
        np.testing.assert_allclose(out, sample, rtol=1e-12)


@pytest.mark.parametrize("kind", [LSTM, GRU, RNN])
def test_gradients_are_what_differences_are(kind):
    model = kind(INPUTS, WIDTH, bidirectional=True)
    work = Train(
        suite="s", name="n", model=model, input_shape=(BATCH, PLACES, INPUTS), optimizer=SGD(lr=1)
    )
    weights, x = (
        drawn_weights.weights(RANDOM, model, work.input_shape),
        RANDOM.uniform(-1, 1, work.input_shape),
    )
    labels = RANDOM.integers(0, 2 * WIDTH, (BATCH, PLACES))
    batch, tiny = {"x": x, "labels": labels}, 1e-6
    made = training.passed(work, weights, batch)
    for path, weight in weights.items():
        way = RANDOM.uniform(-1, 1, weight.shape)
        after, before = (
            training.passed(work, {**weights, path: weight + sign * tiny * way}, batch).loss
            for sign in (1, -1)
        )
        slope = float(np.sum(made.gradients[path] * way))
        assert slope == pytest.approx((after - before) / (2 * tiny), rel=1e-5, abs=1e-9)


def test_bags_counts_and_pairs():
    bags = Concat(EmbeddingBag(9, 2, "mean", first=1, count=2), EmbeddingBag(9, 2, first=1))
    model = Concat(Counts(1, 2), bags)
    x = np.array([[3, 1, 2, 2], [0, 8, 8, 5]])
    weights = drawn_weights.weights(RANDOM, model, x.shape)
    y = Pass(weights).apply(model, x)
    mean, total = weights["1.0.weight"], weights["1.1.weight"]
    for row, out in zip(x, y, strict=True):
        counts = np.log1p(row[:1]) @ weights["0.weight"].T + weights["0.bias"]
        expected = [*counts, *mean[row[1:3]].mean(0), *total[row[1:]].sum(0)]
        np.testing.assert_allclose(out, expected, rtol=1e-12)
    a, b, c = np.split(y[0], 3)
    pairs = Pass({}).apply(Interaction(2), y)[0]
    np.testing.assert_allclose(pairs, [*a, b @ a, c @ a, c @ b], rtol=1e-12)


def test_the_mean_of_a_sequence():
    x = RANDOM.uniform(-1, 1, (2, 5, 3))
    np.testing.assert_allclose(Pass({}).apply(SequenceMean(), x), x.mean(1), rtol=1e-12)


def reordered(weights, order):
    """As a framework whose gates stand in another order."""
    return {
        name: np.concatenate([np.split(array, len(order))[i] for i in order])
        for name, array in weights.items()
    }


@pytest.mark.parametrize(
    ("model", "precision", "lie"),
    [
        (LSTM(8, 8), "float32", lambda w: reordered(w, (1, 0, 2, 3))),
        (LSTM(8, 8), "float16", lambda w: reordered(w, (0, 1, 3, 2))),
        (GRU(8, 8), "bfloat16", lambda w: reordered(w, (1, 0, 2))),
        (GRU(8, 8), "float32", lambda w: w | {"bias_hh_l0": 0 * w["bias_hh_l0"]}),
        (LSTM(8, 8), "float32", lambda w: {k: w[k].astype(np.float16) for k in w}),
    ],
)
def test_gates_in_another_order_and_weights_of_less_precision_are_found(model, precision, lie):
    work = Forward(suite="s", name="n", model=model, input_shape=(4, 6, 8))
    expected = reference.solve(work, precision, 0).entries
    made = arrays.make(work, 0)

    def judged(change):
        weights = {name: array.astype(np.float32) for name, array in change(made.weights).items()}
        output = reference.outputs(work, weights, made.inputs["x"]).astype(np.float32)
        observed = checks.observe(work, lambda: {"output": output}, weights, 0)
        return all(check.passed for check in checks.compare(observed, expected, "before"))

    assert judged(lambda weights: weights)
    assert not judged(lie)
