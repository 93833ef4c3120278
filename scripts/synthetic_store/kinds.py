"""Computers and frameworks of made-up runs: real names, and speeds such as they might have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of computer, and speeds that such a one might have."""

    chip: str
    gpu: str | None
    system: str
    cores: int
    memory_gib: tuple[int, ...]
    cpu_flop_per_s: float
    gpu_flop_per_s: float = 0.0
    bytes_per_s: float = 50e9
    device: str = "cuda:0"


def _apple(
    chip: str, cores: int, memory: tuple[int, ...], cpu: float, gpu: float, moved: float
) -> Kind:
    return Kind(f"Apple {chip}", f"Apple {chip}", "Darwin", cores, memory, cpu, gpu, moved, "mps")


KINDS = (
    _apple("M1", 8, (8, 16), 1.2e12, 2.6e12, 68e9),
    _apple("M1 Max", 10, (32, 64), 1.6e12, 10.4e12, 400e9),
    _apple("M2", 8, (8, 16, 24), 1.4e12, 3.6e12, 100e9),
    _apple("M2 Ultra", 24, (64, 128, 192), 3.5e12, 27e12, 800e9),
    _apple("M3 Pro", 12, (18, 36), 1.8e12, 7.4e12, 150e9),
    _apple("M4", 10, (16, 24, 32), 2.0e12, 4.3e12, 120e9),
    _apple("M4 Max", 16, (36, 48, 64, 128), 3.2e12, 18e12, 546e9),
    _apple("M5", 10, (16, 24, 32), 2.4e12, 5.0e12, 153e9),
    Kind(
        "Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz",
        "AMD Radeon Pro 5500M",
        "Darwin",
        6,
        (16, 32),
        0.35e12,
        4e12,
        190e9,
        "mps",
    ),
    Kind(
        "Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz",
        "AMD Radeon RX 6900 XT",
        "Darwin",
        6,
        (32, 64),
        0.5e12,
        20e12,
        500e9,
        "mps",
    ),
    Kind(
        "AMD Ryzen 9 7950X 16-Core Processor",
        "NVIDIA GeForce RTX 4090",
        "Linux",
        16,
        (64, 128),
        1.8e12,
        70e12,
        1000e9,
    ),
    Kind(
        "AMD Ryzen 7 5800X 8-Core Processor",
        "NVIDIA GeForce RTX 3090",
        "Linux",
        8,
        (32, 64),
        0.9e12,
        30e12,
        900e9,
    ),
    Kind(
        "AMD EPYC 9654 96-Core Processor",
        "NVIDIA H200",
        "Linux",
        192,
        (768, 1536),
        6e12,
        55e12,
        4800e9,
    ),
    Kind(
        "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz",
        "NVIDIA A100-SXM4-40GB",
        "Linux",
        32,
        (256, 512),
        2.5e12,
        18e12,
        1500e9,
    ),
    Kind("Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", None, "Linux", 4, (16, 32), 0.4e12),
    Kind("AMD EPYC 7763 64-Core Processor", None, "Linux", 64, (256,), 3e12),
)


@dataclass(frozen=True)
class Maker:
    """A framework: its releases, its cost of a step, and the share of a device's speed it gets."""

    name: str
    versions: tuple[str, ...]
    overhead_s: float
    gpu_overhead_s: float
    share: float
    execution: str
    gpus: tuple[str, ...]
    """Devices that it works on."""


MAKERS = (
    Maker("numpy", ("2.3.5", "2.4.6"), 1e-6, 0, 0.55, "eager", ()),
    Maker("torch", ("2.12.0", "2.13.0"), 4e-6, 18e-6, 0.6, "eager", ("mps", "cuda:0")),
    Maker("tf", ("2.20.0", "2.21.0"), 30e-6, 60e-6, 0.5, "function", ("cuda:0",)),
    Maker("jax", ("0.9.1", "0.10.2"), 10e-6, 25e-6, 0.65, "jit", ("cuda:0",)),
    Maker("mlx", ("0.31.0", "0.32.4"), 14e-6, 30e-6, 0.62, "compile", ("mps",)),
)
