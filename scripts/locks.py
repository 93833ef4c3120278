"""Write the lock files of requirements/locks again: all packages of each environment, with hashes.

What the pins leave open gets the newest version that has a wheel on the oldest system.

.venv/dev/bin/python -m scripts.locks
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.environments import locks, manager, requirements, uv
from bench.environments.platforms import PYTHONS, Unavailable, check, here
from scripts.pins import TARGETS, compiled

NOT_MEASURED = ("dev-jax", "dev-power")
"""Files of environments for single scripts, which have no lock."""


class Unresolved(Exception):
    """uv finds no packages for a file's pins; the message is what it says."""


def files(folder: Path) -> Iterator[Path]:
    """The requirements files that are locked."""
    yield from (path for path in sorted(folder.glob("*.txt")) if path.stem not in NOT_MEASURED)


def targets(pins: Path) -> dict[tuple[str, str], str]:
    """By system and machine, the oldest target that is made from the file."""
    found: dict[tuple[str, str], str] = {}
    for target, (where, _) in TARGETS.items():
        for name in (*requirements.NAMES, *requirements.SPARE):
            try:
                check(name, where)
            except Unavailable:
                continue
            if requirements.file(pins.parent, name, where) == pins:
                found.setdefault((where.system, where.machine), target)
    return found


def lines(pins: Path) -> Iterator[str]:
    """Every package once for each platform, marked with it and with its Python."""
    if pins.stem == "boot":  # uv alone, for whichever Python the system has
        yield from requirements.read(pins)
        return
    for (system, machine), target in targets(pins).items():
        python = PYTHONS[system, machine][0]
        major, minor = map(int, python.split("."))
        marker = (
            f"sys_platform == '{system.lower()}' and platform_machine == '{machine}' and "
            f"python_full_version >= '{python}' and python_full_version < '{major}.{minor + 1}'"
        )
        ended = compiled(list(requirements.read(pins)), target, python, [])
        if ended.returncode:
            raise Unresolved(f"{target}: {uv.explain(ended.stderr, pins.stem)}")
        yield from (f"{package} ; {marker}" for package in ended.stdout.splitlines())


def write(pins: Path) -> None:
    """Write the lock of one file. Raises Unresolved."""
    oldest = "3.9" if pins.stem == "boot" else min(tried[0] for tried in PYTHONS.values())
    fixed = ["--universal", "--no-deps", "--generate-hashes", "--no-build", "--no-annotate"]
    tool = manager.root() / "boot" / "bin" / "uv"
    ended = subprocess.run(
        [tool, "pip", "compile", *fixed, "--no-header", "--python-version", oldest, "-"],
        input="\n".join(lines(pins)),
        env=uv.variables(os.environ, here()),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise Unresolved(uv.explain(ended.stderr, pins.stem))
    lock = pins.parent / "locks" / pins.name
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(locks.header(pins) + ended.stdout, encoding="utf-8")


def main() -> int:
    """Write every lock; the exit code."""
    for folder_of_wheels in ("UV_FIND_LINKS", "PIP_FIND_LINKS"):
        os.environ.pop(folder_of_wheels, None)  # the hashes are those of the package index
    written = list(files(manager.CHECKOUT / "requirements"))
    try:
        for pins in written:
            write(pins)
    except Unresolved as reason:
        print(reason)
        return 1
    print(f"locks: {len(written)} files in requirements/locks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
