"""What drives a device: told by its word, or by the adapter where the word is not enough."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import pytest

from frameworks import FRAMEWORKS
from frameworks.interface import Device, backend_of


@pytest.mark.parametrize(
    ("kind", "device_id", "backend"),
    [
        ("cpu", "cpu", "cpu"),
        ("cpu", "anything", "cpu"),
        ("gpu", "mps", "metal"),
        ("gpu", "metal:3", "metal"),
        ("gpu", "cuda:0", "cuda"),
        ("gpu", "cuda", "cuda"),
        ("gpu", "rocm:1", "rocm"),
        ("gpu", "cudalike:0", None),
        ("gpu", "fast:0", None),
    ],
)
def test_a_word_tells_the_backend_or_nothing(kind: Any, device_id: str, backend: str) -> None:
    assert backend_of(kind, device_id) == Device(device_id, kind, "a name").backend == backend


def test_every_built_in_word_for_a_device_tells_one() -> None:
    for row in FRAMEWORKS.values():
        assert [word for word in row.device_ids[1:] if not backend_of("gpu", word)] == []


def test_a_worker_that_says_no_backend_has_the_one_of_its_word() -> None:
    """The devices of adapters from files, whose classes may be their own."""
    said = {"id": "mps", "kind": "gpu", "name": "Apple M2"}
    assert msgspec.convert(said, Device).backend == "metal"
    there = Device("cuda:0", "gpu", "AMD Instinct MI300X", backend="rocm")
    assert msgspec.convert(dataclasses.asdict(there), Device) == there
    with pytest.raises(msgspec.ValidationError, match="warp"):
        msgspec.convert({**said, "backend": "warp"}, Device)


def torch_like(hip: str | None) -> ModuleType:
    """What PyTorch's devices are found by: one GPU, of CUDA or of ROCm."""
    gpu = SimpleNamespace(name="a GPU", total_memory=2**35)
    stub: Any = ModuleType("torch")
    stub.version = SimpleNamespace(hip=hip)
    stub.backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False))
    stub.cuda = SimpleNamespace(device_count=lambda: 1, get_device_properties=lambda index: gpu)
    return stub


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module that finds PyTorch's devices, whose PyTorch is the one given."""
    name = "frameworks.torch.devices"

    def imported(hip: str | None) -> Any:
        monkeypatch.setitem(sys.modules, "torch", torch_like(hip))
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    yield imported
    sys.modules.pop(name, None)


def test_pytorchs_word_cuda_is_rocm_where_it_was_built_so(devices: Any) -> None:
    for hip, backend in ((None, "cuda"), ("6.4.43482", "rocm")):
        module = devices(hip)
        cpu, gpu = module.devices()
        assert (cpu.backend, gpu.id, gpu.backend) == ("cpu", "cuda:0", backend)
        assert any("ROCm" in note for note in module.notes(gpu, compiles=False)) is bool(hip)
