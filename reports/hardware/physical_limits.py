"""Physical bounds: what no device of a kind can exceed, whoever programs it.

A GPU's are its known peaks (`peaks.csv`). A GPU without a row and a CPU have derived ones: from the
maker or the architecture and the number of cores alone, the widest units and the highest clock that
any has been sold with. Those lie a few times above what most can do. They tell the impossible, not
the slow: the roofline draws none of them. A record tells what its sender wants of its machine: what
it leaves out makes a bound larger, never none, but for the cores of a CPU.
"""

from __future__ import annotations

from dataclasses import dataclass

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

CPU_CORES = 4096
"""That no machine's CPUs do more than, each with the widest units of x86: twice as many as SGI's UV
2000 has (its white paper of June 2012). ARM's matrix units are in no machine that large."""

CPU_THREADS = 2 * CPU_CORES
"""Most that Linux counts on x86_64 (`MAXSMP` in its arch/x86/Kconfig). What says that it has more
is believed nothing."""

CYCLE_BYTES = {"x86_64": 192}
"""Most bytes of one core in a cycle, from and to its first cache: two loads and a store of 64
(numberworld.org, Zen 5's AVX512 teardown, 2024). ARM: no source for matrix units."""

GPU_CORES = {"Apple": (1024, 2.0e9), "AMD": (256, 3.5e9)}
"""Most FLOP of one core in a cycle, and a clock above the highest sold. Apple: the matrix unit of
an M5's core (tzakharko.github.io), 1.68 GHz in an M4 Max. AMD: 64 lanes, two multiply-adds of which
are issued at once, or a CDNA matrix unit; 2.97 GHz in a RX 9070 XT. NVIDIA's cores are in no
record."""

HALF_GPU_FLOP = 2e16
"""Most of any GPU in bfloat16 and float16: more than is announced of any, for the next one always
is. AMD tells 2e16 in 8 bits of its MI455X (2026), so 1e16; of NVIDIA's Rubin 1.25e16 is told."""

GPU_FLOP = HALF_GPU_FLOP / 6
"""The same in float32, a product of which takes six in bfloat16 (cuBLAS emulates it with nine)."""

HALF_TIMES = 64.0
"""Times its float32 peak that a GPU may do in 16 bits. H100: 15, A100: 16, B200: 28, and twice as
many where half of a matrix is zeros (NVIDIA's datasheets)."""

GPU_CACHE_BYTES = 2**28
"""Larger than the last cache of any GPU in the table: what fits there need not be moved again."""

FUSED = 4.0
"""A compiler may keep in registers what the count of bytes takes as written and read again."""


@dataclass(frozen=True)
class Bound:
    """Most a device can do in a precision, and how that is known."""

    name: str
    flop_per_s: float
    flop_source: str
    bytes_per_s: float | None = None
    bytes_source: str = ""
    cached_bytes: float = 0.0
    """Bytes of a step that need not come from where `bytes_per_s` holds."""


def bound(
    device_kind: str, device_name: str, machine: Machine, precision: str = "float32"
) -> Bound | None:
    """None of a CPU whose machine tells no number of cores that can be believed."""
    half = precision != "float32"
    return _cpu(machine, half) if device_kind == "cpu" else _gpu(device_name, machine, half)


def _gpu(name: str, machine: Machine, half: bool) -> Bound:
    peak = peaks.peak(name, machine.gpus)
    if peak is None:
        return _unlisted_gpu(peaks.called(name, machine.gpus), machine, half)
    times = HALF_TIMES if half else peak.matrix
    return Bound(
        name=peak.name,
        flop_per_s=times * peak.flop_per_s,
        flop_source=_raised(times, "float32", peak.source),
        bytes_per_s=FUSED * peak.bytes_per_s,
        bytes_source=_raised(FUSED, "memory's", peak.source),
        cached_bytes=GPU_CACHE_BYTES,
    )


def _raised(times: float, what: str, source: str) -> str:
    return source if times == 1 else f"{times:g} times its {what} peak; {source}"


def _unlisted_gpu(name: str, machine: Machine, half: bool) -> Bound:
    """By its maker and its cores in float32, where the machine tells them; else as any."""
    if half:
        source = "derived: more than is announced of any"
        return Bound("any GPU", HALF_GPU_FLOP, source, cached_bytes=GPU_CACHE_BYTES)
    alike = [gpu for gpu in machine.gpus if normal(gpu.name) == normal(name)]
    known = {(gpu.vendor, gpu.cores) for gpu in alike}
    maker, cores = known.pop() if len(known) == 1 else (None, None)
    # Of AMD's GPUs macOS does not count the compute units.
    counted = maker in GPU_CORES and (maker != "AMD" or machine.system == "Linux")
    flop, hz = GPU_CORES[maker] if maker and counted else (0, 0.0)
    if 0 < (most := (cores or 0) * flop * hz) < GPU_FLOP:
        source = f"derived: {cores} cores x {flop} FLOP a cycle x {hz / 1e9:g} GHz"
        return Bound(f"any {cores}-core GPU of {maker}", most, source, cached_bytes=GPU_CACHE_BYTES)
    source = f"derived: a sixth of {HALF_GPU_FLOP / 1e12:g} TFLOP/s in 16 bits"
    return Bound("any GPU", GPU_FLOP, source, cached_bytes=GPU_CACHE_BYTES)


def _cpu(machine: Machine, half: bool) -> Bound | None:
    # A virtual machine may count either wrongly; the larger bounds both.
    cores = max(machine.cores_physical or 0, machine.cores_logical or 0)
    if not 0 < cores <= CPU_THREADS:
        return None
    known = machine.architecture if machine.architecture in CYCLE_FLOP else ""
    name = f"any {cores}-core {known + ' ' if known else ''}CPU"
    most = HALF_CYCLE_FLOP if half else CYCLE_FLOP["x86_64"]
    flop = HALF_CYCLE_FLOP if half else CYCLE_FLOP.get(known, max(CYCLE_FLOP.values()))
    if cores * flop > CPU_CORES * most:
        name, cores, flop = "any machine's CPUs", CPU_CORES, most
    moved = CYCLE_BYTES.get(known)
    at = f"a cycle x {CLOCK_HZ / 1e9:g} GHz"
    return Bound(
        name=name,
        flop_per_s=cores * flop * CLOCK_HZ,
        flop_source=f"derived: {cores} cores x {flop} FLOP {at}",
        bytes_per_s=cores * moved * CLOCK_HZ if moved else None,
        bytes_source=f"derived: {cores} cores x {moved} bytes {at}" if moved else "",
    )
