"""Small networks drawn at random, the same for the same number, and suite files that hold them."""

import random

from scripts.judge import drawn_decoders, drawn_sequences
from suites.layers import (
    ELU,
    GELU,
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    Conv2d,
    Flatten,
    GlobalAvgPool,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    MaxPool,
    ReLU,
    ReLU6,
    Residual,
    Sequential,
    Sigmoid,
    SiLU,
    Tanh,
    cost,
)
from suites.workload import (
    LOSSES,
    SGD,
    Adam,
    AdamW,
    Cosine,
    Forward,
    RMSprop,
    StepDecay,
    Train,
    WarmupLinear,
)

ACTIVATIONS = (ReLU, ReLU, ReLU, ReLU6, LeakyReLU, ELU, GELU, SiLU, Sigmoid, Tanh)
PIXELS = (8, 12, 16, 24, 32)
WIDTHS = (4, 8, 12, 16, 24, 32)

STATISTICS = 8
"""Values of a channel in a batch, at least, where batch normalisation is put: of fewer a spread
says nothing."""

SEQUENCES = 5
"""Every so many are recurrent networks or recommenders."""

DECODERS = 2
"""Of the others, those whose number leaves this with SEQUENCES are decoders."""

MOST_FLOP = 3e8
"""Of a step: the reference takes its time too."""

FILE = '''"""Networks {first} to {last} of those drawn at random."""

from scripts.judge import drawn


def cases(preset):
    """The same in all presets."""
    return drawn.cases({first}, {last})
'''


def write(path, first, last):
    """A suite file with the networks of these numbers, `last` included."""
    path.write_text(FILE.format(first=first, last=last))
    return path


def cases(first, last):
    """Of each network a training step and a forward pass; of a decoder tokens written."""
    for number in range(first, last + 1):
        yield from network(number)


def network(number):
    """All pieces of work with the network of this number."""
    for attempt in range(1000):
        draw = random.Random(f"{number} {attempt}")
        kinds = {0: drawn_sequences.model, DECODERS: drawn_decoders.model}
        model, shape = kinds.get(number % SEQUENCES, _model)(draw)
        rule = draw.choice((SGD, Adam))
        rate = draw.choice((1e-3, 1e-2, 0.1) if rule is SGD else (1e-4, 1e-3, 1e-2))
        named = {"suite": "drawn", "model": model, "input_shape": shape}
        recipe = _recipe(number, shape[0])
        rule = _tuned(number, rule(lr=rate))
        train = Train(name=f"{number}_train", optimizer=rule, **named, **recipe)
        if train.flop <= MOST_FLOP and cost.parameter_count(model, shape) > 0:
            forward = Forward(name=f"{number}_forward", **named)
            decoder = number % SEQUENCES == DECODERS
            written = drawn_decoders.decoding(number, model, shape) if decoder else []
            return train, forward, *written
    raise AssertionError("no network was small enough")


def _tuned(number, rule):
    """Every third network gets another rule of the same rate, or a schedule."""
    draw = random.Random(f"rule {number}")
    if number % 3:
        return rule
    schedule = draw.choice((None, StepDecay(2, 0.5), Cosine(40), WarmupLinear(4, 40)))
    decay = draw.choice((0.0, 1e-3, 0.1))
    if isinstance(rule, SGD):
        nesterov = draw.random() < 0.5
        return SGD(rule.lr, 0.9, nesterov, decay, schedule=schedule)
    if draw.random() < 0.4:
        return RMSprop(rule.lr / 10, schedule=schedule)
    kind = draw.choice((Adam, AdamW))
    return kind(rule.lr, weight_decay=decay, schedule=schedule)


def _recipe(number, batch):
    """Every fourth network gets another loss, or its batch in parts, or its gradients clipped."""
    draw = random.Random(f"recipe {number}")
    if number % 4:
        return {}
    whole = [parts for parts in (1, 2, 3) if batch % parts == 0 and batch // parts >= 4]
    named = {"loss": draw.choice(LOSSES), "accumulate": draw.choice(whole or [1])}
    return named | {"clip_norm": draw.choice((None, 1e-2, 0.3))}


def _model(draw):
    batch, classes = draw.randint(2, 16), draw.randint(2, 10)
    if draw.random() < 0.2:
        width = draw.choice((8, 20, 64, 200))
        return Sequential(*_dense(draw, width, classes)), (batch, width)
    pixels, channels = draw.choice(PIXELS), draw.choice((1, 3))
    layers: list[Layer] = []
    shape: tuple[int, ...] = (batch, channels, pixels, pixels)
    for _ in range(draw.randint(1, 4)):
        layers += _block(draw, shape)
        shape = Sequential(*layers).output_shape((batch, channels, pixels, pixels))
    layers += _gathered(draw, shape)
    width = Sequential(*layers).output_shape((batch, channels, pixels, pixels))[-1]
    return Sequential(*layers, *_dense(draw, width, classes)), (batch, channels, pixels, pixels)


def _block(draw, shape):
    """A convolution and what may follow it."""
    _, channels, pixels, _ = shape
    if draw.random() < 0.15:
        body = Sequential(Conv2d(channels, channels, 3, padding=1), draw.choice(ACTIVATIONS)())
        return [Residual(body)]
    depthwise = draw.random() < 0.2
    outputs = channels * draw.choice((1, 2)) if depthwise else draw.choice(WIDTHS)
    groups = channels if depthwise else _groups(draw, channels, outputs)
    kernel = draw.choice((1, 3, 3, 3, 5))
    kernel = kernel if kernel <= pixels else 1
    stride = draw.choice((1, 1, 2)) if pixels >= 4 else 1
    named = {"padding": draw.choice((0, kernel // 2, kernel // 2)), "groups": groups}
    layer = Conv2d(channels, outputs, kernel, stride, bias=draw.random() < 0.7, **named)
    layers: list[Layer] = [layer]
    after = layer.output_shape(shape)
    if draw.random() < 0.4 and after[0] * after[2] * after[3] >= STATISTICS:
        layers.append(BatchNorm(outputs))
    elif draw.random() < 0.1 and after[3] > 1:
        layers.append(LayerNorm(after[3]))
    layers.append(draw.choice(ACTIVATIONS)())
    if draw.random() < 0.3 and after[2] >= 4:
        layers.append(draw.choice((MaxPool, AvgPool))(2, 2))
    return layers


def _groups(draw, channels, outputs):
    fits = [n for n in (2, 4) if channels % n == 0 and outputs % n == 0]
    return draw.choice(fits) if fits and draw.random() < 0.3 else 1


def _gathered(draw, shape):
    """From images to rows."""
    smallest = min(shape[2:])
    kind = draw.choice(("global", "global", "flat", "adaptive"))
    if kind == "flat" and shape[1] * shape[2] * shape[3] <= 1024:
        return [Flatten()]
    if kind == "adaptive" and smallest >= 2:
        return [AdaptiveAvgPool(2), Flatten()]
    return [GlobalAvgPool(), Flatten()]


def _dense(draw, width, classes):
    """Linear layers, the last one to the classes."""
    layers: list[Layer] = []
    for _ in range(draw.choice((0, 0, 1, 2))):
        outputs = draw.choice((8, 16, 32, 64))
        layers.append(Linear(width, outputs, bias=draw.random() < 0.8))
        if draw.random() < 0.2:
            layers.append(LayerNorm(outputs))
        layers.append(draw.choice(ACTIVATIONS)())
        width = outputs
    return [*layers, Linear(width, classes)]
