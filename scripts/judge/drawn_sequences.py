"""Small recurrent networks and recommenders drawn at random, over numbers and over tokens."""

from suites.layers import (
    GRU,
    LSTM,
    RNN,
    Concat,
    Counts,
    Embedding,
    EmbeddingBag,
    Interaction,
    LastToken,
    Layer,
    Linear,
    ReLU,
    SequenceMean,
    Sequential,
)


def model(draw):
    """A model and the shape of its input."""
    batch, classes = draw.randint(2, 16), draw.randint(2, 10)
    return (_recommender if draw.random() < 0.3 else _recurrent)(draw, batch, classes)


def _recurrent(draw, batch, classes):
    places, width = draw.choice((1, 3, 8, 20)), draw.choice((3, 8, 20))
    tokens, inputs = draw.random() < 0.5, width
    layers: list[Layer] = [Embedding(50, width)] if tokens else []
    for _ in range(draw.randint(1, 2)):
        kind, outputs, both = draw.choice((LSTM, GRU, RNN)), draw.choice((4, 8, 32)), draw.random()
        layers.append(kind(width, outputs, levels=draw.randint(1, 2), bidirectional=both < 0.3))
        width = outputs * (1 + (both < 0.3))
    if (gathered := draw.choice((LastToken, SequenceMean, None))) is not None:
        layers.append(gathered())
    shape = (batch, places) if tokens else (batch, places, inputs)
    return Sequential(*layers, Linear(width, classes)), shape


def _recommender(draw, batch, classes):
    width, bags, counts = draw.choice((2, 4, 8)), draw.randint(1, 4), draw.randint(1, 5)
    dense = Sequential(Counts(counts, 8), ReLU(), Linear(8, width))
    branches: list[Layer] = [dense]
    first = counts
    for _ in range(bags):
        count, mode = draw.randint(1, 4), draw.choice(("sum", "mean"))
        branches.append(EmbeddingBag(draw.choice((10, 100)), width, mode, first, count))
        first += count
    vectors = bags + 1
    outputs = width + vectors * (vectors - 1) // 2
    layers = (Concat(*branches), Interaction(width), Linear(outputs, classes))
    return Sequential(*layers), (batch, first)
