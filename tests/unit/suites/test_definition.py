"""The hash of a definition is its meaning: what changes none of it, and what changes it."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field, make_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from bench.plan.presets import PRESETS
from suites import catalog, layers
from suites.layers import Dropout, Layer, LayerNorm, Linear, ReLU, Residual, Sequential
from suites.operations import OPERATORS
from suites.workload import (
    SGD,
    Adam,
    Data,
    Decode,
    Forward,
    Learn,
    Lifecycle,
    Operation,
    Product,
    Train,
    definition_hash,
    schedules,
)
from suites.workload import optimizers as rules
from suites.workload.definition import definition, kind_word

GOLDEN = Path(__file__).parents[2] / "data" / "definitions.json"

WORKLOADS = (Product, Forward, Train, Learn, Lifecycle, Operation, Decode)


def _classes(module: Any) -> list[type]:
    found = [kind for kind in vars(module).values() if dataclasses.is_dataclass(kind)]
    return [kind for kind in found if isinstance(kind, type) and not inspect.isabstract(kind)]


DESCRIPTIONS = (
    *(kind for kind in _classes(layers) if issubclass(kind, Layer)),
    *_classes(rules),
    *_classes(schedules),
    Data,
    *OPERATORS,
    *WORKLOADS,
)
"""Every class that workloads are described with, except those of named children."""


def hashes() -> dict[str, str]:
    """The hash of every built-in case by its id."""
    works = (
        case
        for suite in catalog.NAMES
        for preset in PRESETS
        for case in catalog.cases(suite, preset)
    )
    return {work.case: definition_hash(work) for work in works}


def defaults() -> dict[str, dict[str, Any]]:
    """All defaults, which hashes leave out, by kind of description."""
    return {
        kind_word(kind): {
            option.name: option.default
            for option in dataclasses.fields(kind)
            if option.default is not dataclasses.MISSING
        }
        for kind in DESCRIPTIONS
    }


def test_built_in_definitions_mean_what_they_meant() -> None:
    """A changed meaning shows as a diff of the golden file; WRITE_GOLDEN=1 accepts it.

    Records of a case whose hash changes compare with none made before. A default that changes does
    worse: one hash for two works. New cases and new options are lines that are added.
    """
    found = {"defaults": defaults(), "hashes": hashes()}
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", ["0", "1"])
def test_hashes_are_those_of_every_process(seed: str) -> None:
    program = (
        "from suites import catalog; from suites.workload import definition_hash; "
        "print(*[definition_hash(case) for case in catalog.cases('lifecycle', 'full')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))["hashes"]
    assert done.stdout.split() == [golden["lifecycle/tiny/5"]]


# --- what may be done to a class ----------------------------------------------------------------


def example(kind: type) -> Any:
    """An object of this class with every field at a value that is no default."""
    made = object.__new__(kind)  # its own checks are not asked: any value has a definition
    for number, option in enumerate(dataclasses.fields(kind)):
        object.__setattr__(made, option.name, 1000 + number)
    return made


def like(kind: type, name: str, options: Any = (), **namespace: Any) -> Any:
    """The example of a class that this one might become."""
    named = {"definition_kind": kind_word(kind)} | namespace
    changed = make_dataclass(
        name, options, bases=(kind,), namespace=named, frozen=True, kw_only=True
    )
    made = example(changed)
    for old in dataclasses.fields(kind):
        object.__setattr__(made, old.name, getattr(example(kind), old.name))
    return made


@pytest.mark.parametrize("kind", DESCRIPTIONS, ids=kind_word)
class TestAClass:
    def test_may_be_renamed_if_it_keeps_its_word(self, kind: type) -> None:
        assert definition(like(kind, "Renamed")) == definition(example(kind))

    def test_is_another_kind_under_another_word(self, kind: type) -> None:
        other = like(kind, "Renamed", definition_kind="Renamed")
        assert definition(other) != definition(example(kind))

    def test_may_get_an_option_with_a_default(self, kind: type) -> None:
        options = [
            ("added", bool, False),
            ("tuned", float, 0.5),
            ("ways", tuple, field(default_factory=tuple)),
        ]
        grown = like(kind, kind.__name__, options)
        for name, value in (("added", False), ("tuned", 0.5), ("ways", ())):
            object.__setattr__(grown, name, value)
        assert definition(grown) == definition(example(kind))
        for name, value in (("added", True), ("tuned", 0.25), ("ways", (1,))):  # type: ignore[assignment]
            other = like(kind, kind.__name__, options)
            for same in ("added", "tuned", "ways"):
                object.__setattr__(other, same, getattr(grown, same))
            object.__setattr__(other, name, value)
            assert definition(other) != definition(example(kind))

    def test_means_something_else_with_any_other_value(self, kind: type) -> None:
        for option in dataclasses.fields(kind):
            other = example(kind)
            object.__setattr__(other, option.name, 7)
            assert definition(other) != definition(example(kind)), option.name


def test_no_two_classes_have_one_word() -> None:
    words = [kind_word(kind) for kind in (*DESCRIPTIONS, Sequential, layers.Concat)]
    assert sorted(words) == sorted(set(words))


def test_a_word_is_not_inherited() -> None:
    class Old(ReLU):
        definition_kind: ClassVar[str] = "ReLU"

    class New(Old):
        pass

    assert definition(Old()) == definition(ReLU())
    assert definition(New()) != definition(ReLU())


# --- what is the same, and what is not ----------------------------------------------------------


def test_numbers_mean_what_their_field_says() -> None:
    assert definition(SGD(lr=1)) == definition(SGD(lr=1.0)) == definition(SGD(lr=np.float64(1)))
    assert definition(Linear(2, 3, bias=1)) == definition(Linear(2, 3))  # type: ignore[arg-type]
    assert definition(LayerNorm(2, eps=-0.0)) == definition(LayerNorm(2, eps=0))
    assert definition(SGD(lr=0.1)) != definition(SGD(lr=np.nextafter(0.1, 1)))


def test_names_of_children_and_their_order_matter() -> None:
    a, b = Linear(2, 2), ReLU()
    same = [Sequential(a, b), Sequential(Linear(2, 2), ReLU()), Sequential(**{"0": a, "1": b})]
    assert len(set(map(definition, same))) == 1
    others = [Sequential(b, a), Sequential(first=a, second=b), layers.Concat(a, b), Sequential(a)]
    assert len(set(map(definition, [*same, *others]))) == 1 + len(others)


def test_a_default_that_is_given_is_one_that_is_not() -> None:
    assert definition(Adam(1e-3, 0.9, 0.999, 1e-8)) == definition(Adam(lr=1e-3))
    assert definition(Residual(ReLU(), None)) == definition(Residual(ReLU()))
    assert definition(Dropout(0.2)) != definition(layers.StochasticDepth())


def test_layers_of_a_users_own_need_not_be_dataclasses() -> None:
    class Scale(ReLU):
        pass

    class Table(Layer):
        def __init__(self, **values: object) -> None:
            self.values = values

        def output_shape(self, shape: layers.Shape) -> layers.Shape:
            return shape

    assert definition(Scale()) == definition(Scale()) != definition(ReLU())
    assert definition(Table(a=1, b=(2.5, None))) == definition(Table(b=[2.5, None], a=1))
    assert definition(Table(a=1)) != definition(Table(a="1")) != definition(Table(b="1"))


@pytest.mark.parametrize(
    "value", [print, np.zeros(2), object(), Linear, {1}], ids=lambda value: type(value).__name__
)
def test_what_cannot_be_written_down_is_refused(value: object) -> None:
    @dataclass(frozen=True)
    class Own(ReLU):
        value: object = None

    with pytest.raises(ValueError, match="a description expects numbers, words"):
        definition(Own(value))


def test_every_part_of_learning_is_part_of_a_life() -> None:
    learn = Learn(
        suite="s",
        name="n",
        model=Linear(2, 2),
        data=Data("points", 5, 2, (2,), 2),
        batch=2,
        epochs=3,
        optimizer=SGD(lr=0.5),
    )
    others = [
        replace(learn, epochs=4),
        replace(learn, optimizer=SGD(lr=0.25)),
        replace(learn, data=replace(learn.data, source="random")),
        replace(learn, inputs="host"),
    ]
    lives = [learn, *(Lifecycle(learn=each) for each in (learn, *others))]
    assert len(set(map(definition_hash, lives))) == len(lives)
