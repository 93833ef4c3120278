"""A recommender: DLRM as its authors run it on Criteo's Kaggle data, with small tables.

Naumov et al., arXiv:1906.00091, `dlrm_s_criteo_kaggle.sh`: vectors of 16, MLPs 13-512-256-64-16 and
512-256-1. Their tables have up to ten million rows, ours 10,000 each; their one logit is two
classes here, whose softmax is the sigmoid of the difference.
"""

from __future__ import annotations

import itertools

from suites.layers import Concat, Counts, EmbeddingBag, Interaction, Layer, Linear, ReLU, Sequential

COUNTS, TABLES = 13, 26
ROWS, WIDTH = 10_000, 16
BAG = 4
"""Tokens of each feature: where it has one, as Criteo's have, a bag is a row, and sums nothing."""

PLACES = COUNTS + TABLES * BAG
"""Columns of a sample: its counts, then the bags."""


def dlrm_small() -> Sequential:
    """Samples [batch, 117], of counts and tokens, to [batch, 2]."""
    bags = {
        f"table_{table}": EmbeddingBag(ROWS, WIDTH, "sum", COUNTS + table * BAG, BAG)
        for table in range(TABLES)
    }
    dense = Sequential(Counts(COUNTS, 512), ReLU(), *_mlp(512, 256, 64, WIDTH), ReLU())
    vectors = 1 + TABLES
    pairs = WIDTH + vectors * (vectors - 1) // 2
    return Sequential(
        features=Concat(dense=dense, **bags),
        interaction=Interaction(WIDTH),
        top=Sequential(*_mlp(pairs, 512, 256, 2)),
    )


def _mlp(*sizes: int) -> list[Layer]:
    """Linear layers with ReLU between them."""
    layers: list[Layer] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [ReLU(), Linear(inputs, outputs)] if layers else [Linear(inputs, outputs)]
    return layers
