"""MLX's devices: found and named, and what is peculiar to each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import mlx.core as mx

from frameworks.interface import Device


def devices() -> Sequence[Device]:
    """The CPU, and the one GPU that the build knows."""
    cpu = Device(id="cpu", kind="cpu", name="cpu")
    if mx.metal.is_available():
        return (cpu, Device("metal:0", "gpu", _info()["device_name"]))
    if mx.is_available(mx.gpu):
        info = _info()
        return (cpu, Device("cuda:0", "gpu", info["device_name"], info.get("total_memory")))
    return (cpu,)


def notes(device: Device) -> list[str]:
    """What a reader of this device's figures must know."""
    if device.kind == "gpu":
        if os.environ.get("MLX_ENABLE_TF32") == "0":
            return ["TF32 is off (MLX_ENABLE_TF32=0): float32 products are float32."]
        return ["float32 products may run at TF32 (MLX_ENABLE_TF32 is not 0)."]
    slow = (
        "MLX's build for Linux CPUs has an unoptimised BLAS: "
        "these figures say only that its answers are right."
    )
    return [slow] if sys.platform == "linux" else []


def has_compiler() -> bool:
    """Whether there is one for the CPU, looked for as MLX itself does."""
    tried = subprocess.run("g++ --version", shell=True, capture_output=True, check=False)
    return tried.returncode == 0


def _info() -> dict[str, Any]:
    # Up to 0.29 the only description was Metal's.
    describe = getattr(mx, "device_info", None)
    info: dict[str, Any] = describe(mx.gpu) if describe else mx.metal.device_info()
    return info
