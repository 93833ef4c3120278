"""GPT-2 (Radford et al., 2019) of the smallest size, as Hugging Face defines it."""

from __future__ import annotations

from suites.layers import (
    GELU,
    Dropout,
    Embedding,
    LastToken,
    Layer,
    LayerNorm,
    Linear,
    Positions,
    Residual,
    SelfAttention,
    Sequential,
    TiedHead,
)

TOKENS = 50257
LENGTH = 1024
WIDTH = 768
HEADS = 12
LAYERS = 12
RATE = 0.1


def gpt2(
    *, last: bool = False, tokens: int = TOKENS, width: int = WIDTH, layers: int = LAYERS
) -> Sequential:
    """Tokens [batch, sequence] to the logits of what follows each; with `last`, of what follows the
    last alone."""
    parts: dict[str, Layer] = {
        "wte": Embedding(tokens, width),
        "wpe": Positions(LENGTH, width),
        "drop": Dropout(RATE),
        "h": Sequential(*(_block(width) for _ in range(layers))),
        "ln_f": LayerNorm(width),
    }
    chosen: dict[str, Layer] = {"last": LastToken()} if last else {}
    return Sequential(**parts, **chosen, lm_head=TiedHead("wte", tokens, width))


def _block(width: int) -> Layer:
    attend = Sequential(
        ln_1=LayerNorm(width),
        attn=SelfAttention(width, HEADS, causal=True),
        resid_dropout=Dropout(RATE),
    )
    feed = Sequential(
        ln_2=LayerNorm(width),
        c_fc=Linear(width, 4 * width),
        act=GELU("tanh"),
        c_proj=Linear(4 * width, width),
        dropout=Dropout(RATE),
    )
    return Sequential(attend=Residual(attend), feed=Residual(feed))
