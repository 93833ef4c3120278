"""Every adapter's table of layers, and the reference's, holds each layer once or names why not.

The tables are read from the source, so no framework is needed.
"""

import ast
from collections import Counter
from pathlib import Path

import pytest

from frameworks import FRAMEWORKS
from frameworks.interface import Unsupported
from frameworks.numpy.layers import lower
from suites import layers
from suites.layers import Layer, Linear, ReLU, Sequential, lacking, walk
from suites.layers.elementwise import Elementwise
from suites.verification.reference.meanings.model import NoReference, Pass
from tests.conformance import every_layer

ROOT = Path(__file__).resolve().parents[3]
TABLES: list[tuple[Path, tuple[str, ...]]] = [
    (ROOT / f"frameworks/{name}", ("LOWERINGS", "LACKS")) for name in FRAMEWORKS
]
TABLES.append((ROOT / "suites/verification/reference/meanings", ("MEANINGS",)))
"""Folders, any of whose files may hold a part of these tables."""


def kinds(base=Layer):
    """Names of all layers that a model can be made of: those that no other one is the base of, and
    those that are exported."""
    found = set()
    for kind in base.__subclasses__():
        if kind.__module__.startswith("suites.layers."):
            found |= kinds(kind)
            if kind.__name__ in layers.__all__ or not kind.__subclasses__():
                found.add(kind.__name__)
    return found


def wrong(sources, tables):
    """Layers that these tables do not hold exactly once, as `name: how often`."""
    found = [pair for source in sources for pair in _rows(ast.parse(source), tables)]
    assert {table for table, _ in found} >= set(tables[:1])
    held = Counter(name for _, name in found)
    every = kinds() | set(held)
    return sorted(f"{name}: {held[name]}" for name in every if held[name] != (name in kinds()))


def _rows(tree, tables):
    """Every table with the class that is the key of a row, as in `layers.ReLU`; `**` is none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", None) in tables:
            for key in node.value.keys:  # type: ignore[attr-defined]
                if key is not None:
                    yield node.target.id, key.attr


def texts(folder):
    return [path.read_text() for path in sorted(folder.glob("*.py"))]


@pytest.mark.parametrize(("folder", "tables"), TABLES, ids=lambda value: getattr(value, "name", ""))
def test_every_table_holds_every_layer_once(folder, tables):
    assert not wrong(texts(folder), tables)


def test_every_layer_is_exported():
    assert kinds() <= set(layers.__all__)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("    layers.Tanh: plain(jnp.tanh),\n", "", "Tanh: 0"),
        ("layers.Tanh:", "layers.ReLU:", "ReLU: 2"),
        ("layers.Tanh:", "layers.Tan:", "Tan: 1"),
        (
            "LACKS: dict[type[Layer], str] = {}",
            "LACKS: dict[type[Layer], str] = {layers.Tanh: ''}",
            "2",
        ),
    ],
)
def test_that_test_can_fail(old, new, found):
    sources = texts(ROOT / "frameworks/jax")
    assert any(old in source for source in sources)
    changed = [source.replace(old, new) for source in sources]
    assert found in " ".join(wrong(changed, ("LOWERINGS", "LACKS")))


def test_what_an_adapter_lacks_may_stand_in_its_other_table():
    sources = [
        source.replace("    layers.Tanh: plain(jnp.tanh),\n", "").replace(
            "str] = {}", "str] = {layers.Tanh: 'it has no such function'}"
        )
        for source in texts(ROOT / "frameworks/jax")
    ]
    assert not wrong(sources, ("LOWERINGS", "LACKS"))


def missing(models):
    """Layers that none of the models holds."""
    held = {type(node.layer).__name__ for model, shape in models for node in walk(model, shape)}
    return kinds() - held


def test_the_models_of_the_conformance_tests_hold_every_layer():
    assert not missing(every_layer.MODELS.values())


def test_that_they_do_can_fail():
    models = [every_layer.MODELS[name] for name in every_layer.MODELS if name != "words_"]
    assert "FirstToken" in missing(models)


class Mine(Linear):
    """Might compute anything."""


class Foreign(Elementwise):
    """Derives from no layer that anyone knows."""


def test_a_subclass_of_a_layer_is_refused_by_adapters_and_reference_alike():
    model = Sequential(Mine(3, 3))
    said = "no Mine: a subclass of Linear may compute something else. Use Linear itself"
    with pytest.raises(Unsupported, match=f"^NumPy's adapter has {said}$"):
        lower(model, "", {"0.weight": None, "0.bias": None})
    with pytest.raises(NoReference, match=f"^the reference has {said}; see docs/adding.md$"):
        Pass({}).apply(model, None)


def test_a_lacking_layer_is_refused_with_its_reason():
    assert lacking("X", ReLU(), {}) == "X has no ReLU"
    assert lacking("X", ReLU(), {}, {ReLU: "it has no max"}) == "X has no ReLU: it has no max"
    assert lacking("X", Foreign(), {ReLU: None}) == "X has no Foreign"
