"""The Metal branch of an adapter, where there is no Metal: `metal_branch.py CASE`.

The framework stays real: a function is looked up in its own module and its arguments are held
against its own signature before an answer is given that a Mac would give. Arrays lie on the CPU.
Ends with an exception where the branch asks for what is not there. Standard library and NumPy.
"""

import importlib
import inspect
import sys
from pathlib import Path

import numpy as np

from frameworks.interface import Memory, Settings, Unsupported, parts
from frameworks.shared import metal
from suites import catalog
from suites.data import arrays
from tests.conformance.batch_ring import finished

DATA = Path(__file__).parents[1] / "data" / "banners"
BANNER = (DATA / "hackintosh-rx570.banner.txt").read_text(encoding="utf-8")
GPU = "Apple M2 Max"

# All of `torch.mps` and `torch.backends.mps` in the wheel of 2.2.2, the last for Intel Macs.
OLD_MPS = (
    *("synchronize", "get_rng_state", "set_rng_state", "manual_seed", "seed", "empty_cache"),
    *("set_per_process_memory_fraction", "current_allocated_memory", "driver_allocated_memory"),
    *("Event", "profiler"),
)
OLD_BACKEND = ("is_built", "is_available", "is_macos13_or_newer")

called = set()


class Facade:
    """A real module: some of its functions answer as on a Mac, and only some names may exist."""

    def __init__(self, module, answers, only=None):
        self._module, self._answers, self._only = module, answers, only

    def __getattr__(self, name):
        if self._only is not None and name not in self._only:
            raise AttributeError(f"{self._module.__name__} has no {name} in this version")
        real = getattr(self._module, name)
        answer = self._answers.get(name, real)
        return answer if answer is real or isinstance(answer, Facade) else held(real, answer)


def held(real, answer):
    """The answer, given only to arguments that the real function takes."""

    def call(*args, **kwargs):
        called.add(real.__name__)
        try:
            inspect.signature(real).bind(*args, **kwargs)
        except ValueError:  # compiled, without a signature: it has to be tried
            tried(real, args, kwargs)
        if isinstance(answer, Exception):
            raise answer
        return answer(*args, **kwargs) if callable(answer) else answer

    return call


def tried(real, args, kwargs):
    try:
        real(*args, **kwargs)
    except (TypeError, AttributeError):
        raise
    except Exception:  # noqa: BLE001  it asked for a GPU, and its arguments were right
        pass


def torch(old):
    """The adapter, with the names of 2.2.2 alone or with all of this version's."""
    import torch as real

    from frameworks.torch import adapter
    from frameworks.torch import devices as torch_devices

    mps = {
        "synchronize": None,
        "current_allocated_memory": 4096,
        "driver_allocated_memory": 8192,
        "recommended_max_memory": 2**34,
    }
    backend = Facade(
        real.backends.mps, {"is_available": True, "get_name": GPU}, OLD_BACKEND if old else None
    )
    counters = {"max_memory_allocated": 12288, "reset_peak_memory_stats": None}
    answers = {
        "backends": Facade(real.backends, {"mps": backend}),
        "mps": Facade(real.mps, mps, OLD_MPS if old else None),
        "accelerator": Facade(real.accelerator, counters, () if old else None),
    }
    torch_devices.torch = Facade(real, answers)
    adapter.torch = Facade(real, {})
    adapter.torch.device = lambda name: real.device("cpu" if name == "mps" else name)  # type: ignore[attr-defined]
    runtime = run(adapter, "mps")
    assert runtime.device.name == ("mps" if old else GPU)
    assert adapter.memory() == Memory(4096, None if old else 12288)
    assert ("recommended_max_memory" in runtime.details) is not old
    assert "synchronize" in called


def tf():
    import tensorflow as real

    from frameworks.tf import adapter
    from frameworks.tf import devices as tf_devices

    lacks = ValueError("Allocator stats not available for device '/GPU:0'")
    gpu = real.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    experimental = {
        "get_device_details": {"device_name": "METAL"},
        "get_memory_info": lacks,
        "reset_memory_stats": lacks,
    }
    config = {
        "experimental": Facade(real.config.experimental, experimental),
        "list_physical_devices": [gpu],
        "set_visible_devices": None,
    }
    answers = {
        "config": Facade(real.config, config),
        "device": lambda name: real.device(name.replace("GPU", "CPU")),
    }
    tf_devices.tf = Facade(real, answers)
    runtime = run(adapter, "metal:0")
    assert runtime.device.name == "AMD Radeon RX 570"
    assert adapter.memory() == Memory()
    assert not real.config.get_soft_device_placement()
    assert {"set_visible_devices", "get_memory_info", "reset_memory_stats"} <= called
    try:
        adapter.start(runtime.device, Settings("float32", "xla"))
    except Unsupported as reason:
        assert "no XLA" in str(reason)
    else:
        raise AssertionError("XLA on Metal was not refused")


def jax(word, platform, name):
    import jax as real

    from frameworks.jax import adapter
    from frameworks.jax import devices as jax_devices

    (cpu,), asked = real.devices("cpu")[:1], []

    def devices(backend=None):
        return [cpu] if backend in (platform, "cpu") else real.devices(backend)

    def update(option, value):
        assert hasattr(real.config, option), f"jax has no option {option}"
        if option == "jax_platforms":
            asked.append(value)
        else:
            real.config.update(option, value)

    seen = {"devices": devices, "config": Facade(real.config, {"update": update})}
    jax_devices.jax = adapter.jax = Facade(real, seen)
    runtime = run(adapter, word)
    assert runtime.device.name == name
    assert asked == [f"{platform},cpu"]
    assert runtime.asynchronous is (platform == "METAL")

    class Silent:
        def memory_stats(self):
            raise NotImplementedError("UNIMPLEMENTED")

    assert jax_devices.statistics(Silent()) == {}


def mlx(old):
    import mlx.core as real

    from frameworks.mlx import adapter
    from frameworks.mlx import devices as mlx_devices

    told = {"device_name": GPU, "memory_size": 2**35}
    names = set(dir(real)) - ({"device_info"} if old else set())
    answers = {
        "metal": Facade(real.metal, {"is_available": True, "device_info": told}),
        "device_info": told,
    }
    mlx_devices.mx = Facade(real, answers, names)
    adapter.mx = Facade(real, {})
    adapter.mx.set_default_device = lambda gpu: chosen(real, gpu)  # type: ignore[attr-defined]
    runtime = run(adapter, "metal:0")
    assert runtime.device.name == GPU
    assert runtime.device.memory_bytes is None
    assert any("TF32 is off" in note for note in runtime.notes)


def chosen(real, device):
    assert device == real.gpu, f"the GPU was not chosen, but {device}"
    real.set_default_device(real.cpu)


def run(adapter, device_id):
    """Devices, start, a product and training steps, waited for: the whole branch."""
    metal.printed = lambda program: BANNER if "devices(" in program else ""
    device = next(d for d in adapter.devices() if d.id == device_id)
    assert (device.kind, device.backend) == ("gpu", "metal")
    assert device.memory_bytes is None
    execution = {"torch": "eager", "tf": "function", "jax": "jit", "mlx": "lazy"}[adapter.NAME]
    runtime = adapter.start(device, Settings("float32", execution))
    for suite in ("matmul", "mlp"):
        for workload in catalog.cases(suite, "smoke"):
            step, _ = parts(adapter.build(workload, arrays.make(workload, 0)))
            for _ in range(2):
                results = finished(adapter, step)
            assert all(np.all(np.isfinite(array)) for array in results.values())
    return runtime


CASES = {
    "torch": lambda: torch(old=False),
    "torch as 2.2.2": lambda: torch(old=True),
    "tf": tf,
    "jax on mps": lambda: jax("mps", "mps", "mps"),
    "jax on METAL": lambda: jax("metal:0", "METAL", "AMD Radeon RX 570"),
    "mlx": lambda: mlx(old=False),
    "mlx as 0.29": lambda: mlx(old=True),
}

if __name__ == "__main__":
    importlib.import_module(f"frameworks.{sys.argv[1].split()[0]}.adapter")
    CASES[sys.argv[1]]()
