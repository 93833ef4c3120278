"""Physical bounds: what no device of a kind can exceed, whoever programs it.

A GPU's are its known peaks (`peaks.csv`). A GPU without a row and a CPU have derived ones: from the
maker or the architecture and the number of cores alone, the widest units and the highest clock that
any has been sold with. Those lie a few times above what most can do. They tell the impossible, not
the slow: the roofline draws none of them. A record tells what its sender wants of its machine: what
it leaves out makes a bound larger, never none, but for the cores of a CPU.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.product_names import normal
from bench.schema import Machine
from reports.hardware import peaks

CLOCK_HZ = 6.2e9
"""The highest sold: the turbo clock of Intel's Core i9-14900KS (2024)."""

CYCLE_FLOP = {"x86_64": 64, "arm64": 512}
"""Most float32 FLOP of one core in a cycle. x86: two multiply-adds of 16 lanes, as in Intel's
Skylake-X and AMD's Zen 5 (agner.org/optimize). ARM: one outer product of two vectors of 16 lanes,
of a matrix unit which cores share (Remke & Breuer, arXiv:2409.18779, section 3: Apple's M4)."""

HALF_CYCLE_FLOP = 1024
"""The same in bfloat16 and float16. x86: 16 x 16 x 32 multiply-adds in 16 cycles (TDPBF16PS in
Intel's optimization manual). ARM: twice as many lanes as in float32."""

CPU_THREADS = 1920
"""Most of one machine sold: 16 of Intel's Xeon 8490H, 60 cores with two each (HPE's Compute
Scale-up Server 3200, 2023). What says that it has more is believed nothing."""

CPU_FLOP = 2.15e14
"""Most of all CPUs of one machine in float32, those: 960 cores x 64 FLOP a cycle x 3.5 GHz."""

CYCLE_BYTES = {"x86_64": 192}
"""Most bytes of one core in a cycle, from and to its first cache: two loads and a store of 64
(numberworld.org, Zen 5's AVX512 teardown, 2024). ARM: no source for matrix units."""

GPU_CORES = {"Apple": (1024, 2.0e9), "AMD": (256, 3.5e9)}
"""Most FLOP of one core in a cycle, and a clock above the highest sold. Apple: the matrix unit of
an M5's core (tzakharko.github.io), 1.68 GHz in an M4 Max. AMD: 64 lanes, two multiply-adds of which
are issued at once, or a CDNA matrix unit; 2.97 GHz in a RX 9070 XT. NVIDIA's cores are in no
record."""

GPU_FLOP = 4.2e14
"""Most of any GPU: 2.5e15 FLOP/s in bfloat16 (AMD's MI355X, rooflinenotes.dev), of which a float32
product takes six (cuBLAS emulates it with nine)."""

HALF_GPU_FLOP = 5e15
"""The same in bfloat16 and float16: twice as much as any is sold with, for makers announce more."""

GPU_CACHE_BYTES = 2**28
"""Larger than the last cache of any GPU in the table: what fits there need not be moved again."""

FUSED = 4.0
"""A compiler may keep in registers what the count of bytes takes as written and read again."""


@dataclass(frozen=True)
class Bound:
    """Most a device can do in a precision, and how that is known."""

    name: str
    flop_per_s: float
    bytes_per_s: float | None
    cached_bytes: float
    """Bytes of a step that need not come from where `bytes_per_s` holds."""
    source: str


def bound(
    device_kind: str, device_name: str, machine: Machine, precision: str = "float32"
) -> Bound | None:
    """None of a CPU whose machine tells no number of cores that can be believed."""
    half = precision != "float32"
    return _cpu(machine, half) if device_kind == "cpu" else _gpu(device_name, machine, half)


def _gpu(name: str, machine: Machine, half: bool) -> Bound:
    peak = peaks.peak(name, machine.gpus)
    if half or peak is None:
        any_gpu = _any_gpu(peaks.called(name, machine.gpus), machine, half)
        return replace(any_gpu, bytes_per_s=FUSED * peak.bytes_per_s) if peak else any_gpu
    return Bound(
        name=peak.name,
        flop_per_s=peak.matrix * peak.flop_per_s,
        bytes_per_s=FUSED * peak.bytes_per_s,
        cached_bytes=GPU_CACHE_BYTES,
        source=peak.source,
    )


def _any_gpu(name: str, machine: Machine, half: bool) -> Bound:
    """Of a GPU that no row describes: by its maker and its cores, where the machine tells them."""
    alike = [gpu for gpu in machine.gpus if normal(gpu.name) == normal(name)]
    known = {(gpu.vendor, gpu.cores) for gpu in alike}
    maker, cores = known.pop() if len(known) == 1 else (None, None)
    if (
        half
        or not cores
        or maker not in GPU_CORES
        or (maker == "AMD" and machine.system != "Linux")
    ):
        # Of AMD's GPUs macOS does not count the compute units.
        source = "derived: more than any GPU does"
        most = HALF_GPU_FLOP if half else GPU_FLOP
        return Bound("any GPU", most, None, GPU_CACHE_BYTES, source)
    flop, hz = GPU_CORES[maker]
    return Bound(
        name=f"any {cores}-core GPU of {maker}",
        flop_per_s=min(cores * flop * hz, GPU_FLOP),
        bytes_per_s=None,
        cached_bytes=GPU_CACHE_BYTES,
        source=f"derived: {cores} cores x {flop} FLOP a cycle x {hz / 1e9:g} GHz",
    )


def _cpu(machine: Machine, half: bool) -> Bound | None:
    # A virtual machine may count either wrongly; the larger bounds both.
    cores = max(machine.cores_physical or 0, machine.cores_logical or 0)
    if not 0 < cores <= CPU_THREADS:
        return None
    known = machine.architecture if machine.architecture in CYCLE_FLOP else ""
    flop = CYCLE_FLOP[known] if known else max(CYCLE_FLOP.values())
    most = CPU_FLOP
    if half:
        flop, most = HALF_CYCLE_FLOP, CPU_FLOP * HALF_CYCLE_FLOP / CYCLE_FLOP["x86_64"]
    moved = CYCLE_BYTES.get(known)
    return Bound(
        name=f"any {cores}-core {known + ' ' if known else ''}CPU",
        flop_per_s=min(cores * flop * CLOCK_HZ, most),
        bytes_per_s=cores * moved * CLOCK_HZ if moved else None,
        cached_bytes=0.0,
        source=f"derived: {cores} cores x {flop} FLOP a cycle x {CLOCK_HZ / 1e9:g} GHz",
    )
