"""PyTorch's devices: found, waited for, and their memory read, by what this version can do.

On Intel Macs PyTorch ends at 2.2.2, where `torch.mps` can wait and count and `torch.backends.mps`
names no GPU; nothing here asks either for a name without looking whether it is there.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import torch

from frameworks.interface import Backend, Device, Memory

FELL_BACK = ".*fall back to run on the CPU"
"""What PyTorch warns of when an operation is missing on MPS and runs on the CPU instead."""


def devices() -> Sequence[Device]:
    """The CPU, Apple's or AMD's GPU through MPS, and every device of CUDA or ROCm."""
    found = [Device(id="cpu", kind="cpu", name="cpu")]
    if torch.backends.mps.is_available():
        found.append(
            Device(id="mps", kind="gpu", name=_asked(torch.backends.mps, "get_name", "mps"))
        )
    # Built with ROCm it calls AMD's GPUs by the same words.
    backend: Backend = "rocm" if torch.version.hip else "cuda"
    for index in range(torch.cuda.device_count()):
        gpu = torch.cuda.get_device_properties(index)
        found.append(Device(f"cuda:{index}", "gpu", gpu.name, gpu.total_memory, backend))
    return found


def prepare(device: Device) -> None:
    """Have each operation that leaves the GPU say so every time, not only its first."""
    if device.backend == "metal":
        torch.set_warn_always(True)
        warnings.filterwarnings("always", message=FELL_BACK)


def placed(array: Any, dtype: Any, device: Any) -> Any:
    """A copy on the device, of this type; labels and tokens get PyTorch's own type of index."""
    copy = torch.tensor(
        array, dtype=dtype if array.dtype.kind == "f" else torch.int64, device=device
    )
    if copy.dim() == 4 and device.type == "cpu":
        # Images and kernels as the CPU's convolutions want them, a tenth to a quarter faster.
        return copy.contiguous(memory_format=torch.channels_last)
    return copy


def synchronize(device: Device) -> None:
    """Wait for everything the device was given; on the CPU a step returns when it has finished."""
    if device.backend == "metal":
        torch.mps.synchronize()
    elif device.kind == "gpu":
        torch.cuda.synchronize(device.id)


def forget_peak(device: Device) -> None:
    """Let the peak of memory begin anew, where there is one."""
    if device.backend == "metal":
        _counted("reset_peak_memory_stats", device.id)
    elif device.kind == "gpu":
        torch.cuda.reset_peak_memory_stats(device.id)


def memory(device: Device) -> Memory:
    """Bytes of tensors. Versions of MPS without a counter of the peak have none to tell."""
    if device.kind == "cpu":
        return Memory()
    if device.backend == "metal":
        peak = _counted("max_memory_allocated", device.id)
        return Memory(torch.mps.current_allocated_memory(), peak or None)
    return Memory(
        torch.cuda.memory_allocated(device.id), torch.cuda.max_memory_allocated(device.id)
    )


def notes(device: Device, compiles: bool) -> list[str]:
    """What a reader of this device's figures must know."""
    if device.backend == "cuda":
        return ["TF32 is off: float32 products and convolutions are float32."]
    if device.backend == "rocm":
        return [f"{device.id} is AMD's GPU: this PyTorch was built with ROCm."]
    if device.kind == "cpu":
        return []
    found = []
    if compiles:
        found.append("Inductor's code generator for Metal is an early prototype.")
    if os.environ.get("PYTORCH_ENABLE_MPS_FALLBACK", "0") != "0":
        found.append(
            "Operations that MPS lacks run on the CPU (PYTORCH_ENABLE_MPS_FALLBACK): a cell in "
            "which that happens is partly CPU."
        )
    if os.environ.get("PYTORCH_MPS_FAST_MATH", "0") != "0":
        found.append("Metal's fast mathematics is on (PYTORCH_MPS_FAST_MATH).")
    return found


def details(device: Device) -> str:
    """Metal's own figures of the GPU, a line each; empty elsewhere."""
    if device.backend != "metal":
        return ""
    asked = {
        "recommended_max_memory, bytes": _asked(torch.mps, "recommended_max_memory"),
        "driver_allocated_memory at start, bytes": _asked(torch.mps, "driver_allocated_memory"),
    }
    return "".join(f"MPS {name}: {value}\n" for name, value in asked.items() if value is not None)


def _asked(module: Any, function: str, otherwise: Any = None) -> Any:
    """What the module's function says; otherwise where this version has none."""
    return getattr(module, function, lambda: otherwise)()


def _counted(function: str, device_id: str) -> Any:
    """A counter of `torch.accelerator`, which older versions, and older allocators, lack."""
    try:
        return getattr(torch.accelerator, function)(device_id)
    except (AttributeError, RuntimeError, ValueError):
        return None
