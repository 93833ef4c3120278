"""Pythons of the user's own: found by a path, asked what they are, and left as they are.

Standard library and Python 3.9 only: it says what is wrong before anything is built.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.environments import bounded_answer
from bench.environments.interpreter_probe import ANSWER
from frameworks import FrameworkInfo
from suites.errors import UserError

OLDEST = (3, 10)
"""The oldest Python that the worker's code runs in."""

OLDEST_NUMPY = (1, 22)
"""The oldest NumPy that draws the weights and data from a seed that later ones do."""

SAFE_PATH = (3, 11)
"""From which on `-P` keeps the folder a command was typed in out of the modules' path."""

_PROBE = Path(__file__).with_name("interpreter_probe.py")
_COMMAND = re.compile(r"(?:python|pypy)[0-9]*(?:\.[0-9]+)?t?")
START = ("-P", "-m", "bench.worker")
"""Arguments that start a worker, without the current folder on the modules' path."""

_OLDER = """import sys; del sys.path[0]; import runpy
runpy.run_module("bench.worker", run_name="__main__", alter_sys=True)"""
_WITHIN = ("bin", "libexec/bin")
_USUAL = (".venv", "venv", ".env", "env")


class NotUsable(UserError):
    """No Python that a worker can run in; the message says why and what helps."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that has NumPy and the framework asked for."""

    home: Path
    """The folder of its environment, or the program where it was named and is in none."""
    python: Path
    """The program itself, as it says."""
    prefix: Path
    version: str
    packages: tuple[tuple[str, str], ...] = ()
    """Version by distribution, of NumPy and of the framework where that tells it."""
    conda: bool = False
    notes: tuple[str, ...] = ()

    @property
    def start(self) -> tuple[str, ...]:
        """The arguments that start a worker in it."""
        return start_of(self.version)

    def variables(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """What activating its environment would set, less conda's scripts; it writes no caches of
        compiled modules into its own folders."""
        path = os.pathsep.join(filter(None, (str(self.python.parent), inherited.get("PATH", ""))))
        own = {"CONDA_PREFIX" if self.conda else "VIRTUAL_ENV": str(self.prefix)}
        return {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1", **own}


def start_of(version: str) -> tuple[str, ...]:
    """The arguments that start a worker in a Python of this version."""
    return START if _release(version) >= SAFE_PATH else ("-c", _OLDER)


# --- finding --------------------------------------------------------------------------------


def is_path(word: str) -> bool:
    """Whether the word after a framework's colon names a place: a path, or `python3.12`."""
    return "/" in word or word.startswith(("~", ".")) or _COMMAND.fullmatch(word) is not None


def exists(word: str) -> bool:
    """Whether there is anything at the path as it was typed."""
    return os.path.exists(_typed(word))  # noqa: PTH110  of any text


def _typed(word: str) -> str:
    return os.path.abspath(os.path.expanduser(word))  # noqa: PTH100, PTH111  `~nobody` stays


def locate(word: str) -> Path:
    """The program that a path means, of an environment's folder its Python. Raises NotUsable."""
    if _COMMAND.fullmatch(word):
        found = shutil.which(word)
        if found is None:
            raise NotUsable(f"no program {word} on PATH. {_EXPECTED}")
        return Path(found)
    path = Path(_typed(word))
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, ValueError) as error:  # not to be looked at, too long, or no path at all
        raise NotUsable(f"cannot look at {word!r} ({error}). {_EXPECTED}") from None
    if is_folder:
        return _of_folder(path, word)
    if not exists:
        raise NotUsable(f"there is nothing at {word!r}. {_EXPECTED}")
    if not os.access(path, os.X_OK):
        raise NotUsable(f"{word!r} is no program that this user may run. {_EXPECTED}")
    return path


_EXPECTED = (
    "Expected the folder of an environment, or a Python, without a comma in its path; in it, "
    '`python -c "import sys; print(sys.prefix)"` prints that folder.'
)


def _of_folder(folder: Path, word: str) -> Path:
    python = _python_in(folder)
    if python:
        return python
    nested = next((name for name in _USUAL if _python_in(folder / name)), None)
    if nested:
        raise NotUsable(f"{word!r} is no environment, but holds one: {word.rstrip('/')}/{nested}")
    gone = (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()
    why = "is an environment whose Python is gone" if gone else "holds no Python (bin/python)"
    raise NotUsable(f"{word!r} {why}. {_EXPECTED}")


def _python_in(folder: Path) -> Path | None:
    """Of an environment or of an installation, which may have `python3.12` alone."""
    for within in _WITHIN:
        place = folder / within
        numbered = sorted(place.glob("python3.[0-9]*"), key=lambda path: _release(path.name[6:]))
        programs = (place / "python", place / "python3", *reversed(numbered))
        for program in programs:
            if "-" not in program.name and program.exists() and os.access(program, os.X_OK):
                return program
    return None


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,6}", version)[:2])


# --- asking ---------------------------------------------------------------------------------


def find(word: str, facts: FrameworkInfo, environment: Mapping[str, str]) -> Interpreter:
    """The Python that the word means, which can run the framework. Raises NotUsable.

    `environment` is what a worker inherits: it must find there what it is going to find then.
    """
    program = locate(word)
    own = {**environment, "PYTHONDONTWRITEBYTECODE": "1"}
    told = _asked(program, word, [facts.modules[0], *facts.packages], own)
    python = Path(_text(told, "executable") or program)
    if not python.is_absolute() or not python.exists():
        python = program
    prefix = Path(_text(told, "prefix") or python.parent.parent)
    _check(told, word, python, facts)
    return Interpreter(
        home=_home(word, program),
        python=python,
        prefix=prefix,
        version=_text(told, "version"),
        packages=tuple((str(k)[:80], str(v)[:80]) for k, v in _packages(told).items())[:16],
        conda=told.get("conda") is True,
        notes=_notes(told),
    )


def _home(word: str, program: Path) -> Path:
    """The folder that was named, or that of the environment the program is in; else the program."""
    named = Path(_typed(word))
    if named.is_dir():
        return named
    folder = program.parent.parent
    within = any((folder / mark).exists() for mark in ("pyvenv.cfg", "conda-meta"))
    return folder if within else program


def _packages(told: Mapping[str, Any]) -> dict[Any, Any]:
    packages = told.get("packages")
    return packages if isinstance(packages, dict) else {}


def _notes(told: Mapping[str, Any]) -> tuple[str, ...]:
    implementation, notes = _text(told, "implementation"), []
    if implementation not in ("CPython", ""):
        notes.append(f"Its Python is {implementation}.")
    if told.get("translated") is True:
        notes.append("Its Python was built for Intel and runs translated, by Rosetta 2.")
    return tuple(notes)


def _check(told: Mapping[str, Any], word: str, python: Path, facts: FrameworkInfo) -> None:
    version = _text(told, "version")
    if _release(version) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise NotUsable(
            f"{word!r} is Python {version}. Expected {oldest} or newer: make an environment of one "
            f"with {facts.title} in it."
        )
    install = _installs(told, python)
    if told.get("has_numpy") is not True:
        raise NotUsable(
            f"{word!r} has no NumPy, which a worker needs, and nothing is installed into a Python "
            f"of yours. Run `{install} numpy` if it may have it."
        )
    if told.get("has_module") is not True:
        raise NotUsable(
            f"{word!r} has no {facts.title}: its Python {version} finds no module "
            f"{facts.modules[0]}. Name another Python, or run `{install} {facts.packages[0]}`."
        )
    fault = _text(told, "numpy_fault")
    if fault:
        raise NotUsable(
            f"{word!r} has a NumPy that cannot be imported ({fault}). "
            f'`{_shell(python)} -c "import numpy"` shows all it says.'
        )
    numpy = str(_packages(told).get("numpy", ""))
    if numpy and _release(numpy) < OLDEST_NUMPY:
        raise NotUsable(
            f"{word!r} has NumPy {numpy[:40]}, which draws other data from a seed. Expected "
            f"{'.'.join(map(str, OLDEST_NUMPY))} or newer: `{install} 'numpy>=1.22'`."
        )


def _installs(told: Mapping[str, Any], python: Path) -> str:
    """The command that installs into it, without the package."""
    if told.get("conda") is True:
        return f"conda install --prefix {_shell(Path(_text(told, 'prefix')))}"
    if told.get("has_pip") is True:
        return f"{_shell(python)} -m pip install"
    return f"uv pip install --python {_shell(python)}"


def _shell(path: Path) -> str:
    # Here, since it takes a while to import and is needed for refusals alone.
    import shlex

    return shlex.quote(str(path))


def _asked(
    program: Path, word: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Its answer. Raises NotUsable where it gives none."""
    text = _PROBE.read_text(encoding="utf-8")
    written, ended = bounded_answer.of([str(program), "-c", text, *arguments], environment)
    lines = [line for line in written.splitlines() if line.startswith(ANSWER)]
    try:
        told = json.loads(lines[-1][len(ANSWER) :]) if lines else None
    except ValueError:
        told = None
    if isinstance(told, dict):
        return told
    shown = f" Its last words: {bounded_answer.last_words(written)!r}." if written.strip() else ""
    raise NotUsable(
        f"{word!r} does not answer as a Python does: {ended}.{shown} "
        f"`{_shell(program)} --version` shows whether it is one."
    )


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value[:4096] if isinstance(value, str) else ""
