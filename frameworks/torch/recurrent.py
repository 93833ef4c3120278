"""Recurrent layers: PyTorch's own modules, whose kernels take all levels and directions at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from frameworks.interface import Unsupported
from suites import layers
from suites.layers import Layer
from suites.layers.recurrent import Recurrent


class _LSTM(nn.LSTM):  # type: ignore[misc]
    def forward(self, x: Any) -> Any:
        return super().forward(x)[0]


class _GRU(nn.GRU):  # type: ignore[misc]
    def forward(self, x: Any) -> Any:
        return super().forward(x)[0]


class _RNN(nn.RNN):  # type: ignore[misc]
    def forward(self, x: Any) -> Any:
        return super().forward(x)[0]


def _module(kind: Any) -> Callable[[Any, Layer | None], Any]:
    def make(layer: Recurrent, maker: Layer | None) -> Any:
        how = {"batch_first": True, "bidirectional": layer.bidirectional}
        return kind(layer.inputs, layer.width, layer.levels, **how)

    return make


class _SequenceMean(nn.Module):  # type: ignore[misc]
    def forward(self, x: Any) -> Any:
        return x.mean(1)


LOWERINGS: dict[type[Layer], Callable[[Any, Layer | None], Any]] = {
    layers.LSTM: _module(_LSTM),
    layers.GRU: _module(_GRU),
    layers.RNN: _module(_RNN),
    layers.SequenceMean: lambda layer, maker: _SequenceMean(),
}
"""How each kind of layer is lowered, by its exact class."""


def gather_weights(model: Any) -> None:
    """Each module's weights in one piece of memory, as cuDNN wants them; where they lie well they
    stay."""
    for module in model.modules():
        if isinstance(module, nn.RNNBase):
            module.flatten_parameters()


def try_out(model: Any, autocast: Callable[[], Any]) -> None:
    """Raises Unsupported where no LSTM trains under this autocast: on most CPUs oneDNN, which
    PyTorch calls, has none in float16."""
    if not any(isinstance(module, nn.LSTM) for module in model.modules()):
        return
    device = next(model.parameters()).device
    try:
        with autocast():
            nn.LSTM(1, 1, device=device)(torch.zeros(1, 1, 1, device=device))
    except RuntimeError as error:
        reason = str(error).partition(". ")[0]
        raise Unsupported(f"PyTorch trains no LSTM in this precision here: {reason}") from error


def in_one_graph(model: Any) -> bool:
    """Whether the compiler takes the whole of a module. Recurrent ones it leaves to their own
    kernels: told otherwise (`allow_rnn`), it unrolls every place, which takes minutes."""
    return not any(isinstance(module, nn.RNNBase) for module in model.modules())
