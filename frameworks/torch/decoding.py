"""Decoding: a step for each token, keys and values in tensors of full length that stay in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from frameworks.torch.attention import attend, turn
from suites import layers
from suites.layers import walk
from suites.workload import Decode


class Decoder:
    """A model with keys and values; `compiled` is told of the function of one step."""

    def __init__(self, model: Any, workload: Decode, compiled: Callable[[Any], Any]) -> None:
        weight = next(model.parameters())
        self._steps = workload.steps
        self._place = torch.zeros(1, dtype=torch.int64, device=weight.device)
        for node in walk(workload.model, (workload.batch, workload.steps)):
            if kind := _AT_A_PLACE.get(type(node.layer)):
                parent, _, name = node.path.rpartition(".")
                at = kind(model.get_submodule(node.path), self._place, workload)
                setattr(model.get_submodule(parent), name, at)
        self._model = compiled(model)

    def decode(self, first: Any) -> dict[str, Any]:
        """A step's results from the first tokens [batch, 1]."""
        with torch.inference_mode():
            tokens, found, chosen = first.clone(), [], []
            self._place.zero_()
            for _ in range(self._steps):
                logits = self._model(tokens)
                tokens = logits.argmax(-1)
                found.append(logits)
                chosen.append(tokens)
                self._place.add_(1)
            return {"logits": torch.cat(found, dim=1), "tokens": torch.cat(chosen, dim=1)}


class _Attention(nn.Module):  # type: ignore[misc]
    def __init__(self, whole: Any, place: Any, workload: Decode) -> None:
        super().__init__()
        self.whole, self.place, layer = whole, place, whole.layer
        room = (workload.batch, layer.key_heads, workload.steps, layer.size)
        self.keys, self.values = (whole.in_weight.new_zeros(room).detach() for _ in range(2))
        self.numbers = torch.arange(workload.steps, device=place.device)

    def forward(self, x: Any) -> Any:
        q, k, v = self.whole.projected(x)
        if self.whole.turns is not None:
            own = [table.index_select(0, self.place) for table in self.whole.turns]
            q, k = turn(q, *own), turn(k, *own)
        self.keys.index_copy_(2, self.place, k)
        self.values.index_copy_(2, self.place, v)
        seen = self.numbers <= self.place
        if self.whole.layer.window is not None:
            seen = seen & (self.numbers > self.place - self.whole.layer.window)
        return self.whole.joined(attend(q, self.keys, self.values, seen[None]))


class _Positions(nn.Module):  # type: ignore[misc]
    def __init__(self, whole: Any, place: Any, workload: Decode) -> None:
        super().__init__()
        self.whole, self.place = whole, place

    def forward(self, x: Any) -> Any:
        return x + self.whole.weight.index_select(0, self.place)


_AT_A_PLACE = {layers.SelfAttention: _Attention, layers.Positions: _Positions}
"""Modules that stand for those that must know which place is computed."""
