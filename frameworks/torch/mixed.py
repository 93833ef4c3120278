"""Training in 16 bits by PyTorch's own recipe: autocast around model and loss over weights of
float32, and in float16 a GradScaler (docs.pytorch.org/docs/stable/notes/amp_examples.html)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from frameworks.interface import Unsupported
from suites.workload import LOSS_SCALE


@dataclass(frozen=True)
class Recipe:
    """On a device, in a type; in float32 there is nothing to do."""

    device: str
    dtype: Any

    def autocast(self) -> Callable[[], Any]:
        """What makes the context of a forward pass. Raises Unsupported where there is none."""
        if self.dtype == torch.float32:
            return nullcontext
        make = partial(torch.autocast, self.device, dtype=self.dtype)
        try:
            made = make()
        except RuntimeError as error:  # no such device, or no such type there
            raise Unsupported(f"PyTorch has no autocast on {self.device}: {error}") from error
        if not made._enabled:
            raise Unsupported(f"PyTorch's autocast does not do {self.dtype} on {self.device}")
        return make

    def scaler(self) -> Any:
        """Of losses in float16; None where none is needed. Raises Unsupported where there is
        none."""
        if self.dtype != torch.float16:
            return None
        make = getattr(torch.amp, "GradScaler", None)
        if make is None:
            raise Unsupported("training in float16 wants torch.amp.GradScaler, there from 2.3 on")
        return make(self.device, init_scale=LOSS_SCALE)
