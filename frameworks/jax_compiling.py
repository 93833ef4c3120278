"""How often JAX has compiled in this process, counted from the import of this module."""

from __future__ import annotations

from typing import Any

import jax.monitoring

_EVENT = "/jax/core/compile/backend_compile_duration"
"""Recorded once for each program the backend compiles, or loads from a cache of such."""

_count = 0


def compilations() -> int:
    """Programs compiled so far, small ones for operations outside `jit` included."""
    return _count


def _listen(event: str, _: float, **__: Any) -> None:
    global _count
    _count += event == _EVENT


jax.monitoring.register_event_duration_secs_listener(_listen)
