"""Environments under .venv: looked up, built aside and renamed into place, listed, removed.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.environments import installed, locks, platforms, requirements, stamped_folder, uv
from bench.environments.platforms import Unavailable
from bench.environments.stamped_folder import BuildFailed, Say
from frameworks import FRAMEWORKS
from suites.errors import UserError

__all__ = ["BuildFailed", "NoSuchVersion", "Unavailable", "ensure", "listing", "remove", "root"]

CHECKOUT = Path(__file__).resolve().parents[2]


class NoSuchVersion(BuildFailed):
    """The version asked for was never published, or not for this platform's Python."""


@dataclass(frozen=True)
class State:
    """One environment as it is on the disk."""

    name: str
    state: str
    """`ready`, `stale`, `damaged`, `half-built`, `absent` or `unavailable`."""
    reason: str = ""
    """Why it is not ready; empty if it is."""
    python: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    """Version by package, of those the requirements name."""
    size_bytes: int | None = None
    """What its files held when it was built."""


@dataclass(frozen=True)
class Recipe:
    """All that decides what an environment holds."""

    name: requirements.Name
    where: platforms.Platform
    lines: tuple[str, ...]
    pythons: tuple[str, ...]
    lock: Path | None
    """File with every package and its hashes; None where these are not known beforehand."""
    unlocked: str = ""
    """Why there is none."""

    @property
    def sha256(self) -> str:
        tool = requirements.lines(_files(), requirements.BOOT, self.where)
        locked = [self.lock.read_text(encoding="utf-8")] if self.lock else []
        return stamped_folder.digest(self.lines, self.pythons, tool, *locked)


def _silent(line: str) -> None:
    """What hears nothing."""


def root() -> Path:
    """The folder of all environments."""
    return CHECKOUT / ".venv"


def ensure(name: requirements.Name, say: Say = _silent, *, every_file: bool = False) -> Path:
    """The Python of the environment, which is built first if absent, changed, half-built or no
    longer whole: `every_file` looks at each of its files.

    `say` hears of each step in a line. Raises Unavailable or BuildFailed.
    """
    recipe = _recipe(name)
    home = root() / str(name)
    stamped_folder.ensure(
        home,
        recipe.sha256,
        say,
        lambda aside: _build(recipe, aside, say),
        lambda stamp: installed.lacking(home, stamp, every_file=every_file),
    )
    return home / "bin" / "python"


def listing() -> list[State]:
    """Every environment of this checkout, built or not; the spare ones and the version contenders
    where built."""
    built = {path.name for path in root().iterdir()} if root().is_dir() else set()
    others = filter(_valid, built.difference(requirements.NAMES))
    names = (*requirements.NAMES, *sorted(others))
    return [_state(requirements.parse(name)) for name in names]


def remove(name: requirements.Name) -> None:
    """Delete the environment, if it exists. Raises UserError for the one that runs this."""
    home = root() / str(name)
    if Path(sys.prefix) == home:
        raise UserError(f"{name} is the environment this command runs in. Use `make clean`.")
    stamped_folder.remove(home)


def _files() -> Path:
    return CHECKOUT / "requirements"


def _recipe(name: requirements.Name) -> Recipe:
    where = platforms.here()
    platforms.check(name.base, where, name.version)
    pythons = platforms.pythons(where)
    lock, unlocked = _lock(name, where)
    return Recipe(
        name=name,
        where=where,
        lines=tuple(requirements.lines(_files(), name, where)),
        # A default has the one Python its pins were chosen for.
        pythons=pythons if name.version else pythons[:1],
        lock=lock,
        unlocked=unlocked,
    )


def _lock(name: requirements.Name, where: platforms.Platform) -> tuple[Path | None, str]:
    try:
        return locks.find(_files(), name, where, uv.variables(os.environ, where)), ""
    except locks.NotLocked as reason:
        return None, str(reason)


# --- building -------------------------------------------------------------------------------


def _build(recipe: Recipe, aside: Path, say: Say) -> dict[str, Any]:
    tool = root() / "boot" / "bin" / "uv"
    if not tool.exists():
        raise BuildFailed(f"{tool} is missing. `python3 -m bench.boot` in {CHECKOUT} makes it.")
    variables = uv.variables(os.environ, recipe.where)

    def heard(line: str) -> None:
        say(f"{recipe.name}: {line}")

    def run(*arguments: str, say: Say = heard, **more: str) -> str:
        return uv.run(tool, arguments, {**variables, **more}, say)

    try:
        _with_a_python(recipe, aside, heard, run)
        lacks = installed.lacking(aside, installed.contents(aside), every_file=True)
        if lacks:  # uv's cache holds the same files as an environment that was damaged
            heard(f"{lacks} is damaged in uv's cache: installing without that")
            _with_a_python(recipe, aside, heard, functools.partial(run, UV_NO_CACHE="1"))
    except uv.Failed as failure:
        message = uv.explain(str(failure), str(recipe.name))
        if not (recipe.name.version and failure.no_version):
            raise BuildFailed(message) from None
        raise NoSuchVersion(f"{message} {_nearest(recipe, aside, run)}".strip()) from None
    return installed.contents(aside)


def _with_a_python(recipe: Recipe, aside: Path, say: Say, run: Callable[..., str]) -> None:
    """Build with the first of the recipe's Pythons that every package has a wheel for."""
    first: uv.Failed | None = None
    for python in recipe.pythons:
        say(f"creating with Python {python}")
        try:
            # Relocatable, since it is renamed when it is complete.
            run("venv", "--no-project", "--relocatable", "--clear", "--python", python, str(aside))
            _install(recipe, aside, say, run)
            return
        except uv.Failed as failure:
            # The preferred Python's reason counts; a later one may only be missing here.
            first = first or failure
            if not failure.wrong_python:
                break
    assert first is not None  # there is always a Python to try
    raise first


def _install(recipe: Recipe, aside: Path, say: Say, run: Callable[..., str]) -> None:
    # Wheels only: a build from source takes an hour, or fails, where a wheel is missing.
    into = ["pip", "install", "--python", str(aside / "bin" / "python"), "--no-build"]
    if recipe.name.base in ("host", "dev"):
        into.append("--compile-bytecode")  # so that the command line answers at once
    if recipe.lock:
        run(*into, "--require-hashes", "--requirements", str(recipe.lock))
        return
    say(f"installing without known hashes: {recipe.unlocked}")
    if _wants_cpu_index(recipe):
        try:
            run(*into, "--", *recipe.lines, UV_TORCH_BACKEND="cpu")
            return
        except uv.Failed as failure:
            if not failure.unreachable:
                raise
        say("PyTorch's own index does not answer; taking the build with CUDA, several GB")
    run(*into, "--", *recipe.lines)


def _wants_cpu_index(recipe: Recipe) -> bool:
    """Whether to look for PyTorch's CPU build, which the registry does not have for Linux."""
    chosen_by_user = {"UV_TORCH_BACKEND", "UV_FIND_LINKS"} & set(
        uv.variables(os.environ, recipe.where)
    )
    on_linux_cpu = recipe.where.system == "Linux" and not recipe.where.nvidia
    return recipe.name.base == "torch" and on_linux_cpu and not chosen_by_user


def _nearest(recipe: Recipe, aside: Path, run: Callable[..., str], most: int = 3) -> str:
    """The newest versions before the one that does not exist, as a sentence; empty if none."""
    package = FRAMEWORKS[recipe.name.base].packages[0]
    found: list[str] = []
    below = recipe.name.version
    dry = ("pip", "install", "--python", str(aside / "bin" / "python"), "--dry-run", "--no-deps")
    with contextlib.suppress(uv.Failed):
        while len(found) < most:
            text = run(*dry, "--no-build", f"{package}<{below}", say=_silent)
            below = text.rsplit("==", 1)[1].split()[0].partition("+")[0]
            found.append(below)
    newest = f"The newest before it for Python {recipe.pythons[0]}: {', '.join(found)}."
    return newest if found else ""


# --- listing --------------------------------------------------------------------------------


def _valid(name: str) -> bool:
    try:
        requirements.parse(name)
    except ValueError:
        return False
    return True


def _state(name: requirements.Name) -> State:
    home = root() / str(name)
    try:
        recipe = _recipe(name)
    except Unavailable as reason:
        return State(str(name), "unavailable", str(reason))
    if not home.exists():
        return State(str(name), "absent", "not built yet")
    stamp = stamped_folder.stamp(home)
    if not stamp:
        return State(str(name), "half-built", "no valid stamp, or its Python is gone")
    named = requirements.packages(list(recipe.lines))
    state, why = _fitness(home, stamp, recipe)
    packages = stamp.get("packages", {})
    return State(
        str(name),
        state,
        why,
        python=stamp.get("python"),
        versions={} if state == "damaged" else {p: packages[p] for p in named if p in packages},
        size_bytes=stamp.get("size_bytes"),
    )


def _fitness(home: Path, stamp: Mapping[str, Any], recipe: Recipe) -> tuple[str, str]:
    """The state of an environment that was built, and the reason where that is not `ready`."""
    lacks = installed.lacking(home, stamp, every_file=True)
    if lacks:
        again = f"./metalbench env build {recipe.name}"
        return "damaged", f"{lacks} is gone or was changed: {again} makes it anew"
    if stamp.get("sha256") != recipe.sha256:
        return "stale", "its requirements have changed since it was built"
    return "ready", ""
