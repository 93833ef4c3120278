"""SmolLM2-135M (Allal et al., arXiv:2502.02737): the architecture of Llama 3, as Hugging Face
defines it, at a size that every machine holds."""

from __future__ import annotations

from suites.layers import (
    Embedding,
    LastToken,
    Layer,
    Residual,
    RMSNorm,
    SelfAttention,
    Sequential,
    SwiGLU,
    TiedHead,
)

TOKENS = 49152
WIDTH = 576
HEADS = 9
KV_HEADS = 3
FEED_FORWARD = 1536
LAYERS = 30
ROTARY = 100_000.0


def smollm2_135m(
    *,
    last: bool = False,
    tokens: int = TOKENS,
    feed_forward: int = FEED_FORWARD,
    layers: int = LAYERS,
) -> Sequential:
    """Tokens [batch, sequence] to the logits of what follows each; with `last`, of what follows the
    last alone."""
    parts: dict[str, Layer] = {
        "embed_tokens": Embedding(tokens, WIDTH),
        "layers": Sequential(*(_block(feed_forward) for _ in range(layers))),
        "norm": RMSNorm(WIDTH),
    }
    chosen: dict[str, Layer] = {"last": LastToken()} if last else {}
    return Sequential(**parts, **chosen, lm_head=TiedHead("embed_tokens", tokens, WIDTH))


def _block(feed_forward: int) -> Layer:
    attention = SelfAttention(
        WIDTH, HEADS, kv_heads=KV_HEADS, causal=True, rotary=ROTARY, bias=False
    )
    attend = Sequential(input_layernorm=RMSNorm(WIDTH), self_attn=attention)
    feed = Sequential(post_attention_layernorm=RMSNorm(WIDTH), mlp=SwiGLU(WIDTH, feed_forward))
    return Sequential(attend=Residual(attend), feed=Residual(feed))
