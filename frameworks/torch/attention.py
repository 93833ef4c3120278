"""Attention as PyTorch's modules, through its own fused kernel, and what decoders have besides."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from frameworks.shared.attention import turns, visible
from frameworks.torch.leaf import Leaf
from suites import layers
from suites.layers import Layer, Shape, walk

RELEASE = tuple(int(part) for part in torch.__version__.split(".")[:2])


def settle(model: Any, layer: Layer, shape: Shape) -> None:
    """Give every module what it needs of the whole: of the places there are, of other modules."""
    for node in walk(layer, shape):
        if isinstance(node.layer, layers.SelfAttention):
            model.get_submodule(node.path).settle(node.input[1])
        elif isinstance(node.layer, layers.TiedHead):
            model.get_submodule(node.path).settle(model.get_submodule(node.layer.of))


def attend(q: Any, k: Any, v: Any, seen: Any = None, causal: bool = False) -> Any:
    """What the heads return, [batch, heads, places, size]. `seen` says which keys each query sees;
    with `causal` those up to its own place, which a kernel need not be told in a mask."""
    if q.shape[1] == k.shape[1]:
        return _fused(q, k, v, attn_mask=seen, is_causal=causal)
    if RELEASE >= (2, 6):
        return _fused(q, k, v, attn_mask=seen, is_causal=causal, enable_gqa=True)
    k, v = (x.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for x in (k, v))
    return _fused(q, k, v, attn_mask=seen, is_causal=causal)


def _attended(q: Any, k: Any, v: Any, attn_mask: Any, is_causal: bool) -> Any:
    """As PyTorch's own encoder did it before 2.0."""
    scores = (q / math.sqrt(q.shape[-1])) @ k.transpose(-2, -1)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).tril()
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -math.inf)
    return functional.softmax(scores, dim=-1) @ v


_fused: Callable[..., Any] = getattr(functional, "scaled_dot_product_attention", _attended)


def turn(x: Any, cosines: Any, sines: Any) -> Any:
    """x with its halves turned, as tables of `shared.attention` say."""
    half = x.shape[-1] // 2
    return x * cosines + torch.cat((x[..., half:], x[..., :half]), dim=-1) * sines


class _Attention(Leaf):
    """The projections that all attention has."""

    def heads(self, x: Any, count: int) -> Any:
        """[batch, places, count x size] as [batch, count, places, size]."""
        return x.view(*x.shape[:2], count, self.layer.size).transpose(1, 2)

    def joined(self, mixed: Any) -> Any:
        """What the heads returned, projected."""
        flat = mixed.transpose(1, 2).flatten(2)
        return functional.linear(flat, self.out_weight, getattr(self, "out_bias", None))


class SelfAttention(_Attention):
    def __init__(self, layer: layers.SelfAttention) -> None:
        super().__init__(layer)
        self.seen: Any = None
        self.turns: Any = None

    def settle(self, places: int) -> None:
        """Make what depends on the number of places alone."""
        like = {"device": self.in_weight.device}
        if self.layer.rotary is not None:
            tables = turns(self.layer, places)
            self.turns = [torch.tensor(x, dtype=self.in_weight.dtype, **like) for x in tables]
        if self.layer.window is not None:
            self.seen = torch.tensor(visible(self.layer, places), **like)

    def projected(self, x: Any) -> tuple[Any, Any, Any]:
        """Queries, keys and values, by head, not turned."""
        inner = functional.linear(x, self.in_weight, getattr(self, "in_bias", None))
        q, k, v = inner.split(self.layer.rows, dim=-1)
        shared = self.layer.key_heads
        return self.heads(q, self.layer.heads), self.heads(k, shared), self.heads(v, shared)

    def forward(self, x: Any) -> Any:
        q, k, v = self.projected(x)
        if self.turns is not None:
            q, k = turn(q, *self.turns), turn(k, *self.turns)
        causal = self.layer.causal and self.seen is None
        return self.joined(attend(q, k, v, self.seen, causal))


class CrossAttention(_Attention):
    def __init__(self, layer: layers.CrossAttention, context: Any) -> None:
        super().__init__(layer)
        self.context = context

    def forward(self, x: Any) -> Any:
        width, heads = self.layer.width, self.layer.heads
        q = functional.linear(x, self.in_weight[:width], self.in_bias[:width])
        kv = functional.linear(self.context(x), self.in_weight[width:], self.in_bias[width:])
        k, v = kv.chunk(2, dim=-1)
        return self.joined(attend(*(self.heads(part, heads) for part in (q, k, v))))


class TiedHead(nn.Module):  # type: ignore[misc]
    """Its weight is the embedding's, and no parameter of its own."""

    def settle(self, embedding: Any) -> None:
        self.__dict__["embedding"] = embedding

    def forward(self, x: Any) -> Any:
        return functional.linear(x, self.embedding.weight)


class _LastToken(nn.Module):  # type: ignore[misc]
    def forward(self, x: Any) -> Any:
        return x[:, -1]


class _SwiGLU(Leaf):
    def forward(self, x: Any) -> Any:
        gate, up = functional.linear(x, self.gate), functional.linear(x, self.up)
        return functional.linear(functional.silu(gate) * up, self.down)


class _RMSNorm(Leaf):
    def forward(self, x: Any) -> Any:
        wide = x.float()
        root = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.layer.eps)
        return (wide * root).to(x.dtype) * self.weight


def _rms_norm(layer: layers.RMSNorm) -> Any:
    """PyTorch's own from 2.4 on."""
    own = getattr(nn, "RMSNorm", None)
    return _RMSNorm(layer) if own is None else own(layer.width, eps=layer.eps)


LOWERINGS: dict[type[Layer], Callable[[Any, Layer | None], Any]] = {
    layers.SelfAttention: lambda layer, maker: SelfAttention(layer),
    layers.TiedHead: lambda layer, maker: TiedHead(),
    layers.LastToken: lambda layer, maker: _LastToken(),
    layers.SwiGLU: lambda layer, maker: _SwiGLU(layer),
    layers.RMSNorm: lambda layer, maker: _rms_norm(layer),
}
"""How each kind of layer is lowered, by its exact class."""
