"""PyTorch's side of training: loss, update rules, and what they leave behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from frameworks.interface import Unsupported
from suites.workload import SGD, Adam, AdamW, Optimizer


def update(optimizer: Any, loss: Any) -> Any:
    """One step down the gradient of a loss; the loss itself, detached."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def loss(model: Any) -> Any:
    """The loss of the model as a function of a batch and its labels."""
    return lambda x, labels: cross_entropy(model(x), labels)


def evaluation(model: Any) -> Any:
    """Loss and number of right answers as a function of test samples and their labels."""

    def evaluate(x: Any, labels: Any) -> tuple[Any, Any]:
        logits = model(x)
        return cross_entropy(logits, labels), (logits.argmax(-1) == labels).sum()

    return evaluate


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over all labels of -log softmax(logits)[label]."""
    return nn.functional.cross_entropy(logits.flatten(0, -2), labels.flatten())


def optimizer(model: Any, description: Optimizer) -> Any:
    """PyTorch's own, fused where it can be. Raises Unsupported where it has none."""
    kind, settings = _own(description)
    try:
        return kind(model.parameters(), **settings, fused=True)
    except (RuntimeError, TypeError):  # older versions cannot on every device
        return kind(model.parameters(), **settings)


def _own(description: Optimizer) -> tuple[Any, dict[str, Any]]:
    """The class, and what it is told."""
    match description:
        case SGD(lr):
            return torch.optim.SGD, {"lr": lr}
        case Adam(lr, beta1, beta2, eps):
            return torch.optim.Adam, {"lr": lr, "betas": (beta1, beta2), "eps": eps}
        case AdamW(lr, beta1, beta2, eps, decay):
            settings = {"lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": decay}
            return torch.optim.AdamW, settings
    raise Unsupported(f"torch has no {type(description).__name__}")


def weights(model: Any) -> dict[str, Any]:
    """Learned weights and running averages by path."""
    return {path: weight.detach() for path, weight in model.state_dict().items()}


def assign(weights: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Copy values by path into the weights."""
    for path, weight in weights.items():
        weight.copy_(values[path])


def forget(optimizer: Any) -> None:
    """As before its first step: moments and the count of steps are tensors of zeros."""
    for memory in optimizer.state.values():
        for kept in memory.values():
            if isinstance(kept, torch.Tensor):
                kept.zero_()


SLOTS = {"first_moment": "exp_avg", "second_moment": "exp_avg_sq"}
"""What PyTorch calls the arrays that an optimizer keeps of each weight."""


def kept(model: Any, optimizer: Any, description: Optimizer) -> dict[str, Any]:
    """What the optimizer keeps after a step, by the names of its results."""
    return {
        name: optimizer.state[weight][SLOTS[slot]]
        for path, weight in model.named_parameters()
        for name, slot in zip(description.state_names(path), description.slots, strict=True)
    }
