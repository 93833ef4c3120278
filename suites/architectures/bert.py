"""BERT-base uncased (Devlin et al., arXiv:1810.04805), as Hugging Face defines it."""

from __future__ import annotations

from suites.layers import (
    GELU,
    Dropout,
    Embedding,
    FirstToken,
    Layer,
    LayerNorm,
    Linear,
    Positions,
    Residual,
    Segment,
    SelfAttention,
    Sequential,
    Tanh,
)

TOKENS = 30522
LENGTH = 512
SEGMENTS = 2
WIDTH = 768
HEADS = 12
FEED_FORWARD = 3072
LAYERS = 12
RATE = 0.1


def bert_base(classes: int | None = None) -> Sequential:
    """Tokens [batch, sequence] to the pooled first token [batch, 768]; with `classes`, to those.

    All tokens are of the first segment and none is masked.
    """
    embeddings = Sequential(
        word_embeddings=Embedding(TOKENS, WIDTH),
        token_type_embeddings=Segment(SEGMENTS, WIDTH),
        position_embeddings=Positions(LENGTH, WIDTH),
        LayerNorm=_norm(),
        dropout=Dropout(RATE),
    )
    parts: dict[str, Layer] = {
        "embeddings": embeddings,
        "encoder": Sequential(layer=Sequential(*(_layer() for _ in range(LAYERS)))),
        "pooler": Sequential(first=FirstToken(), dense=Linear(WIDTH, WIDTH), activation=Tanh()),
    }
    if classes is not None:
        parts |= {"dropout": Dropout(RATE), "classifier": Linear(WIDTH, classes)}
    return Sequential(**parts)


def _layer() -> Layer:
    attend = Sequential(self_attention=SelfAttention(WIDTH, HEADS), dropout=Dropout(RATE))
    feed = Sequential(
        intermediate=Sequential(dense=Linear(WIDTH, FEED_FORWARD), activation=GELU()),
        output=Sequential(dense=Linear(FEED_FORWARD, WIDTH), dropout=Dropout(RATE)),
    )
    return Sequential(
        attention=Sequential(attend=Residual(attend), output=Sequential(LayerNorm=_norm())),
        feed=Residual(feed),
        output=Sequential(LayerNorm=_norm()),
    )


def _norm() -> LayerNorm:
    return LayerNorm(WIDTH, eps=1e-12)
