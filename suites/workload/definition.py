"""The hash of what a workload means: the same for as long as the work is.

A description is written as the word for its kind and the fields that are not at their default. So
an option with a default may be added, and a class may be renamed if it keeps its old word. A
default is part of what old records mean: it never changes (tests hold all defaults).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from numbers import Integral, Real
from typing import Any

from suites.layers import Layer

_NUMBERS: dict[object, Callable[[Any], float]] = {
    kind: number for number in (bool, int, float) for kind in (number, number.__name__)
}
"""Types of fields in which 1, 1.0 and True mean the same, as types or as they are written."""


def definition_hash(workload: object) -> str:
    """sha256 of the definition: two records with one hash ran the same work."""
    return hashlib.sha256(definition(workload).encode()).hexdigest()


def definition(described: object) -> str:
    """What the description means, as one line of ASCII that is the same on every machine.

    Raises ValueError for what has no such line: functions, arrays.
    """
    return json.dumps(_form(described), sort_keys=True, separators=(",", ":"))


def kind_word(kind: type) -> str:
    """The class's name, unless the class itself (not what it is made from) gives another."""
    word: str = vars(kind).get("definition_kind", kind.__name__)
    return word


def _form(value: object) -> Any:
    match value:
        case None | bool() | str():
            return value
        case Integral():
            return int(value)
        case Real():
            return float(value) + 0.0  # of -0.0, which is the same, 0.0
        case tuple() | list():
            return [_form(each) for each in value]
        case Mapping():
            pairs = [[_form(name), _form(each)] for name, each in value.items()]
            return {"mapping": sorted(pairs, key=json.dumps)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"kind": kind_word(type(value)), "fields": dict(_said(value))}
    if isinstance(value, Layer):  # of its own making, as layers of named children are
        fields = {name: _form(each) for name, each in vars(value).items()}
        return {"kind": kind_word(type(value)), "fields": fields}
    raise ValueError(
        "a description expects numbers, words, tuples, mappings and descriptions. "
        f"Received: {value!r}"
    )


def _said(described: Any) -> Iterator[tuple[str, Any]]:
    """The fields that are not at their default."""
    for field in dataclasses.fields(described):
        if field.compare:
            value = _typed(field, getattr(described, field.name))
            if not (default := _default(field)) or value != default[0]:
                yield field.name, value


def _default(field: dataclasses.Field[Any]) -> tuple[Any, ...]:
    """The default in a tuple; an empty one where there is none."""
    if field.default is not dataclasses.MISSING:
        return (_typed(field, field.default),)
    if field.default_factory is not dataclasses.MISSING:
        return (_typed(field, field.default_factory()),)
    return ()


def _typed(field: dataclasses.Field[Any], value: object) -> Any:
    """The value's form, as a number of the type that the field declares if it is one."""
    number = _NUMBERS.get(field.type)
    if number is not None and isinstance(value, Real) and number(value) == value:
        return _form(number(value))
    return _form(value)
