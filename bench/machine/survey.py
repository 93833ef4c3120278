"""A description of this machine: what it is, what it is doing, and what is installed here."""

from __future__ import annotations

import os
import platform
import re
import shutil
import time

import psutil

from bench import environments, folders
from bench.machine import describe, privacy, state, texts
from bench.machine.description import FORMAT, Description, Heavy

VARIABLES = (
    *("SYSTEM_VERSION_COMPAT", "MACOSX_DEPLOYMENT_TARGET", "ARCHPREFERENCE"),
    *("PYTORCH_ENABLE_MPS_FALLBACK", "PYTORCH_MPS_FAST_MATH", "PYTORCH_MPS_PREFER_METAL"),
    *("PYTORCH_MPS_HIGH_WATERMARK_RATIO", "PYTORCH_MPS_LOW_WATERMARK_RATIO"),
    *("MLX_ENABLE_TF32", "NVIDIA_TF32_OVERRIDE", "TF_FORCE_GPU_ALLOW_GROWTH"),
    *("JAX_PLATFORMS", "JAX_ENABLE_X64", "JAX_MPS_ASYNC_DISPATCH", "ENABLE_PJRT_COMPATIBILITY"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
)
"""Variables that change what frameworks do here, and whose values name nobody."""

WATCH_S = 0.5
HEAVY = 0.2
"""Share of a core from which on programs of one name are told of."""
MOST_HEAVY = 8


def here() -> Description:
    """This machine now; watches other programs for half a second."""
    found = environments.listing()
    return Description(
        format=FORMAT,
        machine=describe(),
        state=state.read(),
        python=platform.python_version(),
        python_architecture=platform.machine(),
        environments={one.name: _packages(one.name) for one in found if one.python},
        environment_states={one.name: one.state for one in found},
        variables=_variables(),
        disk_free_bytes=shutil.disk_usage(environments.CHECKOUT).free,
        memory_free_bytes=psutil.virtual_memory().available,
        heavy_processes=_heavy(),
    )


def _packages(name: str) -> dict[str, str]:
    """Version by package, and that of Python; what does not look like a version is left out."""
    stamp = folders.stamp(environments.root() / name)
    told = {**stamp.get("packages", {}), "python": stamp.get("python")}
    usual = re.compile(r"[A-Za-z0-9_.+!-]{1,64}").fullmatch
    return {key: str(value) for key, value in told.items() if usual(key) and usual(str(value))}


def _variables() -> dict[str, str]:
    usual = re.compile(r"[A-Za-z0-9_.,]{1,32}").fullmatch
    told = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    return {name: value if usual(value) else "set" for name, value in told.items()}


def _heavy() -> tuple[Heavy, ...]:
    """Programs that keep the CPU busy, by name, the heaviest first; not this one."""
    watched = [one for one in psutil.process_iter() if one.pid != os.getpid()]
    for process in watched:
        _share(process)  # the first answer only starts the measurement
    time.sleep(WATCH_S)
    shares: dict[str, list[float]] = {}
    for process in watched:
        share = _share(process)
        if share > 0:
            shares.setdefault(_program(process), []).append(share)
    heavy = [
        Heavy(name=name, count=len(each), cpu_share=round(sum(each), 2))
        for name, each in shares.items()
        if sum(each) >= HEAVY
    ]
    return tuple(sorted(heavy, key=lambda one: -one.cpu_share)[:MOST_HEAVY])


def _share(process: psutil.Process) -> float:
    try:
        return float(process.cpu_percent()) / 100
    except psutil.Error:  # it has ended, or is somebody else's
        return 0.0


def _program(process: psutil.Process) -> str:
    """Its base name, unless that could name a person or a machine."""
    try:
        name = texts.name(os.path.basename(process.name()))  # noqa: PTH119
    except (psutil.Error, OSError):
        return "another program"
    named = any(one.lower() in (name or "").lower() for one, _ in privacy.names())
    return "another program" if name is None or named else name
