"""Files in the checkout that Python would import in place of a package or its own library."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.doctor import compatibility


def shadowing(folder: Path) -> tuple[str, ...]:
    """Names of modules and packages in the folder that hide those of the same name elsewhere."""
    modules = {*compatibility.MODULES, *sys.stdlib_module_names}
    found = [path.name for path in folder.glob("*.py") if path.stem in modules]
    folders = [path.parent.name for path in folder.glob("*/__init__.py")]
    return tuple(sorted([*found, *(name for name in folders if name in modules)]))
