"""The layers of recommenders."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from frameworks.tf.attention import affine
from frameworks.tf.images import Apply
from suites.layers import Counts, EmbeddingBag, Interaction


def embedding_bag(layer: EmbeddingBag, weight: Any) -> Apply:
    gathered = tf.reduce_mean if layer.mode == "mean" else tf.reduce_sum
    return lambda x: gathered(tf.gather(weight, x[:, layer.columns(x.shape)]), 1)


def counts(layer: Counts, weight: Any, bias: Any) -> Apply:
    linear = affine(weight, bias)

    def apply(x: Any) -> Any:
        logs = tf.math.log1p(tf.cast(x[:, layer.columns()], tf.float32))
        return linear(tf.cast(logs, weight.dtype))

    return apply


def interaction(layer: Interaction) -> Apply:
    def apply(x: Any) -> Any:
        vectors = tf.reshape(x, (x.shape[0], -1, layer.width))
        products = tf.reshape(tf.matmul(vectors, vectors, transpose_b=True), (x.shape[0], -1))
        pairs = tf.gather(products, layer.pairs(x.shape), axis=1)
        return tf.concat([x[:, : layer.width], pairs], 1)

    return apply
