"""HOW each framework computes the work: an adapter's folder each, the same file names in every one.

This file is the one list of frameworks: whatever else must know something of each of them takes it
from these rows. Importing it imports none of them. Standard library and Python 3.9 only: it is read
before any environment exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

GIB = 2**30


@dataclass(frozen=True)
class Nightly:
    """Where a framework's makers put the build of last night, for `name==nightly`."""

    source: str
    """Who says so."""
    index: str = ""
    """Address; empty where it is the package index itself."""
    cuda_index: str = ""
    """With an NVIDIA GPU on Linux, where that is another."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """By a usual package, what it is called in a nightly, where that differs."""
    companions: tuple[str, ...] = ()
    """Its packages beside the framework's own that are built every night too."""


@dataclass(frozen=True)
class FrameworkInfo:
    """What must be known of a framework before a process of it exists."""

    name: str
    """The one word: on the command line, of the folder, the requirements file, in records."""
    title: str
    """As its makers write it."""
    executions: tuple[str, ...]
    """Its ways of running; the first is the idiomatic one and the default."""
    packages: tuple[str, ...] = ()
    """Distributions of which one is installed and names the version; the first is the usual one.
    Empty where nothing is installed."""
    modules: tuple[str, ...] = ()
    """Names that may be imported inside its environment, besides NumPy's."""
    aliases: tuple[str, ...] = ()
    """Other words accepted on the command line."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that must stand before its import."""
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By a word such as `metal`: `jax:metal` is the same adapter with other packages, those of the
    environment `jax-metal`, and these variables besides."""
    tuning: tuple[str, ...] = ()
    """Beginnings of environment variables that change its figures."""
    device_ids: tuple[str, ...] = ("cpu",)
    """What its adapter calls devices; `N` stands for a number, as in `cuda:N`."""
    disk_bytes: int = 0
    """Of its environment, as measured on Linux without CUDA."""
    colour: str = ""
    """Of its marks in figures, as in `#D55E00`."""
    marker: str = ""
    """Of its marks in figures, by Matplotlib's letter; `reports/render/html.py` must know it."""
    nightly: Nightly | None = None
    """None where nobody publishes one."""
    trains: bool = True
    """Whether it has gradients; without them training is refused."""

    @property
    def on_gpu(self) -> bool:
        """Whether it can use a GPU at all."""
        return self.device_ids != ("cpu",)


# Colours and markers are those of Okabe & Ito, which colour-blind readers can tell apart; one is
# darker than theirs, so that all stand out on light pages and on dark ones.
_ROWS = (
    FrameworkInfo(
        name="numpy",
        title="NumPy",
        packages=("numpy",),
        modules=("numpy",),
        executions=("eager",),
        nightly=Nightly(
            "scientific-python.org/specs/spec-0004",
            "https://pypi.anaconda.org/scientific-python-nightly-wheels/simple",
        ),
        disk_bytes=round(0.1 * GIB),
        colour="#CC79A7",
        marker="o",
        trains=False,
    ),
    FrameworkInfo(
        name="torch",
        title="PyTorch",
        packages=("torch",),
        modules=("torch",),
        aliases=("pytorch",),
        executions=("eager", "compile"),
        nightly=Nightly(
            "pytorch.org/get-started/locally",
            "https://download.pytorch.org/whl/nightly/cpu",
            "https://download.pytorch.org/whl/nightly/cu130",
            companions=("triton", "pytorch-triton"),
        ),
        tuning=("PYTORCH_", "TORCH_", "TORCHINDUCTOR_"),
        device_ids=("cpu", "mps", "cuda:N"),
        disk_bytes=round(0.8 * GIB),
        colour="#D55E00",
        marker="s",
    ),
    FrameworkInfo(
        name="tf",
        title="TensorFlow",
        packages=("tensorflow", "tensorflow-cpu"),
        modules=("tensorflow",),
        aliases=("tensorflow",),
        executions=("function", "xla", "eager"),
        # Level 0 keeps the line in which the Metal plugin names the GPU.
        # Without growth TensorFlow takes the whole device from the idle contenders.
        variables={"TF_CPP_MIN_LOG_LEVEL": "0", "TF_FORCE_GPU_ALLOW_GROWTH": "true"},
        nightly=Nightly(
            "pypi.org/project/tf-nightly",
            packages={"tensorflow": "tf-nightly", "tensorflow-cpu": "tf-nightly-cpu"},
        ),
        tuning=("TF_", "XLA_"),
        device_ids=("cpu", "metal:N", "cuda:N"),
        disk_bytes=round(1.4 * GIB),
        colour="#B8860B",
        marker="^",
    ),
    FrameworkInfo(
        name="jax",
        title="JAX",
        packages=("jax",),
        modules=("jax", "jaxlib", "jax_plugins"),
        executions=("jit",),
        # Its Metal plugin computes with MLX; see there.
        variables={"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "MLX_ENABLE_TF32": "0"},
        # Apple's plugin wants the first of newer jaxlibs than it was built for. It must be
        # named, or a failure to start it would only leave its device out.
        variants={"metal": {"ENABLE_PJRT_COMPATIBILITY": "1", "JAX_PLATFORMS": "METAL,cpu"}},
        nightly=Nightly(
            "docs.jax.dev/en/latest/installation.html",
            "https://us-python.pkg.dev/ml-oss-artifacts-published/jax/simple/",
            companions=("jaxlib", "jax-cuda13-plugin", "jax-cuda13-pjrt"),
        ),
        tuning=("JAX_", "XLA_", "MLX_", "ENABLE_PJRT_"),
        device_ids=("cpu", "mps", "metal:N", "cuda:N"),
        disk_bytes=round(0.5 * GIB),
        colour="#0072B2",
        marker="D",
    ),
    FrameworkInfo(
        name="mlx",
        title="MLX",
        packages=("mlx",),
        modules=("mlx",),
        executions=("compile", "lazy"),
        # float32 products would silently run at TF32 on hardware with matrix units.
        variables={"MLX_ENABLE_TF32": "0"},
        tuning=("MLX_",),
        device_ids=("cpu", "metal:N", "cuda:N"),
        disk_bytes=round(0.1 * GIB),
        colour="#009E73",
        marker="v",
    ),
)

FRAMEWORKS = {row.name: row for row in _ROWS}

NULL = FrameworkInfo(name="null", title="null (prepared answers)", executions=("eager",))
"""Not a framework: it returns prepared answers and measures the harness."""

NAMES = tuple(FRAMEWORKS)
"""Every framework's word, in the order reports use."""
