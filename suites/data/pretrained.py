"""Published weights under our names: torchvision's, Hugging Face's and nn.TransformerEncoder's.

Our paths are theirs but for the layers that only our trees have, and attention's arrays.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suites.architectures import Architecture
from suites.data.safetensors import Array, match
from suites.layers import Parameter, Shape, parameters

ABSENT = frozenset({"body", "residual", "attend", "feed", "expand"})
"""Parts of our paths that theirs lack."""

ENDINGS = {
    "self_attn.in_weight": ("self_attn.in_proj_weight",),
    "self_attn.in_bias": ("self_attn.in_proj_bias",),
    "self_attn.out_weight": ("self_attn.out_proj.weight",),
    "self_attn.out_bias": ("self_attn.out_proj.bias",),
    "self_attention.in_weight": ("self.query.weight", "self.key.weight", "self.value.weight"),
    "self_attention.in_bias": ("self.query.bias", "self.key.bias", "self.value.bias"),
    "self_attention.out_weight": ("output.dense.weight",),
    "self_attention.out_bias": ("output.dense.bias",),
}
"""Arrays of theirs that make one of ours, one after the other along the first axis."""

PREFIX = "bert."
"""Before every name where BERT is a part of a classifier."""

NO_WEIGHTS = ("num_batches_tracked", "position_ids")
"""Arrays that state a fact and take no part in what is computed."""


def renamed(architecture: Architecture, state: Mapping[str, Array]) -> dict[str, Array]:
    """Weights in their published naming and layout as float32 weights of our model, by our paths.

    Raises WrongWeights naming, as published, all that is missing, unknown or of another shape.
    """
    given = {
        name.removeprefix(PREFIX): np.asarray(array)
        for name, array in state.items()
        if not name.endswith(NO_WEIGHTS)
    }
    match({name: array.shape for name, array in given.items()}, published(architecture))
    return {
        path: np.concatenate([given[name] for name in published_names(path)]).astype(np.float32)
        for path in _parameters(architecture)
    }


def published(architecture: Architecture) -> dict[str, Shape]:
    """The shape of every weight by its published name."""
    shapes: dict[str, Shape] = {}
    for path, parameter in _parameters(architecture).items():
        names = published_names(path)
        length, *others = parameter.shape
        shapes |= dict.fromkeys(names, (length // len(names), *others))
    return shapes


def published_names(path: str) -> tuple[str, ...]:
    """What the array under our dotted path was published as: one name, or those of its parts."""
    spelled = ".".join(part for part in path.split(".") if part not in ABSENT)
    spelled = spelled.replace(".shortcut.", ".downsample.")
    for ours, theirs in ENDINGS.items():
        if spelled.endswith(ours):
            return tuple(spelled.removesuffix(ours) + name for name in theirs)
    return (spelled,)


def _parameters(architecture: Architecture) -> dict[str, Parameter]:
    return parameters(architecture.build(), (1, *architecture.sample))
