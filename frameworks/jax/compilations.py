"""How often JAX has compiled in this process, counted from the import of this module, and what it
keeps for later processes."""

from __future__ import annotations

import os
from typing import Any

import jax
import jax.monitoring

_EVENT = "/jax/core/compile/backend_compile_duration"
"""Recorded once for each program the backend compiles, or loads from a cache of such."""

_HIT = "/jax/compilation_cache/cache_hits"

_KEEPING = {
    "jax_persistent_cache_min_compile_time_secs": 0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
    "jax_persistent_cache_enable_xla_caches": "none",
}
"""Small programs too: a model has many. What XLA tuned on a GPU is in a kept program already; kept
besides it would quicken first steps that find no program, and nobody would know."""

_count = 0
_hits = 0
_folder: str | None = None


def compilations() -> int:
    """Programs compiled so far, small ones for operations outside `jit` included."""
    return _count


def keep(folder: str | None) -> None:
    """Keep programs there from now on; None: compile each as for the first time, as JAX itself
    does. A cache of the user's own stays."""
    global _folder
    if folder == _folder or "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    try:
        from jax.experimental.compilation_cache import compilation_cache

        for name in filter(lambda name: hasattr(jax.config, name), _KEEPING):
            jax.config.update(name, _KEEPING[name])
        jax.config.update("jax_compilation_cache_dir", folder)
        compilation_cache.reset_cache()  # it looks for the folder only once
        _folder = folder
    except (ImportError, AttributeError):  # an older JAX compiles anew
        return


def kept() -> int:
    """Programs that were taken from a cache so far."""
    return _hits


def _listen(event: str, _: float, **__: Any) -> None:
    global _count
    _count += event == _EVENT


def _hear(event: str, **_: Any) -> None:
    global _hits
    _hits += event == _HIT


jax.monitoring.register_event_duration_secs_listener(_listen)
jax.monitoring.register_event_listener(_hear)
