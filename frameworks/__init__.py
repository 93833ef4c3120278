"""HOW each framework computes the work: one adapter module each, same sections in the same order.

This file is the one list of frameworks; importing it imports none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class FrameworkInfo:
    """What must be known of a framework before a process of it exists."""

    name: str
    """The one word: on the command line, of the module, the requirements file, in records."""
    title: str
    """As its makers write it."""
    executions: tuple[str, ...]
    """Its ways of running; the first is the idiomatic one and the default."""
    package: str | None = None
    """Distribution whose version names a contender; None where nothing is installed."""
    aliases: tuple[str, ...] = ()
    """Other words accepted on the command line."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that must stand before its import."""
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By a word such as `metal`: `jax:metal` is the same adapter with other packages, those of the
    environment `jax-metal`, and these variables besides."""


FRAMEWORKS = {
    facts.name: facts
    for facts in (
        FrameworkInfo(name="numpy", title="NumPy", package="numpy", executions=("eager",)),
        FrameworkInfo(
            name="torch",
            title="PyTorch",
            package="torch",
            aliases=("pytorch",),
            executions=("eager", "compile"),
        ),
        FrameworkInfo(
            name="tf",
            title="TensorFlow",
            package="tensorflow",
            aliases=("tensorflow",),
            executions=("function", "xla", "eager"),
            # Level 0 keeps the line in which the Metal plugin names the GPU.
            # Without growth TensorFlow takes the whole device from the idle contenders.
            environment={"TF_CPP_MIN_LOG_LEVEL": "0", "TF_FORCE_GPU_ALLOW_GROWTH": "true"},
        ),
        FrameworkInfo(
            name="jax",
            title="JAX",
            package="jax",
            executions=("jit",),
            # Its Metal plugin computes with MLX; see there.
            environment={"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "MLX_ENABLE_TF32": "0"},
            # Apple's plugin wants the first of newer jaxlibs than it was built for. It must be
            # named, or a failure to start it would only leave its device out.
            variants={"metal": {"ENABLE_PJRT_COMPATIBILITY": "1", "JAX_PLATFORMS": "METAL,cpu"}},
        ),
        FrameworkInfo(
            name="mlx",
            title="MLX",
            package="mlx",
            executions=("compile", "lazy"),
            # float32 products would silently run at TF32 on hardware with matrix units.
            environment={"MLX_ENABLE_TF32": "0"},
        ),
    )
}

NULL = FrameworkInfo(name="null", title="null (prepared answers)", executions=("eager",))
"""Not a framework: it returns prepared answers and measures the harness."""

NAMES = tuple(FRAMEWORKS)
"""Every framework's word, in the order reports use."""
