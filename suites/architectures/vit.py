"""Vision transformers over 16 x 16 patches: ViT-B (Dosovitskiy et al., arXiv:2010.11929) and the
tiny one of DeiT (Touvron et al., arXiv:2012.12877), each norm before its sum."""

from __future__ import annotations

from suites.layers import (
    GELU,
    ClassToken,
    Conv2d,
    FirstToken,
    Layer,
    LayerNorm,
    Linear,
    Permute,
    Positions,
    Reshape,
    Residual,
    SelfAttention,
    Sequential,
)

PATCH = 16
PATCHES = (224 // PATCH) ** 2
LAYERS = 12
HEAD = 64
"""Width of one head of attention."""


def vit_b_16(classes: int = 1000) -> Sequential:
    """[batch, 3, 224, 224] to [batch, classes]."""
    return _vit(768, classes)


def deit_tiny(classes: int = 1000) -> Sequential:
    """[batch, 3, 224, 224] to [batch, classes]: a fifteenth of ViT-B's parameters."""
    return _vit(192, classes)


def _vit(width: int, classes: int) -> Sequential:
    return Sequential(
        conv_proj=Conv2d(3, width, PATCH, PATCH),
        # Of a smaller image there are fewer patches.
        patches=Sequential(Reshape((width, -1)), Permute((0, 2, 1))),
        class_token=ClassToken(width),
        encoder=Sequential(
            pos_embedding=Positions(1 + PATCHES, width),
            layers=Sequential(*(_layer(width) for _ in range(LAYERS))),
            ln=_norm(width),
        ),
        first=FirstToken(),
        head=Linear(width, classes),
    )


def _layer(width: int) -> Layer:
    attend = Sequential(ln_1=_norm(width), self_attention=SelfAttention(width, width // HEAD))
    feed = Sequential(
        ln_2=_norm(width),
        mlp=Sequential(Linear(width, 4 * width), GELU(), Linear(4 * width, width)),
    )
    return Sequential(attend=Residual(attend), feed=Residual(feed))


def _norm(width: int) -> LayerNorm:
    return LayerNorm(width, eps=1e-6)
