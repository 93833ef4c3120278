"""The encoder of the transformer (Vaswani et al., arXiv:1706.03762), each norm after its sum."""

from __future__ import annotations

from suites.layers import (
    Dropout,
    Layer,
    LayerNorm,
    Linear,
    ReLU,
    Residual,
    SelfAttention,
    Sequential,
)

WIDTH = 512
HEADS = 8
FEED_FORWARD = 2048
LAYERS = 6
RATE = 0.1


def encoder() -> Sequential:
    """[batch, sequence, 512] to the same shape."""
    return Sequential(layers=Sequential(*(_layer() for _ in range(LAYERS))))


def token_classifier(classes: int = 10) -> Sequential:
    """The encoder and a choice for each token: [batch, sequence, 512] to [.., .., classes]."""
    return Sequential(encoder=encoder(), head=Linear(WIDTH, classes))


def _layer() -> Layer:
    attend = Sequential(self_attn=SelfAttention(WIDTH, HEADS), dropout1=Dropout(RATE))
    feed = Sequential(
        linear1=Linear(WIDTH, FEED_FORWARD),
        activation=ReLU(),
        dropout=Dropout(RATE),
        linear2=Linear(FEED_FORWARD, WIDTH),
        dropout2=Dropout(RATE),
    )
    return Sequential(
        attend=Residual(attend),
        norm1=LayerNorm(WIDTH),
        feed=Residual(feed),
        norm2=LayerNorm(WIDTH),
    )
