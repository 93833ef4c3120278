"""What the system's `ssh` is asked to do: look at a machine, and hold its worker behind tunnels.

Options, keys, agent and known hosts are the user's own. What runs there is a script that is sent
over the connection, so that no shell but `sh` ever reads a word of it.
"""

from __future__ import annotations

import os
import secrets
import shlex
from dataclasses import dataclass

from bench.environments import bounded_answer
from bench.fleet.hosts import Machine
from bench.version import commit, version
from suites.errors import UserError

CONNECT_S = 15
LOOK_S = 90.0
"""Longest a first look at a machine may take, its log-in included."""

_ALIVE = ("ServerAliveInterval=10", "ServerAliveCountMax=3", f"ConnectTimeout={CONNECT_S}")
_OPTIONS = (
    *("BatchMode=yes", "ExitOnForwardFailure=yes", *_ALIVE),
    # A connection of its own: one that is shared outlives its fleet, and has its forwards already.
    *("ControlMaster=no", "ControlPath=none", "RemoteCommand=none", "PermitLocalCommand=no"),
    *("ForwardAgent=no", "ForwardX11=no", "RequestTTY=no", "GatewayPorts=no"),
)

_HINTS = {
    "Host key verification failed": "Log in once by hand, to see and accept its key",
    "Permission denied": "Expected a key that needs no password here: ssh-add, or ~/.ssh/config",
    "Could not resolve": "Expected a host that this machine can name",
}


class Unusable(UserError):
    """A machine cannot be part of this fleet; the message says why and what helps."""


@dataclass(frozen=True)
class Checkout:
    """Which Metalbench a folder holds."""

    commit: str
    """40 hex digits; empty outside git."""
    changed: bool
    """Whether tracked files are not as in that commit."""
    version: str

    @classmethod
    def here(cls) -> Checkout:
        found = commit() or ""
        return cls(found.removesuffix("+"), found.endswith("+"), version())


def command(machine: Machine, *forwards: str) -> list[str]:
    """The command line that runs `sh` on the machine; its script follows over the connection."""
    words = ["ssh", "-T", *(["-F", machine.config] if machine.config else [])]
    for option in _OPTIONS:
        words += ["-o", option]
    if machine.port:
        words += ["-p", str(machine.port)]
    return [*words, *forwards, "--", machine.ssh, "sh -s"]


def tunnels(scheduler: int, there: int, worker: int) -> list[str]:
    """The head's scheduler at port `there` of the machine's own loopback, and the machine's worker
    at the same port here as there."""
    back = f"127.0.0.1:{there}:127.0.0.1:{scheduler}"
    return ["-R", back, "-L", f"127.0.0.1:{worker}:127.0.0.1:{worker}"]


def look(machine: Machine, here: Checkout) -> str:
    """Whether it can be reached and holds this commit: nothing, or a sentence worth saying.

    Raises Unusable.
    """
    token = secrets.token_hex(8)
    script = _look_script(machine, token).encode()
    written, ended = bounded_answer.of(command(machine), os.environ, script, LOOK_S)
    said = dict(
        line.removeprefix(f"{token} ").partition(" ")[::2]
        for line in written.splitlines()
        if line.startswith(f"{token} ")
    )
    if not said:
        raise Unusable(why(written or ended))
    if missing := said.get("missing"):
        raise Unusable(
            f"{missing}: {machine.folder}. Expected a checkout of Metalbench there, as git clone "
            "makes it"
        )
    return _compared(said, here)


def _compared(said: dict[str, str], here: Checkout) -> str:
    """What is worth saying of the two checkouts. Raises Unusable where they differ."""
    found = said.get("commit", "")
    there = Checkout(found.removesuffix("+"), found.endswith("+"), said.get("version", ""))
    if there.commit != here.commit:
        raise Unusable(
            f"its checkout is at {_named(there)}. Expected {_named(here)}, as here. There: git "
            f"fetch && git checkout {here.commit or '...'}"
        )
    if there.version != here.version:
        raise Unusable(f"its version is {there.version[:40]}. Expected {here.version}, as here")
    where = [place for place, one in (("there", there), ("here", here)) if one.changed]
    if where:
        return f"files of the checkout {' and '.join(where)} are not as in their commit"
    return "" if here.commit else "its checkout has no git: that it is the same cannot be told"


def _named(checkout: Checkout) -> str:
    return f"commit {checkout.commit[:12]}" if checkout.commit else "no commit"


def why(stderr: str) -> str:
    """The last that ssh or the machine said of its end, and what helps."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    last = lines[-1][:300] if lines else "the connection ended without a word"
    for sign, hint in _HINTS.items():
        if any(sign in line for line in lines):
            return f"{last} ({hint})"
    return last


def _look_script(machine: Machine, token: str) -> str:
    return f"""
say() {{ printf '{token} %s\\n' "$*"; }}
{_into(machine, "{ say missing no such folder; exit 0; }")}
[ -x ./metalbench ] && [ -f bench/fleet/worker.py ] || {{ say missing no checkout; exit 0; }}
say commit "$(git describe --always --dirty=+ --abbrev=40 '--exclude=*' 2>/dev/null)"
say version "$(sed -n 's/^version = "\\([^"]*\\)".*/\\1/p' pyproject.toml | head -n 1)"
"""


def worker_script(machine: Machine, token: str) -> str:
    """What becomes the worker: standard input is what follows this script."""
    exported = "\n".join(f"export {k}={shlex.quote(v)}" for k, v in machine.environment.items())
    return f"""
{exported}
{_into(machine, "exit 97")}
"${{PYTHON:-python3}}" -m bench.boot host fleet </dev/null 1>&2 || exit 96
PYTHONPATH=$(pwd -P); export PYTHONPATH
exec .venv/fleet/bin/python -P -m bench.fleet.worker {token}
"""


def _into(machine: Machine, otherwise: str) -> str:
    folder, home = machine.folder, ""
    if folder == "~" or folder.startswith("~/"):
        folder, home = folder[2:] or ".", '"$HOME"/'
    return f"cd -- {home}{shlex.quote(folder)} 2>/dev/null || {otherwise}"


def is_taken(stderr: str) -> bool:
    """Whether a port of a tunnel was another program's: another may be free."""
    return "forwarding failed" in stderr or "cannot listen to port" in stderr
