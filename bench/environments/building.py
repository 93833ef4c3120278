"""Environments built with uv: a default from its lock, a version that was asked for with others of
its time.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.environments import (
    installed,
    platforms,
    requirements,
    resolution,
    stamped_folder,
    uv,
)
from bench.environments.resolved import Wanted
from bench.environments.stamped_folder import BuildFailed, Say
from bench.environments.versions import numbers
from frameworks import FRAMEWORKS, Nightly

MOST_RELEASES = 300
"""That are listed: an index asked so often answers no more questions than that."""


class NoSuchVersion(BuildFailed):
    """The version asked for was never published, or not for this platform's Python."""


@dataclass(frozen=True)
class Recipe:
    """All that decides what an environment holds."""

    name: requirements.Name
    where: platforms.Platform
    lines: tuple[str, ...]
    pythons: tuple[str, ...]
    files: Path
    """The folder of the requirements."""
    lock: Path | None = None
    """File with every package and its hashes; None where these are not known beforehand."""
    unlocked: str = ""
    """Why there is none."""
    index: str = ""
    """Where a version is looked for first."""

    @property
    def sha256(self) -> str:
        tool = requirements.lines(self.files, requirements.BOOT, self.where)
        locked = [self.lock.read_text(encoding="utf-8")] if self.lock else []
        asked = self._asked if self.name.asked else []
        return stamped_folder.digest(self.lines, self.pythons, tool, *locked, *asked)

    @property
    def _asked(self) -> list[str]:
        today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        day = today if self.name.nightly else ""  # yesterday's is not today's
        return [str(self.name), day, public(self.index), *self.bounds]

    @property
    def bounds(self) -> list[str]:
        """What holds its companions back, whatever their dates."""
        return requirements.bounds(self.name)


def public(index: str) -> str:
    """The address without a password, as it may be written down."""
    return re.sub(r"//[^/@]*@", "//", index)


def build(recipe: Recipe, tool: Path, aside: Path, say: Say) -> dict[str, Any]:
    """Make the environment in the folder `aside`; what its stamp shall say.

    Raises BuildFailed, and Unavailable where a version is of no use here.
    """
    variables = uv.variables(os.environ, recipe.where)

    def heard(line: str) -> None:
        say(f"{recipe.name}: {line}")

    def run(*arguments: str, say: Say = heard, **more: str) -> str:
        return uv.run(tool, arguments, {**variables, **more}, say)

    make = _asked_for if recipe.name.asked else _default
    try:
        more = make(recipe, aside, heard, run)
        lacks = installed.lacking(aside, installed.contents(aside), every_file=True)
        if lacks:  # uv's cache holds the same files as an environment that was damaged
            heard(f"{lacks} is damaged in uv's cache: installing without that")
            make(recipe, aside, heard, functools.partial(run, UV_NO_CACHE="1"))
    except uv.Failed as failure:
        message = uv.explain(str(failure), str(recipe.name))
        if not (recipe.name.asked and failure.no_version):
            raise BuildFailed(message) from None
        raise NoSuchVersion(f"{message} {_nearest(recipe, run)}".strip()) from None
    return {**installed.contents(aside), **more}


def releases(recipe: Recipe, tool: Path, above: str) -> list[str]:
    """Versions between this one and the recipe's, without both, the oldest first: those that have a
    wheel for a Python that is tried. Raises BuildFailed where no index answers."""
    variables = uv.variables(os.environ, recipe.where)

    def run(*arguments: str, say: Say, **more: str) -> str:
        return uv.run(tool, arguments, {**variables, **more}, say)

    found: list[str] = []
    for python in recipe.pythons:  # older versions may have wheels for older Pythons alone
        below = found[-1] if found else recipe.name.version or ""
        try:
            for version in _older(recipe, run, python, below, above):
                found.append(version)
                if len(found) >= MOST_RELEASES:
                    break
        except uv.Failed as failure:
            if failure.unreachable:
                raise BuildFailed(uv.explain(str(failure), str(recipe.name))) from None
    return found[::-1]


def _older(recipe: Recipe, run: uv.Run, python: str, below: str, above: str = "") -> Iterator[str]:
    """Versions before this one, the newest first. Raises uv.Failed where there are no more."""
    after = f",>{above}" if above else ""
    while True:
        line = f"{recipe.name.packages[0]}<{below}{after}"
        below = resolution.newest(line, python, recipe.index, _quiet(run)).partition("+")[0]
        yield below


def _default(recipe: Recipe, aside: Path, say: Say, run: uv.Run) -> dict[str, str]:
    """With the one Python that its pins were chosen for."""
    python = recipe.pythons[0]
    say(f"creating with Python {python}")
    bare(python, aside, run)
    into = _into(aside)
    if recipe.name.base in ("host", "dev"):
        into.append("--compile-bytecode")  # so that the command line answers at once
    if recipe.lock:
        run(*into, "--require-hashes", "--requirements", str(recipe.lock))
        return {}
    say(f"installing without known hashes: {recipe.unlocked}")
    if _wants_cpu_index(recipe):
        try:
            run(*into, "--", *recipe.lines, UV_TORCH_BACKEND="cpu")
            return {}
        except uv.Failed as failure:
            if not failure.unreachable:
                raise
        say("PyTorch's own index does not answer; taking the build with CUDA, several GB")
    run(*into, "--", *recipe.lines)
    return {}


def _asked_for(recipe: Recipe, aside: Path, say: Say, run: uv.Run) -> dict[str, str]:
    """With the first Python that is to be had and that every package has a wheel for."""
    first: uv.Failed | None = None
    wanted = wanted_of(recipe)
    for python in recipe.pythons:
        try:
            with resolution.resolved(wanted, python, _quiet(run), say) as chosen:
                say(f"creating with Python {python}")
                bare(python, aside, run)
                run(*_into(aside), *chosen.install(wanted), **chosen.variables)
                shutil.copy(chosen.lock, aside)
            until = chosen.until.isoformat() if chosen.until else ""
            return {"index": public(recipe.index), "until": until}
        except uv.Failed as failure:
            # Of Pythons without wheels the preferred one's reason counts; one that has them all and
            # is not to be had here says more.
            if failure.no_python or first is None:
                first = failure
            if not (failure.wrong_python or failure.no_python):
                raise
    assert first is not None  # there is always a Python to try
    raise first


def bare(python: str, home: Path, run: uv.Run) -> None:
    """An environment without packages at `home`, whose Python is `python`, as in 3.11.

    Raises uv.Failed.
    """
    # Relocatable, since it is renamed when it is complete.
    make = ("venv", "--no-project", "--relocatable", "--clear", str(home), "--python")
    try:
        run(*make, python, "--no-python-downloads")
    except uv.Failed as failure:
        if not failure.no_python:
            raise
        found = of_pyenv(python)
        run(*make, str(found) if found else python)


def of_pyenv(python: str) -> Path | None:
    """The newest such Python that pyenv installed: on PATH it shows only those chosen there."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = (root / "versions").glob(f"{python}.*/bin/python{python}")
    return max(found, key=lambda path: numbers(path.parents[1].name) or (), default=None)


def wanted_of(recipe: Recipe, target: str = "") -> Wanted:
    """What is to be resolved, for another platform if uv's word for it is given."""
    name = recipe.name
    nightly = FRAMEWORKS[name.base].nightly or Nightly("")
    chosen = uv.variables(os.environ, recipe.where)
    return Wanted(
        name=str(name),
        packages=(*name.packages, *nightly.packages.values()),
        lines=tuple(requirements.resolvable(recipe.lines, name)),
        target=target,
        bounds=tuple(recipe.bounds),
        where=recipe.where,
        index=recipe.index,
        prereleases=nightly.companions if name.nightly or "dev" in (name.version or "") else (),
        backend_chosen="UV_TORCH_BACKEND" in chosen,
        found_elsewhere="UV_FIND_LINKS" in chosen,
    )


def _into(aside: Path) -> list[str]:
    # Wheels only: a build from source takes an hour, or fails, where a wheel is missing.
    return ["pip", "install", "--python", str(aside / "bin" / "python"), "--no-build"]


def _quiet(run: uv.Run) -> uv.Run:
    """The same without steps told: several resolutions are tried."""
    return lambda *arguments, **more: run(*arguments, say=lambda line: None, **more)


def _wants_cpu_index(recipe: Recipe) -> bool:
    """Whether to look for PyTorch's CPU build, which the registry does not have for Linux."""
    chosen_by_user = {"UV_TORCH_BACKEND", "UV_FIND_LINKS"} & set(
        uv.variables(os.environ, recipe.where)
    )
    on_linux_cpu = recipe.where.system == "Linux" and not recipe.where.nvidia
    return recipe.name.base == "torch" and on_linux_cpu and not chosen_by_user


def _nearest(recipe: Recipe, run: uv.Run, most: int = 3) -> str:
    """The newest versions before the one that does not exist, as a sentence; empty if none."""
    found: list[str] = []
    python = recipe.pythons[0]
    with contextlib.suppress(uv.Failed):
        older = _older(recipe, run, python, recipe.name.version or "")
        found.extend(itertools.islice(older, most))
    newest = f"The newest before it for Python {python}: {', '.join(found)}."
    return newest if found else ""
