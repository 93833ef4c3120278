"""Running uv, which makes the environments, and saying in words why it failed.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.folders import Say
from bench.platforms import Platform

_PYTHON_OF_ANOTHER = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH")

_FULL = re.compile(r"No space left on device|os error 28\b|Disk quota exceeded")
_OFFLINE = re.compile(
    r"client error \(Connect\)|dns error|error sending request|operation timed out"
    r"|network was disabled|set to offline mode"
)
_NO_PYTHON = re.compile(
    r"No interpreter found for Python (\S+)|Failed to download `\S*/cpython-(3\.\d+)"
)
_NO_VERSION = re.compile(r"there is no version of (\S+?)(?:\[.*?\])?==(\S+)")
_NO_WHEEL = re.compile(r"(\S+==\S+) has no (?:wheels with a matching|usable wheels)")
_OTHER_PYTHON = re.compile(
    r"has no wheels with a matching Python (?:ABI|implementation|version) tag"
    r"|does not satisfy Python(?P<needs>[<>=!]\S+?)[, ]"
)
# Such as one for each Python on PATH that does not start, with its continuation lines.
_WARNING = re.compile(r"^warning: .*\n(?: {2,}.*\n|\s*\n)*", re.MULTILINE)
_RETRY = "then run the same command again; what was downloaded is kept."


class Failed(Exception):
    """uv ended with an error; the message is what it wrote to stderr."""

    @property
    def unreachable(self) -> bool:
        """Whether an address did not answer."""
        return _OFFLINE.search(str(self)) is not None

    @property
    def wrong_python(self) -> bool:
        """Whether another version of Python may have what this one lacks."""
        return _OTHER_PYTHON.search(str(self)) is not None

    @property
    def no_version(self) -> bool:
        """Whether a version was asked for that was never published."""
        return _NO_VERSION.search(str(self)) is not None


def variables(environ: Mapping[str, str], where: Platform) -> dict[str, str]:
    """The environment for uv: the user's, with proxies and certificates, less other Pythons'.

    A wheelhouse set for pip is passed on. On arm64 Macs wheels are chosen for the running system.
    """
    kept = {name: value for name, value in environ.items() if name not in _PYTHON_OF_ANOTHER}
    if kept.get("PIP_FIND_LINKS"):
        # pip separates with spaces, uv with commas.
        kept.setdefault("UV_FIND_LINKS", ",".join(kept["PIP_FIND_LINKS"].split()))
    if (where.system, where.machine) == ("Darwin", "arm64"):
        kept.setdefault("MACOSX_DEPLOYMENT_TARGET", where.release)
    return kept


def run(uv: Path, arguments: Sequence[str], environment: Mapping[str, str], say: Say) -> str:
    """Run uv to its end, its steps told to `say`; returns what it wrote. Raises Failed."""
    command = [str(uv), "--color", "never", *arguments]
    written = []
    with subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stderr is not None  # it was asked for just above
        for line in process.stderr:
            written.append(line)
            if line.startswith(("Resolved ", "Downloading ")):
                say(line[0].lower() + line.strip()[1:])
    text = "".join(written)
    if process.returncode:
        raise Failed(text or f"uv ended with status {process.returncode}")
    return text


def explain(stderr: str, name: str) -> str:
    """What went wrong in uv while it made the environment `name`, and what to do about it."""
    return f"environment {name}: {_reason(_WARNING.sub('', stderr))}"


def _reason(stderr: str) -> str:
    if _FULL.search(stderr):
        return (
            "the disk is full. Make room there, or point UV_CACHE_DIR to a larger disk, "
            f"{_RETRY} uv says: {_last(stderr)}"
        )
    python = _NO_PYTHON.search(stderr)
    if python:
        version = python[1] or python[2]
        return (
            f"Python {version} is not installed, and uv could not download it. Install Python "
            f"{version}, or give uv a way to the network, {_RETRY} uv says: {_last(stderr)}"
        )
    if _OFFLINE.search(stderr):
        return (
            f"no answer from the package index. Check the network and HTTPS_PROXY, or name a "
            f"mirror in UV_DEFAULT_INDEX or a folder of wheels in UV_FIND_LINKS, {_RETRY} "
            f"uv says: {_last(stderr)}"
        )
    return _unresolved(stderr) or f"uv failed. It says: {_last(stderr)}"


def _unresolved(stderr: str) -> str:
    missing = _NO_VERSION.search(stderr)
    if missing:
        return f"{missing[1]} has no version {missing[2].rstrip('.,')}."
    wheel = _NO_WHEEL.search(stderr)
    other = _OTHER_PYTHON.search(stderr)
    if wheel:
        kind = "this version of Python" if other else "this operating system and processor"
        return (
            f"{wheel[1]} has no wheel for {kind}. Ask for another version. {_hint(stderr)}".strip()
        )
    if other:
        return f"it needs Python{other['needs']}. Ask for another version. uv says: {_last(stderr)}"
    return ""


def _hint(stderr: str) -> str:
    found = re.search(r"^hint: (.*)", stderr, re.MULTILINE)
    return found[1] if found else ""


def _last(stderr: str, most: int = 3) -> str:
    """The last lines that say something, on one line: no warnings, no progress."""
    told = re.findall(r"^(?:error: | *cause: | {9})(.+)", stderr, re.MULTILINE)
    lines = told or [line.strip() for line in stderr.splitlines() if line.strip()]
    return " / ".join(line.strip() for line in lines[:1] + lines[1:][-most:])
