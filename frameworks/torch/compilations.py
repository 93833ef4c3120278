"""What `torch.compile` has compiled in this process, and what it keeps for later ones."""

from __future__ import annotations

import os

_OWN = "TORCHINDUCTOR_CACHE_DIR"
_chosen = os.environ.get(_OWN)
"""Of the user's own choice, which stays."""


def compilations() -> int:
    """Graphs compiled so far."""
    from torch._dynamo.utils import counters  # slow to import, and of no use to eager code

    return int(counters["stats"]["unique_graphs"])


def keep(folder: str | None) -> None:
    """Keep programs there from now on; None: compile each as for the first time."""
    from torch._inductor import config

    if _chosen:
        return
    config.force_disable_caches = folder is None
    if folder is not None:
        os.environ[_OWN] = folder  # Inductor looks whenever it compiles


def kept() -> int:
    """Programs that were taken from a cache so far."""
    from torch._dynamo.utils import counters

    hits = counters["inductor"]["fxgraph_cache_hit"]
    return int(hits + counters["aot_autograd"]["autograd_cache_hit"])
