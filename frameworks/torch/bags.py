"""The layers of recommenders as PyTorch's modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from frameworks.torch.leaf import Leaf
from suites import layers
from suites.layers import Layer, Shape, walk


def settle(model: Any, layer: Layer, shape: Shape) -> None:
    """Give every module the numbers of the columns or pairs that it takes."""
    device = next((weight.device for weight in model.parameters()), None)
    for node in walk(layer, shape):
        if isinstance(node.layer, layers.EmbeddingBag):
            model.get_submodule(node.path).columns = node.layer.columns(node.input)
        elif isinstance(node.layer, layers.Interaction):
            pairs = torch.tensor(node.layer.pairs(node.input), device=device)
            model.get_submodule(node.path).pairs = pairs


class _EmbeddingBag(nn.EmbeddingBag):  # type: ignore[misc]
    columns: slice

    def forward(self, x: Any) -> Any:
        return super().forward(x[:, self.columns])


class _Counts(Leaf):
    def forward(self, x: Any) -> Any:
        logs = torch.log1p(x[:, self.layer.columns()].float())
        return functional.linear(logs.to(self.weight.dtype), self.weight, self.bias)


class _Interaction(Leaf):
    pairs: Any

    def forward(self, x: Any) -> Any:
        vectors = x.view(len(x), -1, self.layer.width)
        products = torch.bmm(vectors, vectors.transpose(1, 2)).flatten(1)
        return torch.cat([x[:, : self.layer.width], products[:, self.pairs]], dim=1)


def _embedding_bag(layer: layers.EmbeddingBag, maker: Layer | None) -> Any:
    return _EmbeddingBag(layer.tokens, layer.width, mode=layer.mode)


LOWERINGS: dict[type[Layer], Callable[[Any, Layer | None], Any]] = {
    layers.EmbeddingBag: _embedding_bag,
    layers.Counts: lambda layer, maker: _Counts(layer),
    layers.Interaction: lambda layer, maker: _Interaction(layer),
}
"""How each kind of layer is lowered, by its exact class."""
