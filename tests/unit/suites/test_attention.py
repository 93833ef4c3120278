"""Attention and what decoders have besides: cost, refusals, heads that share an embedding."""

import pytest

from suites.layers import (
    CrossAttention,
    Embedding,
    FirstToken,
    Linear,
    Residual,
    RMSNorm,
    SelfAttention,
    Sequential,
    ShapeError,
    SwiGLU,
    TiedHead,
    check,
    cost,
    parameters,
)

SHAPE = (2, 5, 8)


@pytest.mark.parametrize(
    ("layer", "pairs"),
    [
        (SelfAttention(8, 2), 25),
        (SelfAttention(8, 2, causal=True), 15),
        (SelfAttention(8, 2, causal=True, window=2), 9),
        (SelfAttention(8, 2, window=2), 13),
        (SelfAttention(8, 2, window=99), 25),
    ],
)
def test_only_pairs_that_see_each_other_cost(layer, pairs):
    projections = 2 * 5 * (24 * 17 + 8 * 17)
    assert layer.flop(SHAPE) == projections + 2 * pairs * (4 * 8 + 5 * 2)


def test_shared_heads_have_fewer_rows():
    layer = SelfAttention(8, 4, kv_heads=2, bias=False)
    assert parameters(layer, SHAPE).keys() == {"in_weight", "out_weight"}
    assert layer.parameters()["in_weight"].shape == (8 + 4 + 4, 8)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (SelfAttention(8, 4, kv_heads=3), "kv_heads that divide its 4 heads. Received: 3"),
        (SelfAttention(8, 4, kv_heads=0), "kv_heads that divide its 4 heads. Received: 0"),
        (SelfAttention(8, 2, window=0), "window above 0. Received: 0"),
        (SelfAttention(8, 2, window=1.5), "window above 0. Received: 1.5"),  # type: ignore
        (SelfAttention(8, 2, rotary=1.0), "finite rotary above 1. Received: 1.0"),
        (SelfAttention(8, 2, rotary=float("inf")), "finite rotary above 1. Received: inf"),
        (SelfAttention(8, 8, rotary=1e4), "even width. Received: 1"),
        (CrossAttention(8, 3, Linear(8, 8)), "heads that divide its width 8. Received: 3"),
        (CrossAttention(8, 2, Linear(8, 4)), r"context of \[2, places, 8\]. Got: \[2, 5, 4\]"),
        (CrossAttention(8, 2, FirstToken()), r"places, 8\]. Got: \[2, 8\]"),
        (CrossAttention(8, 2, Linear(4, 8)), r"^context: Linear expects"),
        (RMSNorm(4), r"RMSNorm expects \[..., 4\]"),
        (RMSNorm(8, eps=-1.0), "eps >= 0"),
        (SwiGLU(4, 9), r"SwiGLU expects \[..., 4\]"),
    ],
)
def test_what_cannot_be_is_refused(layer, message):
    with pytest.raises(ShapeError, match=message):
        check(layer, SHAPE)


TIED = Sequential(words=Embedding(7, 4), norm=RMSNorm(4), head=TiedHead("words", 7, 4))


def test_a_tied_head_has_no_weights_and_their_cost():
    check(TIED, (2, 3))
    assert cost.parameter_count(TIED, (2, 3)) == 7 * 4 + 4
    assert TiedHead("words", 7, 4).flop((2, 3, 4)) == 2 * 3 * 2 * 7 * 4
    untied = Sequential(words=Embedding(7, 4), norm=RMSNorm(4), head=Linear(4, 7, bias=False))
    of_both = [cost.train_flop(model, (2, 3), 0) for model in (TIED, untied)]
    assert of_both[0] == of_both[1]
    assert cost.forward_bytes(TIED, (2, 3), 4) == cost.forward_bytes(untied, (2, 3), 4)


@pytest.mark.parametrize("head", [TiedHead("wrods", 7, 4), TiedHead("words", 8, 4)])
def test_a_tied_head_without_its_embedding_is_refused(head):
    model = Sequential(words=Embedding(7, 4), head=head)
    with pytest.raises(ShapeError, match=r"^head: TiedHead .*'words': Embedding\(tokens=7, width"):
        check(model, (2, 3))


def test_tokens_are_no_numbers_for_attention_either():
    model = CrossAttention(4, 2, Embedding(7, 4))
    with pytest.raises(ShapeError, match=r"expects \[batch, sequence, 4\]"):
        check(model, (2, 3))
    check(Sequential(Embedding(7, 4), Residual(CrossAttention(4, 2, Linear(4, 4)))), (2, 3))
