"""A description of this machine: what it is, what it is doing, and what is installed here."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Mapping

import psutil

from bench.environments import manager, stamped_folder
from bench.machine import describe, processes, state
from bench.machine.description import FORMAT, Description

VARIABLES = (
    *("SYSTEM_VERSION_COMPAT", "MACOSX_DEPLOYMENT_TARGET", "ARCHPREFERENCE"),
    *("PYTORCH_ENABLE_MPS_FALLBACK", "PYTORCH_MPS_FAST_MATH", "PYTORCH_MPS_PREFER_METAL"),
    *("PYTORCH_MPS_HIGH_WATERMARK_RATIO", "PYTORCH_MPS_LOW_WATERMARK_RATIO"),
    *("MLX_ENABLE_TF32", "NVIDIA_TF32_OVERRIDE", "TF_FORCE_GPU_ALLOW_GROWTH"),
    *("JAX_PLATFORMS", "JAX_ENABLE_X64", "JAX_MPS_ASYNC_DISPATCH", "ENABLE_PJRT_COMPATIBILITY"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
)
"""Variables that change what frameworks do here, and whose values name nobody."""


def here() -> Description:
    """This machine now; watches other programs for half a second."""
    found = manager.listing()
    return Description(
        format=FORMAT,
        machine=describe(),
        state=state.read(),
        python=platform.python_version(),
        python_architecture=platform.machine(),
        environments={one.name: _packages(one.name) for one in found if one.python},
        environment_states={one.name: one.state for one in found},
        variables=variables(os.environ),
        disk_free_bytes=shutil.disk_usage(manager.CHECKOUT).free,
        memory_free_bytes=psutil.virtual_memory().available,
        heavy_processes=processes.heavy(),
    )


def _packages(name: str) -> dict[str, str]:
    """Version by package, and that of Python; what does not look like a version is left out."""
    stamp = stamped_folder.stamp(manager.root() / name)
    told = {**stamp.get("packages", {}), "python": stamp.get("python")}
    usual = re.compile(r"[A-Za-z0-9_.+!-]{1,64}").fullmatch
    return {key: str(value) for key, value in told.items() if usual(key) and usual(str(value))}


def variables(told: Mapping[str, str]) -> dict[str, str]:
    """Of these settings those that matter here, with no value that could be a path or a name."""
    usual = re.compile(r"[A-Za-z0-9_.,]{1,32}").fullmatch
    known = {name: told[name] for name in VARIABLES if name in told}
    return {name: value if usual(value) else "set" for name, value in known.items()}
