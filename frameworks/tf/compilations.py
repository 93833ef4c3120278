"""Python functions as TensorFlow graphs, and how often one was traced in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

_traces = 0


def compilations() -> int:
    """Traces so far, each of which made a new graph; none where all runs eagerly."""
    return _traces


def graph(function: Callable[..., Any], *, xla: bool) -> Any:
    """The function as a graph for each signature it is called with."""

    def traced(*arguments: Any) -> Any:
        global _traces
        _traces += 1  # Python runs this only while TensorFlow traces
        return function(*arguments)

    # Autograph rewrites Python control flow; there is none.
    return tf.function(traced, autograph=False, jit_compile=xla)
