"""What a suite's file asks for that there is not: a module, a layer, a keyword. The answer lists
what there is, with the nearest name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType, ModuleType, TracebackType
from typing import Any

from suites.errors import meant, nearest, same, told

MODULES = ("suites.layers", "suites.workload", "suites.operations", "suites.architectures")
"""Where a suite's file finds what it is made of."""

_IMPORTS = (
    "A suite's file is loaded in the environment of every framework: it may import the standard "
    "library, NumPy and suites."
)

_NAME = r"'(?P<name>\w{1,100})'"
_IMPORT = re.compile(rf"cannot import name {_NAME} from '(?P<module>suites[\w.]*)'")
_MODULE = re.compile(
    r"No module named '(?P<holder>suites(?:\.\w{1,100}){0,9})\.(?P<name>\w{1,100})'"
)
_CALLED = r"(?:[\w.<>]*\.)?(?P<kind>(?!__init__)\w{1,100})(?:\.__init__)?\(\) "
_KEYWORD = re.compile(rf"{_CALLED}got an unexpected keyword argument {_NAME}")
_MISSING = re.compile(rf"{_CALLED}(?:missing|takes) ")


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
    if type(error) is NameError:
        return _not_defined(error.name, _names_at(error.__traceback__))
    if type(error) is ModuleNotFoundError:
        found = _MODULE.search(said)
        return _no_module(found["holder"], found["name"]) if found else f"{said}. {_IMPORTS}"
    return _of_arguments(said, error.__traceback__) if type(error) is TypeError else None


def _of_arguments(said: str, trace: TracebackType | None) -> str | None:
    wrong = _KEYWORD.match(said)
    found = wrong or _MISSING.match(said)
    known = found and _arguments(found["kind"], trace)
    if not found or not known:
        return None
    if wrong:
        name, own = wrong["name"], [each for one in known for each in one]
        return _answer(wrong["kind"], name, own) + ("" if nearest(name, own) else _takers(name))
    return f"{said}. Expected {', or '.join(', '.join(one) for one in known)}."


def _takers(name: str) -> str:
    """` SGD, Adam take lr.`: what else has that argument, or what we call it."""
    takes = {
        each: list(inspect.signature(getattr(module, each)).parameters)
        for module in map(importlib.import_module, MODULES[:2])
        for each in _classes(module)
    }
    ours = same(name, dict.fromkeys(word for words in takes.values() for word in words))
    found = [each for each, words in takes.items() if ours in words]
    if not 0 < len(found) <= 6:
        return ""
    return f" {', '.join(found)} {'take' if len(found) > 1 else 'takes'} {ours}."


def _is_ours(module: ModuleType) -> bool:
    """Whether it is one that files import from, and no object that says so."""
    return any(sys.modules.get(name) is module for name in MODULES)


def _no_name(module: ModuleType, name: str) -> str:
    elsewhere = [each for each in MODULES if name in _public(importlib.import_module(each))]
    if elsewhere:
        return f"{module.__name__} has no {name}: it is in {elsewhere[0]}."
    shown = _classes(module) if name[:1].isupper() else []
    return _answer(module.__name__, name, _public(module), shown)


def _not_defined(name: Any, at_hand: Mapping[str, Any]) -> str | None:
    """The answer to a name that the file uses and does not have; None if none is near. It is taken
    from what the file has there, or else from what can be imported."""
    if type(name) is not str or not name.isidentifier() or len(name) > 100:
        return None
    held = [each for each in at_hand if type(each) is str and not each.startswith("_")]
    modules = {each: importlib.import_module(each) for each in reversed(MODULES)}
    ours = {each: of for of, module in modules.items() for each in _public(module)}
    made = [each for module in modules.values() for each in _classes(module)]
    if name in ours:
        found = name
    elif name[:1].isupper():
        found = nearest(name, [*made, *held])
    else:  # a class of ours is near only by accident
        found = same(name, made) or nearest(name, held)
    if not found:
        return None
    asked = "" if found == name else f" Did you mean {found}?"
    write = "" if found in held else f" Write from {ours[found]} import {found}."
    return f"{name} is not defined.{asked}{write}"


def _no_module(holder: str, name: str) -> str | None:
    """The answer to an import of a module that is not below its holder."""
    if holder == "suites":
        return _answer(holder, name, [each.partition(".")[2] for each in MODULES])
    module = sys.modules.get(holder)
    if module is None:
        return None
    if name in _public(module):
        return f"{holder}.{name} is no module: write from {holder} import {name}."
    inside = pkgutil.iter_modules(getattr(module, "__path__", ()))
    return _answer(holder, name, [each.name for each in inside] or _public(module))


def _public(module: ModuleType) -> list[str]:
    """What files import from it: what it says itself, or else what it defines."""
    defined = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and _is_of(module, name, value)
    ]
    return list(getattr(module, "__all__", defined))


def _classes(module: ModuleType) -> list[str]:
    """Those of them that a file makes something of."""
    public = {name: vars(module).get(name) for name in _public(module)}
    return [
        name
        for name, value in public.items()
        if isinstance(value, type)
        and not inspect.isabstract(value)
        and not issubclass(value, Exception)
    ]


def _is_of(module: ModuleType, name: str, value: Any) -> bool:
    """Whether it is a class, function or module of this module or of one below, or a constant."""
    if isinstance(value, ModuleType):
        return value.__name__.startswith(f"{module.__name__}.")
    if isinstance(value, type | FunctionType):
        return f"{value.__module__}.".startswith(f"{module.__name__}.")
    return name.isupper()


def _arguments(kind: str, trace: TracebackType | None) -> list[list[str]] | None:
    """Names that a class or function of ours takes, or each of several that are called so; None
    where there is none of that name, or it takes any, or what was called is the file's own."""
    every = [each[kind] for each in _namespaces() if callable(each.get(kind))]
    found = _called(kind, list(dict.fromkeys(every)), trace)
    signatures = [inspect.signature(each).parameters.values() for each in found]
    if any(each.kind is each.VAR_KEYWORD for given in signatures for each in given):
        return None
    return [[each.name for each in given] for given in signatures]


def _namespaces() -> Iterator[dict[str, Callable[..., Any]]]:
    """Of our modules, then of those below that are loaded."""
    ours = [importlib.import_module(name) for name in MODULES]
    below = [
        module
        for name, module in list(sys.modules.items())
        if name.rpartition(".")[0] in MODULES and isinstance(module, ModuleType)
    ]
    for module in (*ours, *below):
        yield {name: vars(module)[name] for name in _public(module) if name in vars(module)}


def _called(
    kind: str, found: list[Callable[..., Any]], trace: TracebackType | None
) -> list[Callable[..., Any]]:
    """Those of them that the name can mean where the call is."""
    names = _names_at(trace)
    return [each for each in found if names.get(kind, each) is each]


def _names_at(trace: TracebackType | None) -> dict[str, Any]:
    """What is called something where the error was raised."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace and trace.tb_frame
    return {} if frame is None else {**frame.f_globals, **frame.f_locals}


def _answer(holder: str, name: str, known: Sequence[str], shown: Sequence[str] = ()) -> str:
    """It lists `shown`, if there are any, of all that are known."""
    listed = f"one of {', '.join(shown or known)}" if known else "no arguments"
    return f"{holder} has no {name}. Expected {listed}.{meant(name, known)}"
