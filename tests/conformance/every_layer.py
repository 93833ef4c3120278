"""A suite of small models that together hold every layer, optimizer and kind of work.

Learning rates are large, so that three steps change every weight visibly.
"""

from typing import Any

from suites.layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    RNN,
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    ClassToken,
    Concat,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose2d,
    Counts,
    CrossAttention,
    Dropout,
    Embedding,
    EmbeddingBag,
    FirstToken,
    Flatten,
    Gated,
    GlobalAvgPool,
    GroupNorm,
    InstanceNorm,
    Interaction,
    LastToken,
    LayerNorm,
    LeakyReLU,
    Linear,
    MaxPool,
    Permute,
    PixelShuffle,
    Positions,
    ReLU,
    ReLU6,
    Reshape,
    Residual,
    RMSNorm,
    Segment,
    SelfAttention,
    SequenceMean,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    StochasticDepth,
    SwiGLU,
    Tanh,
    TiedHead,
    Upsample,
)
from suites.workload import (
    SGD,
    Adam,
    AdamW,
    Cosine,
    Data,
    Decode,
    Forward,
    Learn,
    Lifecycle,
    RMSprop,
    StepDecay,
    Train,
    WarmupLinear,
)
from tests.conformance.image_model import POOLS

BLOCK = Residual(Sequential(Linear(24, 24), ReLU(), Linear(24, 24, bias=False)))
NORM = GroupNorm(4, 24, affine=False)
PLAIN = Sequential(Flatten(), Linear(36, 24), NORM, BLOCK, ReLU(), head=Linear(24, 5))

SQUEEZE = Sequential(GlobalAvgPool(), Conv2d(12, 4, 1), SiLU(), Conv2d(4, 12, 1), Sigmoid())
IMAGES = Sequential(
    Sequential(Conv2d(3, 8, 3, stride=2, padding=1, bias=False), BatchNorm(8), ReLU6()),
    MaxPool(3, 2, ceil=True),
    Concat(
        one=Sequential(Conv2d(8, 4, 1), ReLU()),
        three=Sequential(Conv2d(8, 8, 3, padding=1), ReLU()),
    ),
    depthwise=Conv2d(12, 12, 3, padding=1, groups=12, bias=False),
    norm=BatchNorm(12, eps=1e-3, momentum=0.3),
    grouped=Conv2d(12, 12, 3, stride=1, padding=1, groups=3),
    group_norm=GroupNorm(3, 12, eps=1e-3),
    silu=SiLU(),
    squeeze=Gated(SQUEEZE),
    block=Residual(
        Sequential(Conv2d(12, 10, 3, stride=2, padding=1), GELU(), StochasticDepth()),
        shortcut=Sequential(Conv2d(12, 10, 1, stride=2, bias=False), BatchNorm(10)),
    ),
    squashed=Sequential(Conv2d(10, 10, 3, padding=1, bias=False), BatchNorm(10), Tanh()),
    widest=MaxPool(3, 1, padding=1),
    mean=AvgPool(2, 1, padding=1),
    adaptive=AdaptiveAvgPool(2),
    flat=Sequential(Dropout(), Flatten(), Dropout()),
    head=Linear(40, 5),
)

ENCODER = Sequential(
    attention=Residual(SelfAttention(16, 4)),
    norm1=LayerNorm(16),
    feed=Residual(Sequential(Linear(16, 32), GELU(), Linear(32, 16))),
    norm2=LayerNorm(16, eps=1e-12),
)
WORDS = Sequential(
    words=Embedding(50, 16),
    places=Positions(12, 16),
    segment=Segment(2, 16),
    encoder=ENCODER,
    first=FirstToken(),
    pooler=Sequential(Linear(16, 16), Tanh()),
    head=Linear(16, 5),
)
TOKENS = Sequential(norm=GroupNorm(1, 7), encoder=ENCODER, head=Linear(16, 5))

PLAIN_ATTENTION = SelfAttention(16, 4, causal=True)
GROUPED = SelfAttention(16, 4, kv_heads=2, causal=True, rotary=1e4, bias=False)
WINDOWED = SelfAttention(16, 4, kv_heads=1, window=3)
MEMORY = Sequential(RMSNorm(16), SelfAttention(16, 2, causal=True, window=4))
DECODER = Sequential(
    words=Embedding(40, 16),
    attention=Residual(Sequential(RMSNorm(16, eps=1e-6), GROUPED)),
    causal=Residual(PLAIN_ATTENTION),
    windowed=Residual(WINDOWED),
    across=Residual(CrossAttention(16, 4, context=MEMORY)),
    feed=Residual(Sequential(RMSNorm(16), SwiGLU(16, 24))),
    last=LastToken(),
    head=TiedHead("words", 40, 16),
)

MOVED = Sequential(
    Sequential(Conv2d(3, 8, 3, padding=1), LeakyReLU(0.1)),
    shuffle=PixelShuffle(2),
    elu=Sequential(Conv2d(2, 6, 3), ELU(alpha=0.5), InstanceNorm(6)),
    turned=Permute((0, 2, 3, 1)),
    shares=Softmax(1),
    back=Permute((0, 3, 2, 1)),
    rows=Reshape((12, -1)),
    sequence=Permute((0, 2, 1)),
    token=ClassToken(12),
    head=Sequential(Linear(12, 8), GELU("tanh"), Linear(8, 5)),
)

RECURRENT = Sequential(
    words=Embedding(50, 8),
    lstm=LSTM(8, 6, bidirectional=True),
    gru=GRU(12, 8, levels=2),
    rnn=RNN(8, 8),
    rows=Concat(last=LastToken(), mean=SequenceMean()),
    head=Linear(16, 5),
)
RECOMMENDER = Sequential(
    features=Concat(
        dense=Sequential(Counts(3, 8), ReLU(), Linear(8, 4)),
        several=EmbeddingBag(30, 4, first=3, count=4),
        others=EmbeddingBag(40, 4, "mean", first=7),
    ),
    interaction=Interaction(4),
    head=Linear(7, 5),
)
WINDOWS = Sequential(
    stem=Sequential(Conv2d(3, 8, (3, 4), (2, 1), "same", bias=False), InstanceNorm(8, affine=True)),
    apart=Sequential(Conv2d(8, 8, 3, (2, 1), (1, 2), dilation=(1, 2)), LeakyReLU()),
    depthwise=Conv2d(8, 8, (1, 3), (1, 2), "same", groups=8),
    spread=Conv2d(8, 8, 3, padding="same", groups=8, dilation=2),
    up=Sequential(ConvTranspose2d(8, 6, 2, 2), ReLU()),
    over=ConvTranspose2d(6, 4, (3, 4), (2, 1), 1, (1, 0)),
    larger=Sequential(Upsample(2), Upsample(2, "bilinear")),
    volume=Reshape((2, 2, 28, -1)),
    solid=Sequential(Conv3d(2, 4, (1, 3, 3), (1, 2, 2), "same", bias=False), BatchNorm(4), ReLU()),
    grouped=Conv3d(4, 4, 2, padding=1, groups=2),
    rows=Reshape((4, -1)),
    long=Sequential(Conv1d(4, 8, 5, 4, 2, bias=False), BatchNorm(8), ReLU()),
    narrow=Sequential(
        Conv1d(8, 8, 3, 3, groups=8), Conv1d(8, 4, 2, padding="same", bias=False, dilation=2)
    ),
    flat=Sequential(InstanceNorm(4), Flatten(), Linear(256, 6, bias=False), BatchNorm(6), ReLU()),
    head=Linear(6, 5),
)
WRITER = Sequential(
    words=Embedding(40, 16),
    places=Positions(12, 16),
    attention=Residual(Sequential(RMSNorm(16, eps=1e-6), GROUPED)),
    windowed=Residual(SelfAttention(16, 4, causal=True, window=3)),
    feed=Residual(
        Sequential(LayerNorm(16), SwiGLU(16, 24), Dropout()),
        shortcut=Sequential(Positions(12, 16), SelfAttention(16, 4, causal=True)),
    ),
    head=TiedHead("words", 40, 16),
)

MODELS = {
    "": (PLAIN, (8, 3, 4, 3)),
    "images_": (IMAGES, (6, 3, 19, 17)),
    "moved_": (MOVED, (3, 3, 5, 4)),
    "windows_": (WINDOWS, (4, 3, 7, 6)),
    "pools_": (POOLS, (3, 3, 9, 8)),
    "words_": (WORDS, (4, 9)),
    "recurrent_": (RECURRENT, (4, 3)),
    "recommender_": (RECOMMENDER, (4, 10)),
    "tokens_": (TOKENS, (3, 7, 16)),
    "decoder_": (DECODER, (3, 9)),
}
DECAYING = AdamW(lr=0.01, weight_decay=0.1, schedule=Cosine(steps=20))
NESTEROV = SGD(
    lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.1, schedule=StepDecay(1, gamma=0.5)
)
DROPPING = Sequential(
    Sequential(Reshape((2, 2, 3)), Flatten(), Dropout(0.2, active=True)),
    Sequential(Linear(12, 24), GELU(), Dropout(0.4, active=True)),
    Residual(Sequential(Linear(24, 24), Tanh(), StochasticDepth(0.5, active=True))),
    head=Linear(24, 3),
)
PAINTED = Sequential(
    Sequential(Conv2d(3, 6, 3, padding=1), BatchNorm(6), SiLU(), Dropout(0.25, active=True)),
    Conv2d(6, 2, 1),
)
VOLUMES = Sequential(Conv3d(2, 4, 1), Permute((0, 2, 3, 4, 1)))
"""With a label for each place of a volume."""

MANY: dict[str, Any] = {"input_shape": (50, 20, 6), "optimizer": SGD(lr=0.1)}
"""Rows whose sums, the gradients of what all of them share, 16 bits cannot build."""
FEW_WORDS = Sequential(Embedding(5, 12), Positions(20, 12), Segment(2, 12), Linear(12, 3))
RECIPES: dict[str, dict[str, Any]] = {
    "dropping": {
        "model": DROPPING,
        "input_shape": (8, 12),
        "optimizer": NESTEROV,
        "loss": "mse",
        "accumulate": 2,
        "clip_norm": 0.5,
    },
    "painted": {
        "model": PAINTED,
        "input_shape": (6, 3, 7, 5),
        "inputs": "host",
        "accumulate": 2,
        "loss": "bce",
        "optimizer": RMSprop(lr=0.002, schedule=Cosine(steps=5, least=0.1)),
    },
    "decayed": {
        "model": TOKENS,
        "input_shape": (3, 7, 16),
        "clip_norm": 0.1,
        "optimizer": Adam(lr=0.01, weight_decay=0.1, schedule=WarmupLinear(warmup=2, steps=6)),
    },
    "volumes": {"model": VOLUMES, "input_shape": (3, 2, 2, 3, 4), "optimizer": SGD(lr=0.1)},
    "many_rows": {"model": Sequential(Linear(6, 100)), **MANY},
    "many_norms": {"model": Sequential(Linear(6, 20), LayerNorm(20)), **MANY},
    "many_words": {"model": FEW_WORDS, **MANY, "input_shape": (150, 20)},
}
"""Training otherwise, with numbers large enough to show in three steps."""
SMALL = Sequential(Linear(6, 16), ReLU(), Linear(16, 3))


def cases(preset):
    """The same whatever the preset."""
    for name, (model, shape) in MODELS.items():
        same: dict[str, Any] = {"suite": "deep", "model": model, "input_shape": shape}
        yield Forward(name=f"{name}forward", **same)
        yield Train(name=f"{name}train", optimizer=SGD(lr=0.1), **same)
        if name in ("images_", "words_"):
            yield Train(name=f"{name}adam", optimizer=Adam(lr=0.01), **same)
        if name == "images_":  # a decay that shows beside a step of 0.01
            yield Train(name=f"{name}adamw", optimizer=DECAYING, **same)
    for name, recipe in RECIPES.items():
        yield Train(suite="deep", name=name, **recipe)
    for inputs in ("host", "loop", "background"):
        same = {"suite": "deep", "model": PLAIN, "input_shape": (8, 3, 4, 3), "inputs": inputs}
        yield Train(name=f"{inputs}_train", optimizer=SGD(lr=0.1), **same)
    yield Decode(suite="deep", name="writer_decode", model=WRITER, steps=6, batch=3)
    yield Forward(suite="deep", name="host_words", model=WORDS, input_shape=(4, 9), inputs="host")
    for inputs in ("device", "host"):
        yield learning(f"learn_{inputs}", SGD(lr=0.1), inputs)
    yield learning("learn_momentum", SGD(lr=0.1, momentum=0.9, schedule=Cosine(12)), "device")
    yield learning("learn_adamw", AdamW(lr=0.01), "device")
    yield Lifecycle(learn=learning("life", SGD(lr=0.1), "device"))


def learning(name, optimizer, inputs):
    """Two epochs of six batches, the last samples left out."""
    return Learn(
        suite="deep",
        name=name,
        model=SMALL,
        data=Data("synthetic", 50, 20, (6,), 3),
        batch=8,
        epochs=2,
        optimizer=optimizer,
        inputs=inputs,
    )
