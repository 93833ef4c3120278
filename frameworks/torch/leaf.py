"""What our own modules have in common: the weights that the description of their layer names."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from suites.layers import Layer


class Leaf(nn.Module):  # type: ignore[misc]
    """Has what the description says: learned weights, and buffers for running averages."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer: Any = layer
        for name, parameter in layer.parameters().items():
            array = torch.empty(parameter.shape)
            if parameter.learned:
                self.register_parameter(name, nn.Parameter(array))
            else:
                self.register_buffer(name, array)
