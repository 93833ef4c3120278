"""Loading an adapter, by its dotted name or from a file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

from frameworks.interface import Framework

ADAPTER_NAMES = ("devices", "start", "build", "wait", "to_numpy", "memory")


def load(module: str) -> Framework:
    """The adapter by dotted name or path. Raises ImportError with what is missing."""
    if module.endswith(".py"):
        spec = importlib.util.spec_from_file_location("outside_adapter", module)
        if spec is None or spec.loader is None:
            raise ImportError(f"{module} is no Python file")
        adapter: Any = importlib.util.module_from_spec(spec)
        sys.modules["outside_adapter"] = adapter  # dataclasses in the file look themselves up
        spec.loader.exec_module(adapter)
    else:
        adapter = importlib.import_module(module)
    missing = [name for name in ADAPTER_NAMES if not callable(getattr(adapter, name, None))]
    if missing:
        raise ImportError(f"adapter {module} lacks {', '.join(missing)}; see docs/adding.md")
    framework: Framework = adapter
    return framework
