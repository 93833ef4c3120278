"""What the reference makes of attention, norms and heads, beside the same worked out by hand."""

import itertools

import numpy as np
import pytest

from suites.layers import (
    CrossAttention,
    Embedding,
    Linear,
    RMSNorm,
    SelfAttention,
    Sequential,
    SwiGLU,
    TiedHead,
)
from suites.verification.reference.meanings.model import Pass
from tests.helpers import drawn_weights

RANDOM = np.random.default_rng(0)
PLACES, WIDTH = 5, 8


def attended(q, k, v, sees):
    """One head's answer, pair by pair."""
    out = np.zeros((len(q), v.shape[1]))
    for i in range(len(q)):
        powers = np.array(
            [np.exp(q[i] @ k[j] / np.sqrt(len(q[i]))) * sees(i, j) for j in range(len(k))]
        )
        out[i] = powers / powers.sum() @ v
    return out


def turned(x, base):
    """Every pair of elements by its angle."""
    out, half = x.copy(), x.shape[1] // 2
    for p, i in itertools.product(range(len(x)), range(half)):
        angle = p * base ** (-2 * i / x.shape[1])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        out[p, i], out[p, i + half] = turn @ (x[p, i], x[p, i + half])
    return out


@pytest.mark.parametrize(
    ("layer", "sees"),
    [
        (SelfAttention(WIDTH, 2), lambda i, j: True),
        (SelfAttention(WIDTH, 2, causal=True), lambda i, j: j <= i),
        (SelfAttention(WIDTH, 4, kv_heads=2, causal=True, bias=False), lambda i, j: j <= i),
        (SelfAttention(WIDTH, 4, kv_heads=1, window=2), lambda i, j: abs(i - j) < 2),
        (SelfAttention(WIDTH, 2, window=3, causal=True, rotary=1e4), lambda i, j: 0 <= i - j < 3),
    ],
)
def test_attention_by_hand(layer, sees):
    weights, x = (
        drawn_weights.weights(RANDOM, layer, (1, PLACES, WIDTH)),
        RANDOM.uniform(-1, 1, (1, PLACES, WIDTH)),
    )
    inner = x[0] @ weights["in_weight"].T + weights.get("in_bias", 0)
    size, shared, heads = layer.size, layer.key_heads, []
    for head in range(layer.heads):
        own = head * shared // layer.heads
        begins = (head * size, WIDTH + own * size, WIDTH + (shared + own) * size)
        q, k, v = (inner[:, begin : begin + size] for begin in begins)
        if layer.rotary:
            q, k = turned(q, layer.rotary), turned(k, layer.rotary)
        heads.append(attended(q, k, v, sees))
    expected = np.concatenate(heads, 1) @ weights["out_weight"].T + weights.get("out_bias", 0)
    np.testing.assert_allclose(Pass(weights).apply(layer, x)[0], expected)


def test_attention_to_a_context_by_hand():
    layer = CrossAttention(WIDTH, 2, Linear(WIDTH, WIDTH))
    weights, x = (
        drawn_weights.weights(RANDOM, layer, (1, PLACES, WIDTH)),
        RANDOM.uniform(-1, 1, (1, PLACES, WIDTH)),
    )
    other = x[0] @ weights["context.weight"].T + weights["context.bias"]
    of_q, of_k, of_v = np.split(weights["in_weight"], 3)
    for_q, for_k, for_v = np.split(weights["in_bias"], 3)
    q, k, v = x[0] @ of_q.T + for_q, other @ of_k.T + for_k, other @ of_v.T + for_v
    parts = [np.split(part, 2, axis=1) for part in (q, k, v)]
    heads = [attended(q, k, v, lambda i, j: True) for q, k, v in zip(*parts, strict=True)]
    expected = np.concatenate(heads, 1) @ weights["out_weight"].T + weights["out_bias"]
    np.testing.assert_allclose(Pass(weights).apply(layer, x)[0], expected)


def test_a_norm_a_gate_and_a_tied_head_by_hand():
    model = Sequential(
        words=Embedding(7, 4),
        norm=RMSNorm(4, eps=0.5),
        gate=SwiGLU(4, 3),
        head=TiedHead("words", 7, 4),
    )
    tokens = np.array([[1, 6, 1]])
    weights = drawn_weights.weights(RANDOM, model, tokens.shape)
    x = weights["words.weight"][tokens]
    x = x / np.sqrt((x**2).sum(-1, keepdims=True) / 4 + 0.5) * weights["norm.weight"]
    gate = x @ weights["gate.gate"].T
    x = gate / (1 + np.exp(-gate)) * (x @ weights["gate.up"].T) @ weights["gate.down"].T
    expected = x @ weights["words.weight"].T
    np.testing.assert_allclose(Pass(weights).apply(model, tokens), expected)
