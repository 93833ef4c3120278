"""PyTorch's side of training: loss, update rules, and what they leave behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from frameworks.interface import Unsupported
from suites.workload import LOSS_SCALE, SGD, Adam, AdamW, Learn, Optimizer, RMSprop, Train


def loss(model: Any, word: str, masks: Sequence[str] = (), autocast: Any = nullcontext) -> Any:
    """The loss of that word as a function of a batch, its labels, and masks of these names, in the
    context that `autocast` makes."""
    measured, dropping = LOSSES[word], [model.get_submodule(n.rpartition(".")[0]) for n in masks]

    def measure(x: Any, labels: Any, *given: Any) -> Any:
        for module, mask in zip(dropping, given, strict=True):
            module.mask = mask
        with autocast():
            return measured(model(x), labels)

    return measure


def evaluation(model: Any) -> Any:
    """Loss and number of right answers as a function of test samples and their labels."""

    def evaluate(x: Any, labels: Any) -> tuple[Any, Any]:
        logits = model(x)
        return cross_entropy(logits, labels), (logits.argmax(-1) == labels).sum()

    return evaluate


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over all labels of -log softmax(logits)[label]."""
    return nn.functional.cross_entropy(logits.flatten(0, -2), labels.flatten())


LOSSES = {
    "cross_entropy": cross_entropy,
    "mse": nn.functional.mse_loss,
    "bce": nn.functional.binary_cross_entropy_with_logits,
}


class Updates:
    """PyTorch's own optimizer, fused where it can be, and its schedule of rates. Raises Unsupported
    where it has none."""

    def __init__(self, model: Any, workload: Train | Learn, scaler: Any = None) -> None:
        self._scaler = scaler
        self._workload, self._named = workload, dict(model.named_parameters())
        self._description = description = workload.optimizer
        kind, settings = _own(description)
        try:
            self._optimizer = kind(model.parameters(), **settings, fused=True)
        except (RuntimeError, TypeError):  # older versions cannot on every device
            self._optimizer = kind(model.parameters(), **settings)
        self._schedule = self._scheduled()

    def take(self, loss_of: Any, batch: Sequence[Any]) -> Any:
        """One step down the gradient of the loss of a batch; the loss itself, detached."""
        self._optimizer.zero_grad()
        loss = self._passed(loss_of, batch)
        if self._workload.clip_norm is not None:
            if self._scaler is not None:
                self._scaler.unscale_(self._optimizer)
            nn.utils.clip_grad_norm_(self._named.values(), self._workload.clip_norm)
        if self._scaler is None:
            self._optimizer.step()
        else:
            self._scaler.step(self._optimizer)
            self._scaler.update()
        if self._schedule is not None:
            self._schedule.step()
        return loss

    def _passed(self, loss_of: Any, batch: Sequence[Any]) -> Any:
        """Forward and backward, part after part of the batch; the mean loss."""
        count = self._workload.accumulate
        if count == 1:
            loss = loss_of(*batch)
            self._backward(loss)
            return loss.detach()
        total = 0
        for part in zip(*(array.chunk(count) for array in batch), strict=True):
            loss = loss_of(*part) / count
            self._backward(loss)
            total = total + loss.detach()
        return total

    def _backward(self, loss: Any) -> None:
        (loss if self._scaler is None else self._scaler.scale(loss)).backward()

    def forget(self) -> None:
        """As before its first step: moments and the count of steps are tensors of zeros."""
        for memory in self._optimizer.state.values():
            for kept in memory.values():
                if isinstance(kept, torch.Tensor):
                    kept.zero_()
        if getattr(self._scaler, "_scale", None) is not None:  # made by the first step
            self._scaler.update(LOSS_SCALE)
        if self._schedule is not None:
            for group in self._optimizer.param_groups:
                group["lr"] = group["initial_lr"]
            self._schedule = self._scheduled()

    def kept(self) -> dict[str, Any]:
        """What it keeps after a step, by the names of its results."""
        rule = self._description
        return {
            name: self._optimizer.state[weight][SLOTS[slot]]
            for path, weight in self._named.items()
            for name, slot in zip(rule.state_names(path), rule.slots, strict=True)
        }

    def _scheduled(self) -> Any:
        schedule = self._description.schedule
        if schedule is None:
            return None
        return LambdaLR(self._optimizer, lambda done: float(schedule.factor(done, np)))


def _own(description: Optimizer) -> tuple[Any, dict[str, Any]]:
    """The class, and what it is told."""
    match description:
        case SGD(lr, momentum, nesterov, decay):
            settings = {"momentum": momentum, "nesterov": nesterov, "weight_decay": decay}
            return torch.optim.SGD, {"lr": lr, **settings}
        case RMSprop(lr, alpha, eps):
            return torch.optim.RMSprop, {"lr": lr, "alpha": alpha, "eps": eps}
        case Adam(lr, beta1, beta2, eps, decay) | AdamW(lr, beta1, beta2, eps, decay):
            kind = torch.optim.Adam if isinstance(description, Adam) else torch.optim.AdamW
            return kind, {"lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": decay}
    raise Unsupported(f"torch has no {type(description).__name__}")


def weights(model: Any) -> dict[str, Any]:
    """Learned weights and running averages by path."""
    return {path: weight.detach() for path, weight in model.state_dict().items()}


def assign(weights: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Copy values by path into the weights."""
    for path, weight in weights.items():
        weight.copy_(values[path])


SLOTS = {
    "first_moment": "exp_avg",
    "second_moment": "exp_avg_sq",
    "momentum": "momentum_buffer",
    "square_average": "square_avg",
}
"""What PyTorch calls the arrays that an optimizer keeps of each weight."""
