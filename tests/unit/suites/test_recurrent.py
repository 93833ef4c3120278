"""Recurrent layers and those of recommenders: names, cost, refusals, which tokens a model takes."""

import pytest

from suites import catalog
from suites.layers import (
    GRU,
    LSTM,
    RNN,
    Concat,
    Counts,
    CrossAttention,
    Dropout,
    EmbeddingBag,
    Interaction,
    LayerNorm,
    Linear,
    SelfAttention,
    SequenceMean,
    Sequential,
    ShapeError,
    SwiGLU,
    TiedHead,
    check,
    cost,
    parameters,
    vocabulary,
)
from suites.workload import smallest

SHAPE = (2, 5, 3)


def test_parameters_have_cudnns_names_and_shapes():
    described = parameters(LSTM(3, 4, levels=2, bidirectional=True), SHAPE)
    shapes = {name: parameter.shape for name, parameter in described.items()}
    assert len(shapes) == 16
    assert shapes["weight_ih_l0"] == (16, 3)
    assert shapes["weight_ih_l1_reverse"] == (16, 8)
    assert shapes["weight_hh_l1"] == (16, 4)
    assert shapes["bias_hh_l0_reverse"] == (16,)


@pytest.mark.parametrize(
    ("layer", "shape", "reading"),
    [
        (LSTM(3, 4, levels=2, bidirectional=True), SHAPE, 2 * 5 * 2 * (2 * 16 * 3)),
        (GRU(3, 4), SHAPE, 2 * 5 * (2 * 12 * 3)),
        (SelfAttention(6, 3, kv_heads=1), (2, 5, 6), 2 * 5 * (2 * 6 * (6 + 2 + 2))),
        (CrossAttention(6, 3, Dropout()), (2, 5, 6), 2 * 5 * (2 * 6 * 18)),
        (CrossAttention(6, 3, LayerNorm(6)), (2, 5, 6), 2 * 5 * (2 * 6 * 6)),
        (SwiGLU(6, 7), (2, 5, 6), 2 * 5 * (2 * 2 * 6 * 7)),
    ],
    ids=["lstm", "gru", "attention", "of a constant", "of what learns", "swiglu"],
)
def test_of_a_first_layer_only_products_of_its_input_go_backward_once(layer, shape, reading):
    whole = 3 * cost.forward_flop(layer, shape)
    assert cost.train_flop(layer, shape, 0) == whole - reading
    before = Sequential(LayerNorm(shape[-1]), layer)
    norm = cost.train_flop(LayerNorm(shape[-1]), shape, 0)
    assert cost.train_flop(before, shape, 0) == whole + norm


@pytest.mark.parametrize(("kind", "gates", "state"), [(LSTM, 4, 15), (GRU, 3, 12), (RNN, 1, 1)])
def test_every_gate_costs_two_products_and_two_biases(kind, gates, state):
    places = 2 * 5
    first = gates * 4 * (2 * 3 + 2 * 4 + 2) + 4 * state
    assert kind(3, 4).flop(SHAPE) == places * first
    second = gates * 4 * (2 * 8 + 2 * 4 + 2) + 4 * state
    both = kind(3, 4, levels=2, bidirectional=True)
    assert both.flop(SHAPE) == places * 2 * (first + second)
    assert both.output_shape(SHAPE) == (2, 5, 8)


def test_of_a_bag_the_rows_that_it_names_are_read():
    bag, shape = EmbeddingBag(1000, 4, "mean", first=1, count=3), (2, 6)
    assert bag.flop(shape) == 2 * 4 * 3
    assert cost.forward_bytes(bag, shape, 4) == 4 * (2 * 3 + 2 * 3 * 4 + 2 * 4)
    assert EmbeddingBag(1000, 4).read(shape) == (2, 6)


def test_an_interaction_counts_every_pair_once():
    layer = Interaction(4)
    assert layer.output_shape((2, 12)) == (2, 4 + 3)
    assert layer.flop((2, 12)) == 2 * 3 * 8
    assert layer.pairs((2, 12)) == [3, 6, 7]


def test_a_model_takes_the_tokens_that_all_its_bags_know():
    model = Concat(Counts(2, 4), EmbeddingBag(9, 4, first=2), Sequential(EmbeddingBag(7, 4)))
    check(model, (3, 5))
    assert vocabulary(model, (3, 5)) == 7


def test_rows_of_tokens_that_cannot_be_cut_stay_as_they_are():
    model = Concat(EmbeddingBag(9, 4, count=9), EmbeddingBag(9, 4, first=9))
    assert smallest(model, (4, 32)) == ((4, 32), (4, 16))
    assert smallest(EmbeddingBag(9, 4, first=16, count=16), (4, 32)) == ((4, 32),)


@pytest.mark.parametrize(
    ("model", "shape", "said"),
    [
        (LSTM(3, 4), (2, 5), r"LSTM expects \[batch, sequence, 3\]. Received: \[2, 5\]"),
        (GRU(3, 4, levels=0), SHAPE, "GRU expects 1 to 64 levels. Received: 0"),
        (RNN(3, 4, levels=10**9), SHAPE, "RNN expects 1 to 64 levels"),
        (LSTM(3, 0), SHAPE, "LSTM expects sizes above 0"),
        (SequenceMean(), (2, 5), "SequenceMean expects"),
        (EmbeddingBag(9, 4, "max"), (2, 5), "mode sum or mean. Received: 'max'"),
        (EmbeddingBag(9, 4, first=2, count=4), (2, 5), "columns 2 to 5. Received"),
        (EmbeddingBag(9, 4, first=5), (2, 5), "EmbeddingBag expects"),
        (Counts(0, 4), (2, 5), "a count above 0. Received: 0"),
        (Counts(2, 4), (2, 5), "Counts expects an embedding beside it"),
        (Interaction(4), (2, 4), "n of 2 at least"),
        (Sequential(Linear(3, 5), EmbeddingBag(9, 4)), (2, 3), "1: EmbeddingBag expects tokens"),
        (
            Sequential(a=EmbeddingBag(9, 4), b=TiedHead("a", 9, 4)),
            (2, 3),
            r"the path of an Embedding\(9, 4\)",
        ),
        (Concat(EmbeddingBag(9, 4), Linear(3, 4)), (2, 3), "Linear expects numbers"),
    ],
)
def test_what_does_not_fit_is_refused(model, shape, said):
    with pytest.raises(ShapeError, match=said):
        check(model, shape)


PEAKS_MB = {
    "lstm/language_medium_train/20": (416,),
    "lstm/activity_train/512": (374, 539),
    "recsys/train/2048": (110, 110),
}
"""Peak resident memory after three steps, above that before the build, of a process on the CPU in
which the same work has run at batch 2: eager; of the last two also as a graph."""


@pytest.mark.parametrize("case", PEAKS_MB)
def test_the_estimate_is_near_what_was_measured(case):
    estimate = catalog.find(case.partition("/")[0], "full", case).needed_bytes("float32")
    assert all(abs(estimate / 1e6 - peak) <= 0.25 * peak for peak in PEAKS_MB[case])
