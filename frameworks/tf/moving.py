"""Layers that move values, and images between the description's layout and ours: channels last."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from frameworks.shared.channels_last import IMAGE, first_order, last_order, stored_order
from frameworks.tf.images import Apply
from suites.layers import Permute, PixelShuffle, Reshape


def channels_first(x: Any) -> Any:
    """An image in the description's layout; anything else as it is."""
    return tf.transpose(x, first_order(len(x.shape))) if len(x.shape) >= IMAGE else x


def channels_last(x: Any) -> Any:
    """An image of the description's layout in ours; anything else as it is."""
    return tf.transpose(x, last_order(len(x.shape))) if len(x.shape) >= IMAGE else x


def reshape(layer: Reshape) -> Apply:
    return lambda x: channels_last(tf.reshape(channels_first(x), (x.shape[0], *layer.shape)))


def permute(layer: Permute) -> Apply:
    order = stored_order(layer.axes)
    return lambda x: tf.transpose(x, order)


def pixel_shuffle(layer: PixelShuffle) -> Apply:
    """The framework's own takes its channels in another order."""
    factor = layer.factor

    def apply(x: Any) -> Any:
        batch, height, width, _ = x.shape
        blocks = tf.reshape(x, (batch, height, width, -1, factor, factor))
        placed = tf.transpose(blocks, (0, 1, 4, 2, 5, 3))
        return tf.reshape(placed, (batch, height * factor, width * factor, -1))

    return apply
