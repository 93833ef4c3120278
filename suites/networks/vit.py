"""ViT-B/16 over images of 224 x 224: training step, forward pass; first DeiT's tiny one."""

from __future__ import annotations

from suites.architectures import IMAGE
from suites.architectures.vit import deit_tiny, vit_b_16
from suites.workload import SGD, Forward, Train, Workload

MODELS = {"deit_tiny": deit_tiny(), "vit_b_16": vit_b_16()}

BATCHES: dict[str, dict[str, tuple[int, ...]]] = {
    "smoke": {"deit_tiny": (1,)},
    "quick": {"deit_tiny": (1,), "vit_b_16": (1,)},
    "standard": {"deit_tiny": (1, 64), "vit_b_16": (1, 32)},
    "full": {"deit_tiny": (1, 64), "vit_b_16": (1, 32)},
}

OPTIMIZER = SGD(lr=1e-3)
"""It needs the least memory beside the model, as in the suite vendor."""


def cases(preset: str) -> tuple[Workload, ...]:
    """Forward pass and training step of each network at each batch size of the preset."""
    return tuple(
        case
        for name, batches in BATCHES[preset].items()
        for batch in batches
        for case in (
            Forward(
                suite="vit",
                name=f"{name}_forward",
                model=MODELS[name],
                input_shape=(batch, *IMAGE),
            ),
            Train(
                suite="vit",
                name=f"{name}_train",
                model=MODELS[name],
                input_shape=(batch, *IMAGE),
                optimizer=OPTIMIZER,
            ),
        )
    )
