"""What a suite's file asks for that there is not: a layer, a keyword. The answer lists what there
is, with the nearest name."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Sequence
from types import ModuleType

from suites.errors import meant, told

MODULES = ("suites.layers", "suites.workload", "suites.operations", "suites.architectures")
"""Where a suite's file finds what it is made of."""

_NAME = r"'(?P<name>\w{1,100})'"
_IMPORT = re.compile(rf"cannot import name {_NAME} from '(?P<module>suites[\w.]*)'")
_MODULE = re.compile(r"No module named 'suites\.(?P<name>\w{1,100})")
_KEYWORD = re.compile(
    rf"(?:[\w.]*\.)?(?P<kind>\w{{1,100}})\.__init__\(\) got an unexpected keyword argument {_NAME}"
)
_MISSING = re.compile(r"(?:[\w.]*\.)?(?P<kind>\w{1,100})\.__init__\(\) (?:missing|takes) ")


def explained(error: BaseException) -> str | None:
    """What was asked for, what there is, and the nearest name; None for errors of other kinds.

    The error comes from a file of the user's: only Python's own kinds are looked into.
    """
    said = told(error.__str__)
    if type(error) is AttributeError:
        owner = error.obj
        if isinstance(owner, ModuleType) and _is_ours(owner):
            return _no_name(owner, str(error.name))
    if type(error) is ImportError and (found := _IMPORT.search(said)):
        module = sys.modules.get(found["module"])
        return None if module is None else _no_name(module, found["name"])
    if type(error) is ModuleNotFoundError and (found := _MODULE.search(said)):
        return _answer("suites", found["name"], [each.partition(".")[2] for each in MODULES])
    return _of_arguments(said) if type(error) is TypeError else None


def _of_arguments(said: str) -> str | None:
    if found := _KEYWORD.match(said):
        if (known := _arguments(found["kind"])) is not None:
            return _answer(found["kind"], found["name"], known)
    elif (found := _MISSING.match(said)) and (known := _arguments(found["kind"])) is not None:
        return f"{said}. Expected {', '.join(known)}."
    return None


def _is_ours(module: ModuleType) -> bool:
    """Whether it is one that files import from, and no object that says so."""
    return any(sys.modules.get(name) is module for name in MODULES)


def _no_name(module: ModuleType, name: str) -> str:
    elsewhere = [each for each in MODULES if name in _public(importlib.import_module(each))]
    if elsewhere:
        return f"{module.__name__} has no {name}: it is in {elsewhere[0]}."
    return _answer(module.__name__, name, _public(module))


def _public(module: ModuleType) -> list[str]:
    every = [name for name in vars(module) if not name.startswith("_")]
    return list(getattr(module, "__all__", every))


def _arguments(kind: str) -> list[str] | None:
    """Names that a class of ours takes; None where there is no such class, or it takes any."""
    for name in MODULES:
        found = getattr(importlib.import_module(name), kind, None)
        if isinstance(found, type):
            given = inspect.signature(found).parameters.values()
            takes_any = any(each.kind is each.VAR_KEYWORD for each in given)
            return None if takes_any else [each.name for each in given]
    return None


def _answer(holder: str, name: str, known: Sequence[str]) -> str:
    return f"{holder} has no {name}. Expected one of {', '.join(known)}.{meant(name, known)}"
