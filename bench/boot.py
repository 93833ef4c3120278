"""`python3 -m bench.boot [name ...]`: from the system's Python to the host environment.

Makes .venv/boot with uv in it, then the environments named (`host` if none, `all` for every one).
Says nothing and takes no time when all is there. Standard library and Python 3.9 only.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from bench.environments import locks, manager, requirements, stamped_folder, uv
from bench.environments.platforms import Unavailable, here, pythons
from bench.environments.stamped_folder import BuildFailed


def main(arguments: list[str]) -> int:
    """Make what is named; 0, or 1 and a message on stderr."""
    texts = requirements.NAMES if arguments == ["all"] else arguments or ["host"]
    try:
        names = [requirements.parse(text) for text in texts]
        pythons(here())  # refuses what no environment can be made for
        _boot()
        for name in names:
            try:
                manager.ensure(name, _say)
            except Unavailable as reason:
                _say(f"{name}: left out: {reason}")
    except (BuildFailed, Unavailable, ValueError) as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("interrupted; the next run starts the unfinished environment anew")
        return 130
    return 0


def _boot() -> None:
    tool = requirements.lines(manager.CHECKOUT / "requirements", requirements.BOOT, here())
    home, sha256 = manager.root() / "boot", stamped_folder.digest(tool)
    stamped_folder.ensure(
        home,
        sha256,
        _say,
        lambda aside: _make(aside, tool),
        lambda stamp: "" if (home / "bin" / "uv").exists() or not stamp else "uv",
    )


def _make(aside: Path, tool: list[str]) -> dict[str, str]:
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise BuildFailed(
            f"{sys.executable} cannot make virtual environments: its module ensurepip is missing. "
            f"On Debian and Ubuntu: `sudo apt install python{version}-venv`, then run the same "
            "command again. Or name another Python: `make PYTHON=/path/to/python3 ...`."
        )
    _say(f"boot: making .venv/boot with {sys.executable} and installing {' '.join(tool)} (once)")
    _run([sys.executable, "-m", "venv", str(aside)])
    into = [str(aside / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    pins = manager.CHECKOUT / "requirements" / "boot.txt"
    try:
        lock = locks.of(pins)
    except locks.NotLocked as reason:
        _say(f"boot: installing without known hashes: {reason}")
        _run([*into, *tool])
    else:
        _run([*into, "--require-hashes", "--requirement", str(lock)])
    return {}


def _run(command: list[str]) -> None:
    ended = subprocess.run(
        command,
        env=uv.variables(os.environ, here()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if ended.returncode:
        told = [line for line in ended.stdout.splitlines() if line.strip()]
        another_file = "DO NOT MATCH THE HASHES" in ended.stdout
        remedy = (
            "The file it was given is not the one that requirements/locks names. Check where it "
            "came from: PIP_INDEX_URL, PIP_FIND_LINKS and HTTPS_PROXY."
            if another_file
            else "Check the network, HTTPS_PROXY and the free disk space, then run the same "
            "command again."
        )
        raise BuildFailed(
            f"environment boot: `{' '.join(command)}` failed. {remedy} It says: "
            + " / ".join(told[-3:])
        )


def _say(line: str) -> None:
    # Who closed standard error, or has it on a full disk, gets the environment all the same.
    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write(f"metalbench: {line}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
