"""Running uv, which makes the environments, and saying in words why it failed.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.environments.platforms import Platform
from bench.environments.stamped_folder import Say

Run = Callable[..., str]
"""uv with the arguments given, and with these variables besides; what `run` says of it holds."""

_PYTHON_OF_ANOTHER = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH")

_FULL = re.compile(r"No space left on device|os error 28\b|Disk quota exceeded")
_OFFLINE = re.compile(
    r"client error \(Connect\)|dns error|error sending request|operation timed out"
    r"|network was disabled|set to offline mode"
)
_NO_PYTHON = re.compile(
    r"No interpreter found for Python (\S+)|Failed to download `\S*/cpython-(3\.\d+)"
    # The first on PATH does not start, as pyenv's for a version that was not chosen there.
    r"|Failed to inspect Python interpreter from first executable .*?python(3\.\d+)"
)
_NO_VERSION = re.compile(r"there is no version of ([^\s\[=]+)\S*?==(\S*[^\s,.])")
_NO_WHEEL = re.compile(r"(\S+==\S+) has no (?:wheels with a matching|usable wheels)")
_OTHER_PYTHON = re.compile(
    r"has no wheels with a matching Python (?:ABI|implementation|version) tag"
    r"|does not satisfy Python(?P<needs>[<>=!]\S+?)[, ]"
)
_OTHER_FILE = re.compile(r"Hash mismatch for `?([^`\s]+)")
# Such as one for each Python on PATH that does not start, with its continuation lines.
_WARNING = re.compile(r"^warning: .*\n(?: {2,}.*\n|\s*\n)*", re.MULTILINE)


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
    def no_python(self) -> bool:
        """Whether the Python that was asked for is not there and could not be downloaded."""
        return _NO_PYTHON.search(str(self)) is not None

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
    unset = not kept.get("MACOSX_DEPLOYMENT_TARGET")
    if unset and where.release and (where.system, where.machine) == ("Darwin", "arm64"):
        kept["MACOSX_DEPLOYMENT_TARGET"] = where.release
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
        raise Failed(_plain(text) or f"uv ended with status {process.returncode}")
    return text


def explain(stderr: str, name: str) -> str:
    """What went wrong in uv while it made the environment `name`, and what to do about it."""
    told = _plain(stderr)
    reason = _changed(told) or _surroundings(told) or _unresolved(told, contender="==" in name)
    return f"environment {name}: {reason or f'uv failed. It says: {_last(told)}'}"


def _changed(told: str) -> str:
    """Which file is not the one that was locked; empty if it is not that."""
    other = _OTHER_FILE.search(told)
    if other is None:
        return ""
    return (
        f"the file of {other[1]} that it was given is not the one that requirements/locks names, "
        "and nothing was installed. Check where it came from: UV_DEFAULT_INDEX, UV_FIND_LINKS, "
        "PIP_FIND_LINKS and HTTPS_PROXY."
    )


def _surroundings(told: str) -> str:
    """What this machine lacks; empty if it is not that."""
    python = _NO_PYTHON.search(told)
    if _FULL.search(told):
        lacks = "the disk is full. Make room there, or point UV_CACHE_DIR to a larger disk"
    elif python:
        version = python[1] or python[2] or python[3]
        lacks = (
            f"Python {version} is not installed, and uv could not download it. Install Python "
            f"{version}, or give uv a way to the network"
        )
    elif _OFFLINE.search(told):
        lacks = (
            "no answer from the package index. Check the network and HTTPS_PROXY, or name a "
            "mirror in UV_DEFAULT_INDEX or a folder of wheels in UV_FIND_LINKS"
        )
    else:
        return ""
    return f"{lacks}, then run the same command again; what was downloaded is kept. uv says: " + (
        _last(told)
    )


def _unresolved(told: str, *, contender: bool) -> str:
    """Which requirement cannot be met; empty if it is not that."""
    # A version of ours exists; what a user typed may not.
    remedy = (
        "Ask for another version."
        if contender
        else "Check whether UV_OFFLINE or UV_DEFAULT_INDEX keeps it from uv."
    )
    missing, wheel, other = (p.search(told) for p in (_NO_VERSION, _NO_WHEEL, _OTHER_PYTHON))
    if missing:
        return f"the package index has no {missing[1]} {missing[2]}. {remedy}"
    if wheel:
        kind = "this version of Python" if other else "this operating system and processor"
        return f"{wheel[1]} has no wheel for {kind}. {remedy} {_hint(told)}".strip()
    if other:
        return f"it needs Python{other['needs']}. {remedy} uv says: {_last(told)}"
    return ""


def _plain(stderr: str) -> str:
    """Without warnings, and without the markers that uv repeats after a package's name; sentences
    that it breaks where COLUMNS are few are whole again."""
    return re.sub(r"\{[^}]*\}", "", re.sub(r"\n {6,}", " ", _WARNING.sub("", stderr)))


def _hint(stderr: str) -> str:
    found = re.search(r"^hint: (.*)", stderr, re.MULTILINE)
    return found[1] if found else ""


def _last(stderr: str, most: int = 3) -> str:
    """The last lines that say something, on one line: no warnings, no progress."""
    told = re.findall(r"^(?:error: | *cause: | {9})(.+)", stderr, re.MULTILINE)
    lines = told or [line.strip() for line in stderr.splitlines() if line.strip()]
    return " / ".join(line.strip() for line in lines[:1] + lines[1:][-most:])
