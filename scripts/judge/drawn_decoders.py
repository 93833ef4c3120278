"""Small decoders drawn at random: causal, windowed and grouped attention, turned places, SwiGLU,
attention to a context, heads with a weight of their own or an embedding's."""

from suites.layers import (
    GELU,
    CrossAttention,
    Embedding,
    Layer,
    LayerNorm,
    Linear,
    Positions,
    Residual,
    RMSNorm,
    SelfAttention,
    Sequential,
    SwiGLU,
    TiedHead,
)
from suites.workload import Decode

TOKENS = 50


def model(draw):
    """A model of tokens [batch, places] and that shape."""
    width, places = draw.choice((16, 32)), draw.choice((6, 12, 20))
    norm = draw.choice((LayerNorm, RMSNorm))
    blocks = [_block(draw, norm, width) for _ in range(draw.choice((1, 2)))]
    parts: dict[str, Layer] = {"words": Embedding(TOKENS, width)}
    if draw.random() < 0.5:
        parts["places"] = Positions(places, width)
    tied = draw.random() < 0.6
    parts |= {
        "blocks": Sequential(*blocks),
        "norm": norm(width),
        "head": TiedHead("words", TOKENS, width) if tied else Linear(width, TOKENS),
    }
    return Sequential(**parts), (draw.randint(2, 6), places)


def decoding(number, reader, shape):
    """Tokens written with it, where no place needs a later one."""
    work = {"suite": "drawn", "name": f"{number}_decode", "model": reader}
    try:
        return [Decode(**work, steps=min(8, shape[1]), batch=shape[0])]
    except ValueError:  # it attends to a context
        return []


def _block(draw, norm, width):
    attention: Layer = _attention(draw, width)
    if draw.random() < 0.2:
        attention = CrossAttention(width, 4, context=Sequential(norm(width), attention))
    feed: Layer = SwiGLU(width, 2 * width)
    if draw.random() < 0.4:
        feed = Sequential(Linear(width, 2 * width), GELU("tanh"), Linear(2 * width, width))
    return Sequential(
        Residual(Sequential(norm(width), attention)), Residual(Sequential(norm(width), feed))
    )


def _attention(draw, width):
    return SelfAttention(
        width,
        4,
        kv_heads=draw.choice((None, 1, 2)),
        causal=True,
        window=draw.choice((None, None, 4)),
        rotary=draw.choice((None, 1e4)),
        bias=draw.random() < 0.5,
    )
