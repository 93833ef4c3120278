"""FLOP and bytes of one step of a model, from its layer tree.

Bytes are the compulsory traffic of the roofline model (Williams et al., CACM 2009): every array a
layer must read is read once and every array it makes is written once.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from suites.layers import (
    Concat,
    CrossAttention,
    Dropout,
    EmbeddingBag,
    Interaction,
    Layer,
    MaxPool,
    Node,
    ReLU,
    Residual,
    SelfAttention,
    Sequential,
    Shape,
    SwiGLU,
    TiedHead,
    Upsample,
    parameters,
    walk,
)
from suites.layers.recurrent import Recurrent


def forward_flop(model: Layer, shape: Shape) -> int:
    """FLOP of one forward pass over a batch of `shape`."""
    return sum(node.layer.flop(node.input) for node in walk(model, shape))


def train_flop(model: Layer, shape: Shape, update_flop: int) -> int:
    """FLOP of one training step: forward, backward, and `update_flop` for each parameter.

    The backward pass of a product is two products of the same size, one for each operand (Kaplan
    et al., arXiv:2001.08361, section 2.1: backward is twice forward). The first layer with
    parameters needs no gradient of its input: products that read it are charged one there, and
    layers before it none.
    """
    total, seen_parameters = forward_flop(model, shape), False
    for node in walk(model, shape):
        has_parameters = bool(node.layer.parameters()) or isinstance(node.layer, TiedHead)
        if has_parameters:
            total += 2 * node.layer.flop(node.input)
            if not seen_parameters:
                total -= node.layer.input_flop(node.input)
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


def forward_peak_bytes(model: Layer, shape: Shape, itemsize: int) -> int:
    """Memory a forward pass takes: weights and inputs on the host and on the device, what the
    widest layer reads and makes, and as much again for the room its kernel works in."""
    resident = 2 * (parameter_count(model, shape) + math.prod(shape))
    return itemsize * (resident + 2 * _widest(model, shape, _at_once))


def train_peak_bytes(model: Layer, shape: Shape, itemsize: int, state_arrays: int) -> int:
    """Memory a training step takes, as the sum of

    - weights on the host; weights, gradients and optimizer state on the device;
    - the batch on the host and on the device;
    - what the backward pass needs of the forward pass: see `_kept`;
    - the loss's logarithms of what the model returns, and their gradient;
    - gradients at the widest layer: of what it makes, of what it reads, and of what some make on
      the way.

    What the C library keeps of freed arrays, and a compiler of its programs, is not in it.
    """
    arrays = (3 + state_arrays) * parameter_count(model, shape) + 2 * math.prod(shape)
    kept = sum(_kept(node) for node in walk(model, shape))
    loss = 2 * math.prod(model.output_shape(shape))
    return itemsize * (arrays + kept + loss + _widest(model, shape, _gradients))


def _kept(node: Node) -> int:
    """Elements a layer adds to what is held until the backward pass.

    Every layer's result is the next one's input, and most derivatives need their input. Two results
    take no memory of their own: ReLU, whose derivative follows from its output, overwrites its
    input, and a residual sum needs neither operand. MaxPool keeps an index, two elements wide, for
    each result; attention keeps Q, K, V and what its heads return, but computes its shares again
    (Dao et al., arXiv:2205.14135); SwiGLU keeps both products and what their product is made of.
    """
    match node.layer:
        case ReLU() | Residual():
            return 0
        case Dropout(active=True):  # a mask besides
            return 2 * math.prod(node.output)
        case MaxPool():
            return 3 * math.prod(node.output)
        case SelfAttention(width=width) as attention:
            return math.prod(node.output) // width * (sum(attention.rows) + 2 * width)
        case CrossAttention() as crossed:
            others = math.prod(crossed.context.output_shape(node.input))
            return 3 * math.prod(node.output) + 2 * others
        case SwiGLU(width=width, hidden=hidden):
            return math.prod(node.output) // width * (4 * hidden + width)
    return _made(node)


def _made(node: Node) -> int:
    """Of a layer whose result is kept, or of which it says itself what is."""
    match node.layer:
        case Concat() as joined:
            return _copied(joined, node.input)
        case Recurrent() as recurrent:
            return recurrent.kept(node.input)
    return math.prod(node.output) if _works(node) or isinstance(node.layer, Upsample) else 0


def _copied(layer: Concat, shape: Shape) -> int:
    """Elements that are kept beside their copy in the joined array: a rectifier's, for its own
    derivative, and the input of an empty branch."""
    branches = [child for _, child in layer.children]
    kept = [each for each in branches if isinstance(_end(each), ReLU | None)]
    return sum(math.prod(each.output_shape(shape)) for each in kept)


def _end(layer: Layer) -> Layer | None:
    """The last layer that computes anything; None of an empty sequence."""
    while isinstance(layer, Sequential):
        if not layer.children:
            return None
        layer = layer.children[-1][1]
    return layer


def _widest(model: Layer, shape: Shape, at_once: Callable[[Node], int]) -> int:
    """Elements that the layer with the largest arrays has at once, weights excluded."""
    return max((at_once(node) for node in walk(model, shape) if _works(node)), default=0)


def _at_once(node: Node) -> int:
    """What a layer reads and makes, and what some make on the way."""
    inner = node.layer.inner(node.input) if isinstance(node.layer, Recurrent | Interaction) else 0
    return math.prod(node.input) + math.prod(node.output) + inner


def _gradients(node: Node) -> int:
    """The same in the backward pass."""
    if isinstance(node.layer, Recurrent):
        moved = math.prod(node.input) + math.prod(node.output)
        return moved + node.layer.inner_gradients(node.input)
    return _at_once(node)


def parameter_count(model: Layer, shape: Shape) -> int:
    """Number of learned values."""
    return sum(math.prod(p.shape) for p in parameters(model, shape).values() if p.learned)


def _works(node: Node) -> bool:
    """Whether the layer computes anything itself; containers and reshapes move no data."""
    return node.layer.flop(node.input) > 0


def _elements(node: Node) -> int:
    if isinstance(node.layer, EmbeddingBag):  # of the weight the rows that the tokens name
        read = math.prod(node.layer.read(node.input))
        return read + read * node.layer.width + math.prod(node.output)
    own = sum(math.prod(parameter.shape) for parameter in node.layer.parameters().values())
    if isinstance(node.layer, TiedHead):  # the weight is another layer's, and read all the same
        own = node.layer.tokens * node.layer.width
    return math.prod(node.input) + own + math.prod(node.output)
