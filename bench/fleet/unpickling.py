"""What Dask may unpickle here: the one task of a fleet and its words. All else becomes nothing.

Dask's protocol unpickles whatever a peer sends, and a peer may be anybody who took over a machine
of the fleet. Restricting what a pickle may name is what Python's own documentation advises.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable
from typing import Any

ALLOWED = {
    ("builtins", "bytes"),
    ("dask._expr", "Expr._reconstruct"),
    ("dask._expr", "LLGExpr"),
    ("dask._task_spec", "Task"),
    ("bench.fleet.task", "measure"),
}
"""Of what Dask makes a call of the task; none of them reaches anything that is not in the list."""

MODULES = ("distributed.protocol.pickle", "distributed.scheduler", "distributed.client")
"""Those that hold the function which unpickles: the first is the one all others ask for it."""


class Inert(Exception):
    """In the place of whatever else a pickle names: called or filled, it does nothing."""

    def __call__(self, *_: object, **__: object) -> Inert:
        return self

    def __setstate__(self, state: object) -> None:
        """Nothing is taken over."""

    def __setitem__(self, key: object, value: object) -> None:
        """Nor this."""

    def append(self, value: object) -> None:
        """Nor this."""

    def extend(self, values: object) -> None:
        """Nor these."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return super().find_class(module, name) if (module, name) in ALLOWED else Inert


def loads(data: bytes, *, buffers: Iterable[Any] = ()) -> Any:
    """In the place of `distributed.protocol.pickle.loads`."""
    return _Unpickler(io.BytesIO(data), buffers=buffers).load()


def restrict() -> None:
    """From here on this process unpickles nothing else through Dask."""
    import importlib

    for name in MODULES:
        module = importlib.import_module(name)
        module.loads = loads  # type: ignore[attr-defined]
