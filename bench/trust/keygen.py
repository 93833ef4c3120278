"""`ssh-keygen -Y`, asked within bounds: no name from outside on its command line, no shell."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import IO

from suites.errors import UserError

MOST_OUTPUT = 2**16
CHECK_S = 60.0
SIGN_S = 300.0
"""Somebody may have to type a passphrase or touch a key."""


class NoKeygen(UserError):
    """This system has no ssh-keygen that signs."""


class Refused(Exception):
    """It ended with an error; the message is the last line that it said."""


def ask(arguments: list[str], data: IO[bytes] | None = None, limit_s: float = CHECK_S) -> str:
    """What it prints; `data`, a real file, is its input. Raises Refused, NoKeygen."""
    program = shutil.which("ssh-keygen")
    if program is None:
        raise NoKeygen(
            "signatures need ssh-keygen. Expected OpenSSH 8.2 or later on the PATH. Received: "
            "none. macOS has it; on Debian and Ubuntu: sudo apt install openssh-client"
        )
    kept = ("HOME", "PATH", "SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY", "TERM")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    if data is not None:
        os.lseek(data.fileno(), 0, os.SEEK_SET)  # another program may have read it before
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=data or subprocess.DEVNULL,
            capture_output=True,
            env={**environment, "LC_ALL": "C"},
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"no answer within {limit_s:g} s") from None
    said = done.stdout[:MOST_OUTPUT].decode("utf-8", "replace")
    if done.returncode:
        why = (done.stderr[-MOST_OUTPUT:].decode("utf-8", "replace") or said).strip()
        raise Refused(why.splitlines()[-1][:200] if why else f"exit code {done.returncode}")
    return said
