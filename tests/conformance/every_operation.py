"""A suite of every operator, small."""

from suites import operations as op
from suites.layers import (
    GRU,
    BatchNorm,
    Conv2d,
    ConvTranspose2d,
    Embedding,
    LayerNorm,
    Sequential,
)
from suites.workload import Operation

CONVOLUTION = Sequential(Conv2d(4, 6, 3, stride=2, padding=1, groups=2, bias=False), BatchNorm(6))

TRANSPOSED = ConvTranspose2d(4, 6, (2, 1), (3, 2), (0, 1), (1, 0))
"""More behind an axis than its edges lose, and edges that lose a whole kernel."""

OPERATORS = {
    "product": op.BatchedProduct((3, 5, 8), (3, 8, 6)),
    "shared_product": op.BatchedProduct((3, 5, 8), (6, 8), transposed=True),
    **{function: op.Elementwise(function, (7, 33)) for function in op.FUNCTIONS},
    "sum": op.Reduce("sum", (6, 9, 5), 1),
    "sum_first": op.Reduce("sum", (6, 9, 5), 0),
    "mean_all": op.Reduce("mean", (6, 50)),
    "max": op.Reduce("max", (6, 9, 5), 2),
    "softmax": op.Softmax((4, 16, 5), 1),
    "cumulative_sum": op.CumulativeSum((4, 33), 1),
    "fourier": op.Fourier((3, 64)),
    "attention": op.Attention(2, 3, 5, 7, 16),
    "causal_attention": op.Attention(2, 3, 6, 6, 16, causal=True, permuted=True),
    "gather": op.Gather(10, 4, 33),
    "scatter_add": op.ScatterAdd(10, 4, 55),
    "sort": op.Sort((6, 40), 1),
    "sort_first": op.Sort((40, 6), 0),
    "top_k": op.TopK((5, 40), 7),
    "arg_max": op.ArgMax((4, 9, 6), 1),
    "right_answers": op.RightAnswers(80, 6),
    "copy": op.Copy(1000),
    "triad": op.Triad(1000),
    "host_to_device": op.HostToDevice(1000),
    "round_trip": op.RoundTrip(1000),
    "adam_step": op.AdamStep(9, 7),
    "convolution": op.Backward(CONVOLUTION, (3, 4, 9, 9)),
    "transposed": op.Backward(TRANSPOSED, (3, 4, 5, 5)),
    "recurrent": op.Backward(GRU(5, 4), (3, 4, 5)),
    "layer_norm": op.Backward(LayerNorm(16), (5, 7, 16)),
    "embedding": op.Backward(Embedding(9, 5), (4, 12)),
}


def cases(preset):
    """The same whatever the preset."""
    for name, operator in OPERATORS.items():
        yield Operation(suite="every", name=name, operator=operator)
