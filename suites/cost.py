"""FLOP and bytes of one step of a model, from its layer tree.

Bytes are the compulsory traffic of the roofline model (Williams et al., CACM 2009): every array a
layer must read is read once and every array it makes is written once.
"""

from __future__ import annotations

import math

from suites.layers import Layer, Node, Shape, walk


def forward_flop(model: Layer, shape: Shape) -> int:
    """FLOP of one forward pass over a batch of `shape`."""
    return sum(node.layer.flop(node.input) for node in walk(model, shape))


def train_flop(model: Layer, shape: Shape, update_flop: int) -> int:
    """FLOP of one training step: forward, backward, and `update_flop` for each parameter.

    The backward pass of a product is two products of the same size, one for each operand (Kaplan
    et al., arXiv:2001.08361, section 2.1: backward is twice forward). The first layer with
    parameters needs no gradient of its input, so it is charged one; layers before it none.
    """
    total, seen_parameters = forward_flop(model, shape), False
    for node in walk(model, shape):
        has_parameters = bool(node.layer.parameters())
        if has_parameters:
            total += node.layer.flop(node.input) * (2 if seen_parameters else 1)
            seen_parameters = True
        elif seen_parameters:
            total += node.layer.flop(node.input)
    return total + update_flop * parameter_count(model, shape)


def forward_bytes(model: Layer, shape: Shape, itemsize: int) -> int:
    """Bytes one forward pass must move."""
    return itemsize * sum(_elements(node) for node in walk(model, shape) if _works(node))


def train_bytes(model: Layer, shape: Shape, itemsize: int) -> int:
    """Bytes one training step must move: backward mirrors forward for each of the two gradients.

    The update reads the gradient and the parameter and writes the parameter.
    """
    update = 3 * parameter_count(model, shape) * itemsize
    return 3 * forward_bytes(model, shape, itemsize) + update


def activation_bytes(model: Layer, shape: Shape, itemsize: int) -> int:
    """Bytes of every intermediate result, kept as training keeps them."""
    return itemsize * sum(math.prod(n.output) for n in walk(model, shape) if _works(n))


def parameter_count(model: Layer, shape: Shape) -> int:
    """Number of learned values."""
    return sum(
        math.prod(parameter.shape)
        for node in walk(model, shape)
        for parameter in node.layer.parameters().values()
    )


def _works(node: Node) -> bool:
    """Whether the layer computes anything itself; containers and reshapes move no data."""
    return node.layer.flop(node.input) > 0


def _elements(node: Node) -> int:
    own = sum(math.prod(parameter.shape) for parameter in node.layer.parameters().values())
    return math.prod(node.input) + own + math.prod(node.output)
