"""Small pieces of work that public reports say go wrong somewhere: are they right here?"""

from __future__ import annotations

from dataclasses import dataclass

from suites.layers import (
    AvgPool,
    BatchNorm,
    Conv2d,
    Embedding,
    Flatten,
    Layer,
    LayerNorm,
    Linear,
    MaxPool,
    ReLU,
    Sequential,
    Shape,
)
from suites.operations import (
    AdamStep,
    Attention,
    Backward,
    BatchedProduct,
    Operator,
    RightAnswers,
    ScatterAdd,
)
from suites.workload import Adam, Forward, Operation, Product, Train, Workload

_ISSUES = "https://github.com/"


@dataclass(frozen=True)
class Pitfall:
    """What is reported to go wrong, and the addresses of public reports of it."""

    what: str
    reports: tuple[str, ...]
    in_16_bits: bool = False
    """Whether it goes wrong in 16 bits alone: what is right in float32 says nothing of it."""


def _reported(what: str, *places: str, in_16_bits: bool = False) -> Pitfall:
    """`owner/repository#number` of each report."""
    addresses = tuple(_ISSUES + place.replace("#", "/issues/") for place in places)
    return Pitfall(what, addresses, in_16_bits)


TORCH = "pytorch/pytorch#"
MLX = "ml-explore/mlx#"
BRIDGE = "tillahoffmann/jax-mps#"

NORMS = Sequential(*(LayerNorm(256) for _ in range(16)))
"""A gradient that is wrong in one evaluation of ten is not right in sixteen."""

NORMED = Sequential(Conv2d(3, 8, 3, padding=1, bias=False), BatchNorm(8), ReLU())
IMAGES = Sequential(NORMED, MaxPool(2, 2), Flatten(), head=Linear(8 * 8 * 8, 10))
ROWS = Sequential(LayerNorm(64), Linear(64, 32), ReLU(), Linear(32, 10))

OPERATORS: dict[str, tuple[Operator, Pitfall]] = {
    "right_answers": (
        RightAnswers(512, 10),
        _reported("argmax, and its comparison with labels", TORCH + "92311", TORCH + "112186"),
    ),
    "attention_permuted": (
        Attention(2, 4, 8, 8, 64, permuted=True),
        _reported("attention to 8 places, operands permuted", TORCH + "163597", TORCH + "181133"),
    ),
    "attention_permuted_wide": (
        Attention(2, 4, 5, 5, 128, permuted=True),
        _reported("the same, heads of width 128", TORCH + "163597", TORCH + "181133"),
    ),
    "attention_causal": (
        Attention(1, 4, 64, 64, 64, causal=True),
        _reported("causal attention, in 16 bits", TORCH + "195910", in_16_bits=True),
    ),
    "grouped_convolution": (
        Backward(Conv2d(8, 16, 3, stride=2, padding=1, groups=4), (2, 8, 17, 17)),
        _reported("gradients of a convolution with groups and a stride", MLX + "3800"),
    ),
    "depthwise_convolution": (
        Backward(Conv2d(8, 8, 3, stride=2, padding=1, groups=8), (2, 8, 17, 17)),
        _reported("the same, every channel a group", MLX + "3800"),
    ),
    "layer_norm": (
        Backward(NORMS, (4, 64, 256)),
        _reported("gradients of layer norms, above all of biases", MLX + "3630", BRIDGE + "168"),
    ),
    "embedding": (
        Backward(Embedding(7, 64), (16, 24)),
        _reported("gradient of an embedding whose tokens repeat", "pymc-devs/pytensor#2242"),
    ),
    "scatter_add": (
        ScatterAdd(16, 32, 2000),
        _reported("rows added at places named more than once", "pymc-devs/pytensor#2242"),
    ),
    "average_pool": (
        Backward(AvgPool(3, 2, ceil=True), (2, 4, 12, 12)),
        _reported("average pooling that rounds up", TORCH + "160743", TORCH + "198119"),
    ),
    "adam_on_views": (
        AdamStep(48, 40),
        _reported("an optimizer's step on weights that are views", TORCH + "118115"),
    ),
    "linear_without_bias": (
        BatchedProduct((2, 3, 5, 64), (48, 64), transposed=True),
        _reported("linear layers without bias, in 16 bits", TORCH + "180776", in_16_bits=True),
    ),
    "long_sums": (
        BatchedProduct((2, 4, 40_000), (2, 40_000, 4)),
        _reported("products that sum 32,767 values and more", TORCH + "195163", TORCH + "177116"),
    ),
}

FORWARD: dict[str, tuple[Layer, Shape, Pitfall]] = {
    "linear": (
        Linear(320, 48),
        (4, 33, 320),
        _reported("linear layers of 256 inputs and more", TORCH + "178697", TORCH + "188438"),
    ),
    "large_kernel": (
        Conv2d(1, 2, 256),
        (1, 1, 257, 257),
        _reported("convolutions with kernels of 256 and more", TORCH + "188335"),
    ),
}

TRAINED: dict[str, tuple[Layer, Shape, Pitfall]] = {
    "batch_norm_averages": (
        IMAGES,
        (8, 3, 16, 16),
        _reported("running averages of batch norm, compiled", TORCH + "191976"),
    ),
    "layer_norm_first": (
        ROWS,
        (16, 64),
        _reported("a layer norm as the first layer", TORCH + "183825"),
    ),
}

LARGE = _reported("results of more than 2^31 values", MLX + "3248", MLX + "3591")

MANY = _reported("gradients of convolutions, batches of 65,536 and more", TORCH + "96225")

REPORTED: dict[str, Pitfall] = {
    **{name: known for name, (_, known) in OPERATORS.items()},
    **{name: known for name, (*_, known) in (FORWARD | TRAINED).items()},
    "many_images": MANY,
    "more_than_2_31_values": LARGE,
}
"""By the name of the case."""


def cases(preset: str) -> tuple[Workload, ...]:
    """Every pitfall that takes a moment; those that take gigabytes in the presets above quick."""
    chosen: list[Workload] = [
        Operation(suite="pitfalls", name=name, operator=operator)
        for name, (operator, _) in OPERATORS.items()
    ]
    chosen += [
        Forward(suite="pitfalls", name=name, model=model, input_shape=shape)
        for name, (model, shape, _) in FORWARD.items()
    ]
    chosen += [
        Train(suite="pitfalls", name=name, model=model, input_shape=shape, optimizer=Adam(lr=1e-2))
        for name, (model, shape, _) in TRAINED.items()
    ]
    if preset in ("standard", "full"):
        many = Backward(Conv2d(1, 2, 3), (65_600, 1, 4, 4))
        chosen.append(Operation(suite="pitfalls", name="many_images", operator=many))
        chosen.append(
            Product(suite="pitfalls", name="more_than_2_31_values", m=65_600, k=4, n=32_800)
        )
    return tuple(chosen)
