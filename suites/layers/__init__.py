"""Layer descriptions: what a model is made of, with shapes, parameters and cost derived from them.

Shapes hold the batch first and, for images, channels next, whatever a framework prefers.
A multiply-add counts as two FLOP, as in the roofline literature (Williams et al., CACM 2009), and
every other operation on an element as one, an exponential included.
"""

from suites.layers.attention import CrossAttention, SelfAttention
from suites.layers.bags import Counts, EmbeddingBag, Interaction
from suites.layers.convolution import Conv1d, Conv2d, Conv3d, ConvTranspose2d
from suites.layers.dense import (
    Embedding,
    Flatten,
    LayerNorm,
    Linear,
    RMSNorm,
    Softmax,
    SwiGLU,
    TiedHead,
)
from suites.layers.dropout import Dropout, StochasticDepth, masks
from suites.layers.elementwise import (
    ELU,
    GELU,
    LeakyReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Tanh,
)
from suites.layers.image import (
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    GlobalAvgPool,
    GroupNorm,
    InstanceNorm,
    MaxPool,
    Upsample,
    adaptive_windows,
    line_through,
)
from suites.layers.moving import Permute, PixelShuffle, Reshape
from suites.layers.recurrent import GRU, LSTM, RNN, SequenceMean
from suites.layers.sequence import ClassToken, FirstToken, LastToken, Positions, Segment
from suites.layers.tree import (
    Concat,
    Gated,
    Layer,
    Node,
    Parameter,
    Residual,
    Sequential,
    Shape,
    ShapeError,
    join,
    parameters,
    walk,
)
from suites.layers.validation import check, lacking, vocabulary

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "AdaptiveAvgPool",
    "AvgPool",
    "BatchNorm",
    "ClassToken",
    "Concat",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose2d",
    "Counts",
    "CrossAttention",
    "Dropout",
    "Embedding",
    "EmbeddingBag",
    "FirstToken",
    "Flatten",
    "Gated",
    "GlobalAvgPool",
    "GroupNorm",
    "InstanceNorm",
    "Interaction",
    "LastToken",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MaxPool",
    "Node",
    "Parameter",
    "Permute",
    "PixelShuffle",
    "Positions",
    "RMSNorm",
    "ReLU",
    "ReLU6",
    "Reshape",
    "Residual",
    "Segment",
    "SelfAttention",
    "SequenceMean",
    "Sequential",
    "Shape",
    "ShapeError",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "StochasticDepth",
    "SwiGLU",
    "Tanh",
    "TiedHead",
    "Upsample",
    "adaptive_windows",
    "check",
    "join",
    "lacking",
    "line_through",
    "masks",
    "parameters",
    "vocabulary",
    "walk",
]
