"""What a model must be as a whole: of sizes above 0, with tokens read by embeddings alone, and of
layers that whoever computes it knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suites.layers.attention import CrossAttention
from suites.layers.bags import Counts, EmbeddingBag
from suites.layers.dense import Embedding, TiedHead
from suites.layers.tree import (
    Concat,
    Gated,
    Layer,
    Node,
    Residual,
    Sequential,
    Shape,
    ShapeError,
    below,
    join,
    walk,
)


def check(model: Layer, shape: Shape) -> None:
    """Raises ShapeError, with the path of the layer, where the model does not take the shape, a
    size is no whole number above 0, or anything but an embedding would read tokens."""
    if not isinstance(shape, tuple) or not shape or not all(_is_size(size) for size in shape):
        raise ShapeError(f"a model's input expects a tuple of sizes above 0. Received: {shape!r}")
    below("", model, shape)
    for node in walk(model, shape):
        # What is wrong with a composite is wrong with one of its layers, which names the path.
        if next(node.layer.flow(node.input), None) is None:
            _require_sizes(node)
    _require_tokens(model, shape)
    _require_tied(model, shape)


def vocabulary(model: Layer, shape: Shape) -> int | None:
    """How many different tokens a model takes: as many as all its embeddings know; None if it takes
    numbers."""
    takers = _embeddings(model, shape).values()
    known = (layer.tokens for layer in takers if not isinstance(layer, Counts))
    return min(known, default=None)


def lacking(
    holder: str,
    layer: Layer,
    known: Mapping[type[Layer], Any],
    lacks: Mapping[type[Layer], str] | None = None,
) -> str:
    """Why `holder`, who looks layers up by their exact class, does not compute this one.

    A subclass of a known layer counts as unknown: what it changes cannot be seen.
    """
    kind, reasons = type(layer), lacks or {}
    sentence = f"{holder} has no {kind.__name__}"
    if kind in reasons:
        return f"{sentence}: {reasons[kind]}"
    for base in kind.__mro__[1:]:
        if base in known:
            name = base.__name__
            return f"{sentence}: a subclass of {name} may compute something else. Use {name} itself"
    return sentence


_Taker = Embedding | EmbeddingBag | Counts
"""Layers that compute with tokens."""


def _embeddings(model: Layer, shape: Shape) -> dict[str, _Taker]:
    return {n.path: n.layer for n in walk(model, shape) if isinstance(n.layer, _Taker)}


def _require_sizes(node: Node) -> None:
    try:
        sizes = {name: p.shape for name, p in node.layer.parameters().items()}
    except (ZeroDivisionError, ValueError):  # of no inputs, of a negative number
        sizes = {"parameters": (0,)}
    sizes["output"] = node.output
    for name, size in sizes.items():
        if not all(_is_size(length) for length in size):
            kind = type(node.layer).__name__
            problem = f"{kind} expects sizes above 0. Received: {name} {list(size)}"
            raise ShapeError(f"{problem} for {list(node.input)}", node.path)


def _require_tokens(model: Layer, shape: Shape) -> None:
    """Tokens are no numbers: an embedding takes nothing else, and nothing else takes them."""
    embeddings, readers = _embeddings(model, shape), dict(_readers(model, ""))
    for path, taker in embeddings.items():
        if path not in readers:
            raise ShapeError(
                f"{type(taker).__name__} expects tokens, which are a model's input. Received: "
                "another layer's output",
                path,
            )
    if embeddings and vocabulary(model, shape) is None:
        raise ShapeError("Counts expects an embedding beside it, which says how many tokens occur")
    for path, layer in readers.items() if embeddings else ():
        if path not in embeddings:
            kind, other = type(layer).__name__, next(iter(embeddings))
            raise ShapeError(
                f"{kind} expects numbers. Received: the tokens that {other} takes", path
            )


def _require_tied(model: Layer, shape: Shape) -> None:
    """A tied head finds its embedding, of its own sizes."""
    embeddings = _embeddings(model, shape)
    for node in walk(model, shape):
        if isinstance(node.layer, TiedHead):
            head, found = node.layer, embeddings.get(node.layer.of)
            if found != Embedding(head.tokens, head.width):
                there = ", ".join(f"{path!r}: {each}" for path, each in embeddings.items())
                raise ShapeError(
                    f"TiedHead expects the path of an Embedding({head.tokens}, {head.width}). "
                    f"Received: {head.of!r}; there is {there or 'none'}",
                    node.path,
                )


def _readers(layer: Layer, path: str) -> Iterator[tuple[str, Layer]]:
    """Every layer that computes with the very input of the tree."""
    match layer:
        case Sequential(children=((name, first), *_)):
            yield from _readers(first, join(path, name))
        case Concat():
            for name, child in layer.children:
                yield from _readers(child, join(path, name))
        case Residual(shortcut=Layer() as shortcut):
            yield from _readers(layer.body, join(path, "body"))
            yield from _readers(shortcut, join(path, "shortcut"))
        case Residual() | Gated():
            yield path, layer
            yield from _readers(layer.body, join(path, "body"))
        case CrossAttention():
            yield path, layer
            yield from _readers(layer.context, join(path, "context"))
        case _:
            yield path, layer


def _is_size(size: object) -> bool:
    return isinstance(size, int) and size > 0
