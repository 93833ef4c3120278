"""Environments under .venv: looked up, built aside and renamed into place, listed, removed.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.environments import (
    building,
    installed,
    locks,
    platforms,
    requirements,
    stamped_folder,
    uv,
)
from bench.environments.building import NoSuchVersion, Recipe
from bench.environments.platforms import Unavailable
from bench.environments.stamped_folder import BuildFailed, Say
from frameworks import FRAMEWORKS
from suites.errors import UserError

__all__ = ["BuildFailed", "NoSuchVersion", "Unavailable", "ensure", "listing", "remove", "root"]

CHECKOUT = Path(__file__).resolve().parents[2]


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


def _silent(line: str) -> None:
    """What hears nothing."""


def root() -> Path:
    """The folder of all environments."""
    return CHECKOUT / ".venv"


def ensure(
    name: requirements.Name, say: Say = _silent, index: str = "", *, every_file: bool = False
) -> Path:
    """The Python of the environment, which is built first if absent, changed, half-built or no
    longer whole: `every_file` looks at each of its files.

    `say` hears of each step in a line. A version that was asked for is looked for in `index` first,
    an address or a folder. Raises Unavailable or BuildFailed.
    """
    recipe = _recipe(name, index)
    home = root() / str(name)
    stamped_folder.ensure(
        home,
        recipe.sha256,
        say,
        lambda aside: _build(recipe, aside, say),
        lambda stamp: installed.lacking(home, stamp, every_file=every_file),
    )
    return home / "bin" / "python"


def _build(recipe: Recipe, aside: Path, say: Say) -> dict[str, Any]:
    return building.build(recipe, _tool(), aside, say)


def _tool() -> Path:
    tool = root() / "boot" / "bin" / "uv"
    if not tool.exists():
        raise BuildFailed(f"{tool} is missing. `python3 -m bench.boot` in {CHECKOUT} makes it.")
    return tool


def releases(name: requirements.Name, above: str, index: str = "") -> list[str]:
    """Versions published between `above` and the name's, without both, the oldest first.

    Raises Unavailable or BuildFailed.
    """
    return building.releases(_recipe(name, index), _tool(), above)


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


def _recipe(name: requirements.Name, index: str = "") -> Recipe:
    where = platforms.here()
    platforms.check(name.base, where, name.version)
    pythons = platforms.pythons(where)
    lock, unlocked = _lock(name, where)
    return Recipe(
        name=name,
        where=where,
        lines=tuple(requirements.lines(_files(), name, where)),
        # A default has the one Python its pins were chosen for.
        pythons=(*pythons, *platforms.OTHER_PYTHONS) if name.asked else pythons[:1],
        files=_files(),
        lock=lock,
        unlocked=unlocked,
        index=_index(name, where, index),
    )


def _index(name: requirements.Name, where: platforms.Platform, index: str) -> str:
    """Where a version is looked for first; without a word that it was built from, as before."""
    if not name.asked or index:
        return index
    nightly = FRAMEWORKS[name.base].nightly if name.nightly else None
    if nightly:
        return (where.nvidia and nightly.cuda_index) or nightly.index
    return str(stamped_folder.stamp(root() / str(name)).get("index", ""))


def _lock(name: requirements.Name, where: platforms.Platform) -> tuple[Path | None, str]:
    try:
        return locks.find(_files(), name, where, uv.variables(os.environ, where)), ""
    except locks.NotLocked as reason:
        return None, str(reason)


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
