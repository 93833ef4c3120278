"""Single operations, at the shapes that the tables of others' operation benchmarks use."""

from __future__ import annotations

from suites.layers import Conv2d, LayerNorm
from suites.operations import (
    ArgMax,
    Attention,
    Backward,
    BatchedProduct,
    Copy,
    CumulativeSum,
    Elementwise,
    Fourier,
    Gather,
    HostToDevice,
    Operator,
    Reduce,
    RoundTrip,
    ScatterAdd,
    Softmax,
    Sort,
    TopK,
    Triad,
)
from suites.workload import Forward, Operation, Workload

IMAGE = Conv2d(3, 8, 3)

FEW: dict[str, Operator] = {
    "matmul_32x1x1000_32x1000x128": BatchedProduct((32, 1, 1000), (32, 1000, 128)),
    "add_1024x1024": Elementwise("add", (1024, 1024)),
    "gelu_32x16x1024": Elementwise("gelu", (32, 16, 1024)),
    "sum_1024x1024_axis1": Reduce("sum", (1024, 1024), 1),
    "sum_all_10x1024x128": Reduce("sum", (10, 1024, 128)),
    "softmax_32x16x1024_axis2": Softmax((32, 16, 1024), 2),
    "cumsum_1024x1024_axis1": CumulativeSum((1024, 1024), 1),
    "rfft_256x4096": Fourier((256, 4096)),
    "gather_1024x32_1000": Gather(1024, 32, 1000),
    "scatter_add_1024x32_1000": ScatterAdd(1024, 32, 1000),
    "sort_128x1024_axis1": Sort((128, 1024), 1),
    "topk_1024x1024_k128": TopK((1024, 1024), 128),
    "argmax_10x1024x128_axis2": ArgMax((10, 1024, 128), 2),
    "attention_8x8x128x64": Attention(8, 8, 128, 128, 64),
    "layer_norm_backward_8x128x512": Backward(LayerNorm(512), (8, 128, 512)),
    "conv2d_backward_1x256x256x3_8": Backward(IMAGE, (1, 3, 256, 256)),
}
"""Of each kind one that takes little."""

SMALL: dict[str, Operator] = {
    "matmul_16x768x128_16x128x768": BatchedProduct((16, 768, 128), (16, 768, 128), transposed=True),
    "matmul_1x1x4096_4096x4096": BatchedProduct((1, 1, 4096), (4096, 4096)),
    "multiply_32x16x1024": Elementwise("multiply", (32, 16, 1024)),
    "relu_32x16x1024": Elementwise("relu", (32, 16, 1024)),
    "exp_32x16x1024": Elementwise("exp", (32, 16, 1024)),
    "tanh_32x16x1024": Elementwise("tanh", (32, 16, 1024)),
    "sigmoid_32x16x1024": Elementwise("sigmoid", (32, 16, 1024)),
    "sum_1024x1024_axis0": Reduce("sum", (1024, 1024), 0),
    "sum_16x128x1024_axis1": Reduce("sum", (16, 128, 1024), 1),
    "max_1024x1024_axis1": Reduce("max", (1024, 1024), 1),
    "softmax_2x1024x1024_axis1": Softmax((2, 1024, 1024), 1),
    "cumsum_128x4096_axis1": CumulativeSum((128, 4096), 1),
    "sort_1024x1024_axis0": Sort((1024, 1024), 0),
    "argmax_10x1024x128_axis1": ArgMax((10, 1024, 128), 1),
    "attention_causal_8x8x128x64": Attention(8, 8, 128, 128, 64, causal=True),
    "gather_64x256_1000": Gather(64, 256, 1000),
    "scatter_add_64x16_1000": ScatterAdd(64, 16, 1000),
}
"""More of each kind."""

LARGE: dict[str, Operator] = {
    "matmul_16x1024x1024_16x1024x1024": BatchedProduct((16, 1024, 1024), (16, 1024, 1024)),
    "matmul_1000x64x1024_1000x1024x32": BatchedProduct((1000, 64, 1024), (1000, 1024, 32)),
    "add_64x128x1024": Elementwise("add", (64, 128, 1024)),
    "gelu_64x128x1024": Elementwise("gelu", (64, 128, 1024)),
    "sigmoid_64x128x1024": Elementwise("sigmoid", (64, 128, 1024)),
    "sum_16x1024x128_axis2": Reduce("sum", (16, 1024, 128), 2),
    "sum_all_1000000x16": Reduce("sum", (1_000_000, 16)),
    "softmax_64x16x32x1024_axis3": Softmax((64, 16, 32, 1024), 3),
    "cumsum_32768x128_axis1": CumulativeSum((32768, 128), 1),
    "rfft_4096x4096": Fourier((4096, 4096)),
    "sort_32768x128_axis1": Sort((32768, 128), 1),
    "topk_32768x128_k32": TopK((32768, 128), 32),
    "argmax_64x128x1024_axis2": ArgMax((64, 128, 1024), 2),
    "gather_1024x32_1000000": Gather(1024, 32, 1_000_000),
    "scatter_add_1024x32_1000000": ScatterAdd(1024, 32, 1_000_000),
    "attention_64x8x16x1024": Attention(64, 8, 16, 16, 1024),
    "attention_causal_4x16x1024x64": Attention(4, 16, 1024, 1024, 64, causal=True),
    "layer_norm_backward_64x128x1024": Backward(LayerNorm(1024), (64, 128, 1024)),
    "conv2d_backward_4x256x256x3_8": Backward(IMAGE, (4, 3, 256, 256)),
}
"""Those whose time is that of the arithmetic or of the memory, not of a call."""

CHOSEN = {
    "smoke": FEW,
    "quick": FEW | SMALL,
    "standard": FEW | SMALL | LARGE,
    "full": FEW | SMALL | LARGE,
}

FORWARD = {
    "conv2d_1x256x256x3_8": (IMAGE, (1, 3, 256, 256)),
    "layer_norm_8x128x512": (LayerNorm(512), (8, 128, 512)),
}
"""Forward passes of one layer, whose backward pass is among the operations."""

VALUES = {
    "smoke": (2**20,),
    "quick": (2**20, 2**24),
    "standard": (2**20, 2**24),
    "full": (2**20, 2**24, 2**27),
}
"""Of the vectors that are copied: in a core's cache, and beyond all caches."""

VECTORS = {
    "copy": Copy,
    "triad": Triad,
    "host_to_device": HostToDevice,
    "round_trip": RoundTrip,
}


def cases(preset: str) -> tuple[Workload, ...]:
    """Every operation of the preset, and memory at each of its sizes."""
    forward = [
        Forward(suite="ops", name=name, model=model, input_shape=shape)
        for name, (model, shape) in FORWARD.items()
    ]
    vectors = [
        Operation(suite="ops", name=name, operator=kind(count))
        for name, kind in VECTORS.items()
        for count in VALUES[preset]
    ]
    chosen = [
        Operation(suite="ops", name=name, operator=operator)
        for name, operator in CHOSEN[preset].items()
    ]
    return (*forward, *chosen, *vectors)
