"""Limits of the system: descriptors, processes, and what belongs to another user."""

from __future__ import annotations

import os
import random
import resource
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.attack import commands, runs
from scripts.attack.counts import Asked, Attack, Counts

NOBODY = 65534
DESCRIPTORS = (8, 40)
"""Fewest, of which Python itself starts, and most, of which a small run has enough."""

_SEEN = """
set -e
mkdir -p {aside}; mount --bind {home} {aside}; mount -t tmpfs -o mode=755 none {top}
mkdir -p {home}; mount --move {aside} {home}
exec setpriv --reuid={uid} --regid={uid} --clear-groups "$@"
"""
"""In a mount namespace of its own, lets another user read a Python that lies in a closed home."""


def descriptors(asked: Asked) -> Counts:
    """Run, report and doctor with few file descriptors, for host and workers."""
    draw, total = random.Random(asked.seed), Counts()
    for number in range(asked.count(20)):
        most = draw.randint(*DESCRIPTORS)
        total.add(_limited(asked.folder / f"out{number}", resource.RLIMIT_NOFILE, most))
    return total


def _limited(out: Path, kind: int, most: int, launcher=(commands.LAUNCHER,)) -> Counts:
    """A run under the limit, its records, and a report of it under the same limit."""

    def limit() -> None:
        resource.setrlimit(kind, (most, most))

    run = runs.Run(out, limits=limit, launcher=launcher)
    ended = run.ended()
    counts = ended.count()
    if counts.tracebacks:
        counts.notes.append(f"limit {kind}: {most}")
    counts.add(runs.kept(out, b"") if out.exists() else Counts())
    if list(out.glob("*/records.jsonl")):
        again = commands.run(
            "report", str(out), "--out", f"{out}-report", limits=limit, launcher=launcher
        )
        counts.add(again.count())
    return counts


def processes(asked: Asked) -> Counts:
    """Another user's run with few processes and threads left to it."""
    draw = random.Random(asked.seed)

    def tried(launcher: tuple[str, ...], folder: Path) -> Counts:
        total = Counts()
        for number in range(asked.count(10)):
            most = draw.randint(1, 12)
            total.add(
                _limited(folder / f"out{number}", resource.RLIMIT_NPROC, most, launcher=launcher)
            )
        return total

    return _as_nobody(asked, tried)


def two_users(asked: Asked) -> Counts:
    """Another user in a checkout, caches, results and locks that belong to root."""

    def tried(launcher: tuple[str, ...], folder: Path) -> Counts:
        roots = asked.folder / "roots"
        total = commands.run(*runs.arguments(roots / "out")).count(expected=(0, 1))
        mine = str(folder / "out")
        for words in (
            runs.arguments(Path(mine)),
            runs.arguments(roots / "out"),
            runs.arguments(roots / "out", "--resume"),
            ("report", str(roots / "out"), "--out", str(folder / "report")),
            ("report", str(roots / "out"), "--out", str(roots / "report")),
            ("compare", str(roots / "out"), mine, "--json", str(roots / "compare.json")),
            ("machine", "--capture", str(roots / "machine.json")),
            *(("env", "list"), ("env", "build", "tf"), ("env", "remove", "numpy"), ("doctor",)),
        ):
            total.add(commands.run(*words, launcher=launcher, cwd=folder).count())
        total.add(commands.run(*runs.arguments(folder / "out")).count(expected=(0, 1)))
        total.add(runs.kept(folder / "out", b""))
        return total

    return _as_nobody(asked, tried)


def _as_nobody(asked: Asked, tried: Callable[[tuple[str, ...], Path], Counts]) -> Counts:
    """Call `tried` with a launcher that runs as nobody, and a folder of nobody's own."""
    if sys.platform != "linux" or os.geteuid():
        return Counts(notes=["not tried: needs Linux and root, to become another user"])
    folder = asked.folder / "nobody"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    asked.folder.chmod(0o755)
    shared = Path(commands.own_folder())
    shared.chmod(0o1777)
    launcher = (*_becoming(asked.folder / "python"), commands.LAUNCHER)
    try:
        check = subprocess.run(
            [*launcher, "--version"], capture_output=True, text=True, check=False
        )
        if check.returncode:
            return Counts(
                notes=[f"not tried: nobody cannot start it: {check.stderr.strip()[:200]}"]
            )
        return tried(launcher, folder)
    finally:
        if shared.exists():
            shared.chmod(0o700)


def _becoming(aside: Path) -> tuple[str, ...]:
    home = Path(sys.base_prefix)
    closed = [each for each in home.parents if each.stat().st_mode & 0o005 != 0o005]
    if not closed:
        return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    words = {"aside": aside, "home": home, "top": closed[-1]}
    script = _SEEN.format(uid=NOBODY, **{name: shlex.quote(str(p)) for name, p in words.items()})
    return ("unshare", "--mount", "sh", "-c", script, "sh")


ATTACKS: dict[str, Attack] = {
    "descriptors": descriptors,
    "processes": processes,
    "two-users": two_users,
}
