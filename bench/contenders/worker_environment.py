"""The variables of a worker: which it inherits, which it is given, and which are recorded."""

from __future__ import annotations

from collections.abc import Mapping

from bench.environments.interpreters import Interpreter
from bench.environments.manager import CHECKOUT
from bench.machine import privacy
from frameworks import FRAMEWORKS

ALLOWED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH")
"""Variables a worker inherits; everything else could carry another environment into it."""

TUNING = (
    *("OMP_", "MKL_", "OPENBLAS_", "VECLIB_", "KMP_", "CUDA_", "NVIDIA_", "MPS_", "METAL_"),
    *("HIP_", "HSA_", "ROCR_", "MIOPEN_"),
    *dict.fromkeys(prefix for row in FRAMEWORKS.values() for prefix in row.tuning),
)
"""Prefixes of variables that change figures, of BLAS libraries and devices, then of frameworks:
inherited, and kept in the record."""

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """What a worker has of the variables of the host's process."""
    return {k: v for k, v in environ.items() if k in ALLOWED or k.startswith(TUNING)}


def variables(
    environ: Mapping[str, str],
    framework: Mapping[str, str],
    threads: int | None,
    own: Interpreter | None = None,
) -> dict[str, str]:
    """The whole environment of a worker: allowed variables, the framework's own, thread counts; in
    a Python of the user's own also what activating its environment sets."""
    chosen = inherited(environ)
    chosen |= {name: str(threads) for name in THREAD_VARIABLES if threads}
    chosen |= {"PYTHONPATH": str(CHECKOUT), "PYTHONHASHSEED": "0"}
    # Where the user's own Python finds packages of the user's, they are what its user runs.
    chosen |= own.variables(chosen) if own else {"PYTHONNOUSERSITE": "1"}
    return {**framework, **chosen}


def recorded(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that change figures, fit for a record."""
    told = sorted((k, v) for k, v in variables.items() if k.startswith(TUNING))
    return {k: privacy.setting(k, privacy.scrub(v)) for k, v in told}
