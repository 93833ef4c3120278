"""What is installed in an environment, and what of it is gone: asked of the files themselves.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_PACKAGES = "lib/python*/site-packages"


def contents(home: Path) -> dict[str, Any]:
    """What the stamp says of an environment: its Python, its packages, its size."""
    # Here, because it takes longer to import than all the rest when there is nothing to build.
    from importlib.metadata import distributions

    packages = {
        _called(found.metadata["Name"]): found.version
        for site in home.glob(_PACKAGES)
        for found in distributions(path=[str(site)])
    }
    config = (home / "pyvenv.cfg").read_text(encoding="utf-8")
    python = next(line for line in config.splitlines() if line.startswith("version"))
    files = (Path(folder, file) for folder, _, names in os.walk(home) for file in names)
    return {
        "python": python.partition("=")[2].strip(),
        "packages": dict(sorted(packages.items())),
        "size_bytes": sum(file.lstat().st_size for file in files),
    }


def lacking(home: Path, stamp: Mapping[str, Any], *, every_file: bool = False) -> str:
    """What is no longer as it was installed: a package or a file by name; empty if all is there.

    `every_file`: of every package each file's size, which takes up to 0.3 s; else of each package
    its folders and modules.
    """
    expected = stamp.get("packages")
    if not isinstance(expected, dict):
        return ""  # of an environment that says nothing of its packages
    sites = list(home.glob(_PACKAGES))
    found = {
        _called(info.name.partition("-")[0]): info
        for site in sites
        for info in site.glob("*.dist-info")
    }
    for name, version in expected.items():
        info = found.get(_called(name))
        if info is None or not info.name.endswith(f"-{version}.dist-info"):
            return f"{name} {version}"
        gone = next(_gone(info, every_file), None)
        if gone is not None:
            return gone
    return ""


def _gone(info: Path, every_file: bool) -> Iterator[str]:
    """Files of a package that are missing, or have another size than they were installed with."""
    site, looked = f"{info.parent}{os.sep}", set()
    try:
        with (info / "RECORD").open(encoding="utf-8", newline="") as lines:
            for name, _, size in csv.reader(lines):
                top = name if every_file else name.partition("/")[0]
                if top in looked or top.startswith(".."):
                    continue
                looked.add(top)
                held = os.stat(site + top).st_size  # noqa: PTH116  of 16,000 files
                # Packagers mend METADATA after RECORD was written: torch 1.12.1's wheel is so.
                if every_file and size and held != int(size) and ".dist-info/" not in name:
                    yield name
    except (OSError, ValueError, csv.Error) as error:
        yield str(Path(getattr(error, "filename", None) or info / "RECORD").name)


def _called(name: str) -> str:
    """A package's name as an index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
