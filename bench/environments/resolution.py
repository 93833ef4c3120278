"""Every package that a version asked for gets, chosen before anything large is downloaded.

The companions are those of its time: none is newer than the version's own upload and a margin.
Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.environments import uv
from bench.environments.platforms import Platform, Unavailable
from bench.environments.resolved import Resolved, Wanted, index_options, package_of, read
from bench.environments.stamped_folder import BuildFailed, Say

MARGIN = datetime.timedelta(days=7)
"""After a version's upload: a companion that was mended because of it came within days."""

UNPACKED = 3
"""Bytes on the disk for each that is downloaded: torch's wheels unpack to 2.5 times their size."""

_NO_EXTRA = re.compile(r"package `[^`]*` does not have an extra named `([^`]*)`")
_PLUGINS = ("tensorflow-metal", "jax-mps", "jax-metal")
_OLDER_EXTRA = {"cuda13": "cuda12", "cuda12": "cuda12-pip"}
"""What an extra was called before: jax[cuda13] came with 0.7, jax[cuda12] with 0.4.26."""


@contextlib.contextmanager
def resolved(wanted: Wanted, python: str, run: uv.Run, say: Say) -> Iterator[Resolved]:
    """What would be installed for this Python; the lock is gone afterwards.

    Raises uv.Failed, and Unavailable for what would be downloaded in vain.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = _resolve(wanted, python, run, Path(folder))
        _refuse_cuda(wanted, found)
        _refuse_too_large(wanted, found)
        say(_summary(found))
        yield found


def _resolve(wanted: Wanted, python: str, run: uv.Run, folder: Path) -> Resolved:
    uploaded = _uploaded(wanted, python, run, folder)
    until = uploaded + MARGIN if uploaded else None
    # Where its companions have no dates, as on some mirrors, the bounds alone hold them back.
    limits = [until, None] if until else [None]
    first: uv.Failed | None = None
    best: Resolved | None = None
    for limit, backend in itertools.product(limits, _backends(wanted)):
        if best and limit is None and until:
            break
        try:
            lock = _compiled(wanted, wanted.lines, python, run, folder, limit, **backend)
        except uv.Failed as failure:
            if failure.wrong_python:
                raise  # the other index has wheels for the same Pythons
            if not (backend and failure.unreachable):
                first = first or failure
            continue
        best = Resolved(lock, read(lock), limit, backend)
        if not best.cuda:
            break
    if best is None:
        assert first is not None  # one way has no backend
        raise first
    return best


def _backends(wanted: Wanted) -> list[dict[str, str]]:
    """Variables with which uv is asked in turn; PyTorch's build for the CPU has its own index."""
    plain: dict[str, str] = {}
    cpu = {"UV_TORCH_BACKEND": "cpu"}
    on_linux_cpu = wanted.where.system == "Linux" and not wanted.where.nvidia
    if "torch" not in wanted.packages or not on_linux_cpu or wanted.backend_chosen:
        return [plain]
    return [plain, cpu] if wanted.found_elsewhere or wanted.index else [cpu, plain]


def _uploaded(wanted: Wanted, python: str, run: uv.Run, folder: Path) -> datetime.datetime | None:
    """When the version was uploaded for this Python; None where no index says so.

    Raises uv.Failed where the usual index, which alone is asked, has no wheel for this Python.
    """
    own = [line for line in wanted.lines if package_of(line) in wanted.packages]
    # An index knows 2.13.0, not the 2.13.0+cpu of a folder of wheels.
    plain = tuple(re.sub(r"(==[^;\s]*?)\+[^;\s]*", r"\1", line) for line in own)
    try:
        lock = _compiled(wanted, plain, python, run, folder, None, "--no-deps", UV_FIND_LINKS="")
    except uv.Failed as failure:
        if failure.wrong_python and not (wanted.found_elsewhere or wanted.index):
            raise
        return None
    times = [package.uploaded for package in read(lock).values() if package.uploaded]
    return max(times, default=None)


def newest(line: str, python: str, index: str, run: uv.Run) -> str:
    """The newest version that a requirement of one package allows. Raises uv.Failed."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Wanted("", (), (line,), Platform("", ""), index=index)
        lock = _compiled(wanted, (line,), python, run, Path(folder), None, "--no-deps")
        return next(iter(read(lock).values())).version


def _compiled(
    wanted: Wanted,
    lines: tuple[str, ...],
    python: str,
    run: uv.Run,
    folder: Path,
    until: datetime.datetime | None,
    *more: str,
    **variables: str,
) -> Path:
    """The lock of these lines. Raises uv.Failed."""
    asked, held = folder / "requirements.in", folder / "constraints.txt"
    asked.write_text("\n".join(lines) + "\n", encoding="utf-8")
    held.write_text("\n".join(wanted.bounds) + "\n", encoding="utf-8")
    # Each in a folder of its own: the versions of one that is there would be preferred.
    lock = Path(tempfile.mkdtemp(dir=folder)) / "pylock.toml"
    # With this Python, which starts: uv would look for one, also in the folder it is called from.
    command = ["pip", "compile", "--no-header", "--python", sys.executable]
    command += ["--python-version", python, *more]
    command += ["--only-binary", ":all:", "--output-file", str(lock), "--constraints", str(held)]
    command += index_options(wanted.index)
    if wanted.target:
        command += ["--python-platform", wanted.target]
    for package in wanted.prereleases:
        command += ["--prerelease-package", f"{package}=allow"]
    if until:
        command += ["--exclude-newer", until.strftime("%Y-%m-%dT%H:%M:%SZ")]
        # The version itself is exact, and plugins are chosen for it by a table.
        for package in (*wanted.packages, *_PLUGINS):
            command += ["--exclude-newer-package", f"{package}=false"]
    told = run(*command, str(asked), **variables)
    missing = _NO_EXTRA.search(told)
    if missing is None:
        return lock
    older = _with_older_extra(lines, missing[1], wanted.name)
    return _compiled(wanted, older, python, run, folder, until, *more, **variables)


def _with_older_extra(lines: tuple[str, ...], extra: str, name: str) -> tuple[str, ...]:
    """The lines with the extra's earlier name; uv would install the CPU's build in silence."""
    if extra not in _OLDER_EXTRA:
        raise Unavailable(
            f"{name} has no package with CUDA that this index offers: it lacks the extra {extra!r}"
        )
    return tuple(line.replace(f"[{extra}]", f"[{_OLDER_EXTRA[extra]}]") for line in lines)


def _refuse_cuda(wanted: Wanted, found: Resolved) -> None:
    """CUDA's libraries are of no use without NVIDIA's GPU, and are most of what is downloaded."""
    cpu_alone = wanted.where.system == "Linux" and not wanted.where.nvidia
    if not found.cuda or not cpu_alone or wanted.backend_chosen or wanted.index:
        return
    raise Unavailable(
        f"{wanted.name} without CUDA is not to be had: PyTorch's own index, download.pytorch.org, "
        "does not answer or lacks it, and the build in the package index brings "
        f"{_megabytes(found.size_bytes)} with CUDA, of no use without an NVIDIA GPU. Nothing was "
        "downloaded. Name a mirror of that index or a folder with its wheel, as in "
        "`make bench ... INDEX=URL`, which also takes the build with CUDA if it finds no other."
    )


def _refuse_too_large(wanted: Wanted, found: Resolved) -> None:
    free = shutil.disk_usage(found.lock.parent).free
    needed = UNPACKED * found.size_bytes
    if needed > free:
        raise BuildFailed(
            f"environment {wanted.name}: it needs about {_megabytes(needed)} on the disk, and "
            f"{_megabytes(free)} are free. Nothing was downloaded. Make room, or remove what is "
            "not needed: `make env` shows the environments."
        )


def _summary(found: Resolved) -> str:
    largest = sorted(found.packages.items(), key=lambda item: -item[1].size_bytes)[:3]
    named = ", ".join(f"{name} {package.version}" for name, package in largest)
    of = f", none newer than {found.until:%Y-%m-%d}" if found.until else ""
    return f"{len(found.packages)} packages{of}: {_megabytes(found.size_bytes)} ({named})"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
