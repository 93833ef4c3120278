"""Expected values and their limits, as they go to the file that a worker reads."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from suites.arrays import Array
from suites.reference.model import Float64


class Expected:
    """Expected values and their limits by check, as they go to the file."""

    def __init__(self) -> None:
        self.entries: dict[str, Array] = {}

    def add(
        self, name: str, value: Float64, limit: Float64 | float, overall: float | None = None
    ) -> None:
        """A limit is one number or one for each element; none becomes 0, which has no multiple.

        `overall` limits the root mean square of all errors.
        """
        tiny = float(np.finfo(np.float32).tiny)
        self.entries[f"{name}|value"] = np.asarray(value)
        self.entries[f"{name}|limit"] = np.maximum(limit, tiny)
        if overall is not None:
            self.entries[f"{name}|overall"] = np.maximum(overall, tiny)

    def save(self, path: Path) -> None:
        """Write aside, rename into place: a reader never sees half a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{os.getpid()}.{path.name}")
        with aside.open("wb") as file:
            np.savez(file, **self.entries)  # type: ignore[arg-type]
        aside.replace(path)
