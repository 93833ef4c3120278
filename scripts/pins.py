"""Whether every set of pins resolves to wheels on every platform, which uv tells from anywhere.

A lock must hold all that its pins need, on each of its platforms. What uv's cache does not answer
is asked of the package index: all of it where the cache is new.

.venv/dev/bin/python -m scripts.pins [folder of requirements]
"""

import contextlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.doctor import compatibility
from bench.environments import locks, manager, requirements, resolution, uv
from bench.environments.building import Recipe, wanted_of
from bench.environments.platforms import OTHER_PYTHONS, PYTHONS, Platform, Unavailable, check

ARM, INTEL, LINUX = "aarch64-apple-darwin", "x86_64-apple-darwin", "x86_64-manylinux_2_35"

TARGETS = {
    # A newer macOS takes the wheels of an older one, so the oldest of each set speaks for all.
    "macOS 12 arm64": (Platform("Darwin", "arm64", "12.3"), ARM),
    "macOS 13 arm64": (Platform("Darwin", "arm64", "13.0"), ARM),
    "macOS 14 arm64": (Platform("Darwin", "arm64", "14.0"), ARM),
    "macOS 14.4 arm64": (Platform("Darwin", "arm64", "14.4"), ARM),
    "macOS 12 x86_64": (Platform("Darwin", "x86_64", "12.3"), INTEL),
    "macOS 14 x86_64": (Platform("Darwin", "x86_64", "14.0"), INTEL),
    "macOS 14.4 x86_64": (Platform("Darwin", "x86_64", "14.4"), INTEL),
    "Linux": (Platform("Linux", "x86_64"), LINUX),
    "Linux with NVIDIA": (Platform("Linux", "x86_64", nvidia=True), LINUX),
}
"""A platform and uv's words for it."""

CONTENDERS = ("jax==0.4.38", "torch==2.2.2", "tf==2.13.1")
"""Versions that users ask for on any platform: one for each kind of plugin."""

CURES = {
    "arm64": (
        *(f"torch=={version}" for *_, version in compatibility.MPS_CURES),
        *(f"{name}=={last}" for name, *_, last, _ in compatibility.WHEEL_NEEDS if last),
    ),
    "x86_64": ("tf==2.12.1",),
}
"""Versions that the doctor names on a Mac with such a processor, and only there.

Each is resolved with companions of its time, as its environment is."""

AT_ONCE = 8
"""Resolutions under way: most of one is waiting, where the package index is asked."""


def sets(folder):
    """Every (target, name, requirement lines, Python, lock or None); one of two targets once."""
    seen = set()
    for target, (where, triple) in TARGETS.items():
        for name in (*requirements.NAMES, *requirements.SPARE):
            parsed = requirements.parse(name)
            try:
                check(parsed.base, where, parsed.version)
            except Unavailable:
                continue
            lines = tuple(requirements.lines(folder, parsed, where))
            lock = _lock(folder, parsed, where)
            pythons = PYTHONS[where.system, where.machine]
            if (name, lines, triple, lock) not in seen:
                seen.add((name, lines, triple, lock))
                yield target, name, lines, pythons[:1], lock


def versions(folder):
    """Every (target, recipe of a version that is asked for) that the platform can have."""
    for target, (where, _) in TARGETS.items():
        cures = CURES.get(where.machine, ()) if where.system == "Darwin" else ()
        for name in map(requirements.parse, dict.fromkeys((*CONTENDERS, *cures))):
            with contextlib.suppress(Unavailable):
                check(name.base, where, name.version)
                lines = tuple(requirements.lines(folder, name, where))
                pythons = (*PYTHONS[where.system, where.machine], *OTHER_PYTHONS)
                yield target, Recipe(name, where, lines, pythons, folder)


def unresolved(target, recipe):
    """What uv says where no Python has wheels for a version and its companions; empty if one has.

    So it is, too, of what is refused with a reason of its own, as CUDA without a GPU.
    """
    where, triple = TARGETS[target]
    variables = uv.variables(os.environ, where) | {"MACOSX_DEPLOYMENT_TARGET": where.release}
    tool, wanted = manager.root() / "boot" / "bin" / "uv", wanted_of(recipe, triple)

    told = []
    for mode in ({"UV_OFFLINE": "1"}, {}):

        def run(*arguments, mode=mode, **more):
            return uv.run(tool, arguments, {**variables, **mode, **more}, lambda line: None)

        for python in recipe.pythons:
            try:
                with resolution.resolved(wanted, python, run, lambda line: None):
                    return ""
            except Unavailable:
                return ""
            except uv.Failed as failure:
                told.append(str(failure))
    return told[len(recipe.pythons)]  # what the index says of the preferred Python


def _lock(folder, name, where):
    try:
        return locks.find(folder, name, where, {})
    except locks.NotLocked:
        return None


def problem(target, lines, pythons, lock=None):
    """What uv says where no Python of these has wheels for all; empty if one has."""
    locked = lock.read_text(encoding="utf-8").splitlines() if lock else []
    told = []
    for python in pythons:
        for mode in (["--offline"], []):
            ended = compiled([*lines, *locked], target, python, mode)
            if ended.returncode == 0:
                return missing(ended.stdout, target, locked, python, mode) if lock else ""
            told.append(ended.stderr)
    return told[1]  # what the index says of the preferred Python


def missing(needed, target, locked, python, mode):
    """What the packages `needed` hold beyond the lock on this target; empty if nothing."""
    has = compiled(locked, target, python, [*mode, "--no-deps"]).stdout.splitlines()
    beyond = sorted(set(needed.splitlines()) - set(has))
    return f"error: the lock lacks {', '.join(beyond)}: run scripts.locks\n" if beyond else ""


def compiled(lines, target, python, options):
    """How uv ends that resolves these lines for a target; one package a line."""
    where, triple = TARGETS[target]
    tool = manager.root() / "boot" / "bin" / "uv"
    variables = uv.variables(os.environ, where) | {"MACOSX_DEPLOYMENT_TARGET": where.release}
    fixed = ["--only-binary", ":all:", "--no-python-downloads", "--python-platform", triple]
    plain = ["--no-header", "--no-annotate", "--python-version", python]
    return subprocess.run(
        [tool, "pip", "compile", *options, *fixed, *plain, "-"],
        input="\n".join(lines),
        env=variables,
        capture_output=True,
        text=True,
    )


def main(folder=manager.CHECKOUT / "requirements"):
    """Print what does not resolve; the exit code."""
    begun, folder = time.monotonic(), Path(folder)
    wanted, asked = list(sets(folder)), list(versions(folder))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        problems = list(pool.map(lambda each: problem(each[0], *each[2:]), wanted))
        problems += pool.map(lambda each: unresolved(*each), asked)
    named = [*(each[:2] for each in wanted), *((target, str(one.name)) for target, one in asked)]
    wrong = [(*each, told) for each, told in zip(named, problems, strict=True) if told]
    for target, name, told in wrong:
        print(f"{target}: {uv.explain(told, name)}")
    locked = sum(each[-1] is not None for each in wanted)
    print(
        f"{len(named) - len(wrong)} of {len(named)} sets of pins resolve, {locked} of them "
        f"locked by hashes, on {len(TARGETS)} platforms, in {time.monotonic() - begun:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
