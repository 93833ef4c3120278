"""Which suites there are, which cases a preset chooses, and loading a suite from a file."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from suites import file_faults
from suites.errors import UserError
from suites.workload import Workload

DEFAULT = (
    *("matmul", "mlp", "cnn", "transformer", "hackintosh", "sweep"),
    *("learn", "lifecycle", "loader"),
)
"""What runs when no suite is named, the questions that most people ask first."""

NAMES = (
    *DEFAULT,
    *("vendor", "unet", "vit", "decoder", "lstm", "recsys", "ops", "pitfalls", "mnist"),
)
"""All: also what is compared with others' libraries, single operations, and what needs data from
elsewhere."""


NETWORKS = ("unet", "vit", "lstm", "recsys")
"""Those of published networks: files in `suites/networks`."""

PIECES = ("ops", "pitfalls")
"""Those of less than a model: files in `suites/pieces`."""


class UnknownSuite(UserError):
    """No such suite, or the file named is not one; the message says what would be."""


def load(name: str) -> ModuleType:
    """The suite called `name`, or the one defined by the file at that path. Raises UnknownSuite."""
    if name in NAMES:
        return importlib.import_module(f"{_package(name)}.{name}")
    if not name.endswith(".py"):
        raise UnknownSuite(
            f"unknown suite. Expected one of {', '.join(NAMES)}, or a path ending in .py. "
            f"Received: {name}. `make list` shows what each suite holds."
        )
    return _from_file(typed_path(name))


def _package(name: str) -> str:
    if name in NETWORKS:
        return "suites.networks"
    return "suites.pieces" if name in PIECES else "suites"


def cases(name: str, preset: str) -> tuple[Workload, ...]:
    """The workloads of one suite at a preset. Raises UnknownSuite for a file that is none."""
    suite = load(name)
    if name in NAMES:
        return tuple(suite.cases(preset))
    trouble = f"suite file {name} fails in cases({preset!r})"
    chosen: tuple[Workload, ...] = _of_a_file(trouble, partial(_made, suite), preset)
    strange = [type(case).__name__ for case in chosen if not isinstance(case, Workload)]
    if strange:
        raise UnknownSuite(
            f"suite file {name} returns what is no workload. Expected that cases(preset) yields "
            f"Product, Forward, Train, Learn, Lifecycle, Operation or Decode of suites.workload. "
            f"Received: {strange[0]}"
        )
    return chosen


def _made(suite: ModuleType, preset: str) -> tuple[Any, ...]:
    made = suite.cases(preset)
    return tuple(made) if isinstance(made, Iterable) else (made,)


def find(name: str, preset: str, case: str) -> Workload:
    """The workload with this case id. Raises UnknownSuite when the suite has none."""
    for workload in cases(name, preset):
        if workload.case == case:
            return workload
    raise UnknownSuite(f"suite {name} has no case {case} in its {preset} preset")


def typed_path(text: str) -> Path:
    """The path, the home folder for a leading `~/`: so records write it, and quotes keep it."""
    path = Path(text)
    return path.expanduser() if text.startswith("~/") else path


def _of_a_file(trouble: str, call: Callable[[Any], Any], given: Any) -> Any:
    """What code of a suite's file returns.

    Raises UnknownSuite for whatever the file raises, but for a Ctrl-C.
    """
    try:
        return call(given)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        where = file_faults.place(sys.exc_info()[2])
        raise UnknownSuite(f"{trouble}{where}: {file_faults.words(error)}") from error


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UnknownSuite(f"no suite file. Expected a Python file defining cases(preset): {path}")
    # The path is part of the module's name, so that two files of one name stay apart.
    unique = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(f"{file_faults.OUTSIDE}{unique}", path)
    assert spec is not None and spec.loader is not None  # a .py path always has a loader
    module = importlib.util.module_from_spec(spec)
    _of_a_file(f"suite file {path} does not load", spec.loader.exec_module, module)
    if not callable(getattr(module, "cases", None)):
        raise UnknownSuite(f"suite file {path} defines no function cases(preset)")
    return module
