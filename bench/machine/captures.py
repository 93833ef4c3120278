"""The commands and files that describe this computer, as text; all other modules here read that.

Nothing asks for administrator's rights, changes anything, or takes longer than its bound. What is
not there, fails or is silent is absent. Captures may hold serial numbers; they are never stored.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from bench.environments import platforms
from bench.machine import background, nvidia

Captures = Mapping[str, str]
"""Text by the name of what said it."""

MAX_BYTES = 2**20
"""Of one command or file, how much is read."""

MAX_FILES = 1024
"""Of one folder of small files."""

SLOW_S, QUICK_S = 20.0, 3.0
"""How long a command may take; system_profiler looks at all hardware anew."""

SYSCTLS = (
    *("machdep.cpu.brand_string", "hw.model", "hw.memsize", "hw.physicalcpu", "hw.logicalcpu"),
    *("hw.optional.arm64", "hw.nperflevels", "sysctl.proc_translated", "kern.hv_vmm_present"),
    *(f"hw.perflevel{level}.{what}" for level in range(4) for what in ("name", "physicalcpu")),
)

_PROFILER = ("/usr/sbin/system_profiler",)
_TYPES = ("SPDisplaysDataType", "SPHardwareDataType")
_OPENCORE = "4D1FDA02-38C7-4A6A-9CC6-4BCCA8B30102:opencore-version"
_EXTRA_PATH = "/usr/bin:/bin:/usr/sbin:/sbin:/opt/rocm/bin:/usr/lib/wsl/lib"

_MACHINE = {
    "Darwin": {
        "ioreg": ("/usr/sbin/ioreg", "-rc", "AGXAccelerator", "-d1"),
        "sw_vers": ("/usr/bin/sw_vers",),
        "nvram": ("/usr/sbin/nvram", _OPENCORE),
    },
    "Linux": {
        "lscpu": ("lscpu", "-J"),
        "rocm-smi": ("rocm-smi", "--showproductname", "--json"),
    },
}
_STATE = {
    "Darwin": {
        "pmset": ("/usr/bin/pmset", "-g"),
        "pmset-batt": ("/usr/bin/pmset", "-g", "batt"),
        "pmset-therm": ("/usr/bin/pmset", "-g", "therm"),
        # A class above all makers' accelerators, where AGXAccelerator is Apple's alone.
        "accelerators": ("/usr/sbin/ioreg", "-rc", "IOAccelerator", "-d1"),
    },
}

_MACHINE_FILES = {
    "cpuinfo": ("/proc", ("cpuinfo",)),
    "meminfo": ("/proc", ("meminfo",)),
    # Named one by one: the folder also holds serial numbers.
    "dmi": ("/sys/class/dmi/id", ("sys_vendor", "product_name", "board_vendor", "bios_vendor")),
    "drm": (
        "/sys/class/drm",
        (
            *(f"card*/device/{name}" for name in ("vendor", "device", "uevent")),
            *("card*/device/current_link_width", "card*/device/max_link_width"),
            *("card*/device/mem_info_vram_total", "card*-*/status"),
        ),
    ),
    "kfd": ("/sys/class/kfd/kfd/topology/nodes", ("*/properties",)),
    "cpus": (
        "/sys/devices",
        ("cpu_core/cpus", "cpu_atom/cpus", "system/cpu/cpu*/topology/thread_siblings_list"),
    ),
}
_STATE_FILES = {
    "cpuinfo": ("/proc", ("cpuinfo",)),
    "acpi": ("/sys/firmware/acpi", ("platform_profile",)),
    "power_supply": (
        "/sys/class/power_supply",
        tuple(f"*/{name}" for name in ("type", "scope", "online", "capacity", "status")),
    ),
    "amdgpu": (
        "/sys/class/drm",
        (
            "card*/device/gpu_busy_percent",
            *(
                f"card*/device/hwmon/hwmon*/{name}"
                for name in ("temp1_input", "freq1_input", "power1_average", "fan1_input")
            ),
        ),
    ),
}


def of_machine() -> Captures:
    """What says which computer this is."""
    system = platform.system()
    found = {"python": _python(), **_outputs(_MACHINE.get(system, {}), SLOW_S)}
    if system == "Darwin":
        found |= _macos()
    if system == "Linux":
        found |= _files(_MACHINE_FILES)
        found |= {"nvidia": nvidia.report() or _output(nvidia.COMMAND, SLOW_S)}
    return {name: text for name, text in found.items() if text}


def of_state() -> Captures:
    """What says how it is doing; takes a tenth of a second at most."""
    system = platform.system()
    found = {"python": _python_now(), **_outputs(_STATE.get(system, {}), QUICK_S)}
    if system == "Darwin":
        found |= {"background": background.report()}
    if system == "Linux":
        found |= _files(_STATE_FILES)
        found |= {"nvidia": nvidia.report()}
    return {name: text for name, text in found.items() if text}


def of_accelerators() -> str:
    """What a Mac's GPUs say of themselves; takes some milliseconds."""
    return _output(_STATE["Darwin"]["accelerators"], QUICK_S)


def of_processes() -> str:
    """Every process of a Mac, whoever's: its number, the CPU time it has used, its program."""
    return _output(("/bin/ps", "-A", "-o", "pid=,time=,comm="), QUICK_S)


def _python() -> str:
    """What Python itself and psutil say, in the form of `sysctl`."""
    system = platform.system()
    facts = {
        "system": system,
        "machine": platform.machine(),
        "release": platforms.macos() if system == "Darwin" else platform.release(),
        "physical": psutil.cpu_count(logical=False),
        "logical": psutil.cpu_count(),
        "memory": psutil.virtual_memory().total,
    }
    return _lines((name, str(value)) for name, value in facts.items() if value)


def _python_now() -> str:
    facts = {"system": platform.system(), "machine": platform.machine()}
    with contextlib.suppress(OSError):
        facts["load"] = f"{psutil.getloadavg()[0]:.2f}"
    return _lines(facts.items())


def _macos() -> dict[str, str]:
    # One name at a time: a name that the system does not know may end the whole command.
    each = {name: ("/usr/sbin/sysctl", name) for name in SYSCTLS}
    sysctl = "\n".join(_outputs(each, QUICK_S).values())
    profile = _output((*_PROFILER, "-json", *_TYPES), SLOW_S)
    if "{" not in profile:  # before macOS 10.15
        profile = _output((*_PROFILER, *_TYPES), SLOW_S)
    return {"sysctl": sysctl, "system_profiler": profile}


# --- commands -------------------------------------------------------------------------------


def _outputs(commands: Mapping[str, tuple[str, ...]], limit_s: float) -> dict[str, str]:
    with ThreadPoolExecutor(max_workers=8) as pool:
        texts = pool.map(lambda command: _output(command, limit_s), commands.values())
        return dict(zip(commands, texts, strict=True))


def _output(command: tuple[str, ...], limit_s: float) -> str:
    """What the command prints within its time; empty if it is not there."""
    path = f"{os.environ.get('PATH', '')}:{_EXTRA_PATH}"
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": path, "LANG": "C", "LC_ALL": "C"},
            start_new_session=True,
        )
    except OSError:
        return ""
    late = threading.Timer(limit_s, _kill, [process])
    late.daemon = True
    late.start()
    try:
        assert process.stdout is not None  # it was asked for
        text = process.stdout.read(MAX_BYTES)
    finally:
        late.cancel()
        _kill(process)
        process.communicate()
    return text.decode(errors="replace")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the command and its children, which may hold its output open."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)


# --- files ----------------------------------------------------------------------------------


def _files(wanted: Mapping[str, tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    return {name: _read(Path(root), patterns) for name, (root, patterns) in wanted.items()}


def _read(root: Path, patterns: tuple[str, ...]) -> str:
    """One file as it is; of a pattern's files, a line `path: text` each."""
    if len(patterns) == 1 and "*" not in patterns[0]:
        return _text(root / patterns[0])
    return _lines(_small_files(root, patterns))


def _small_files(root: Path, patterns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    found = [path for pattern in patterns for path in sorted(root.glob(pattern))]
    for path in found[:MAX_FILES]:
        text = _text(path, 2048)
        if text.strip():
            yield str(path.relative_to(root)), " ".join(text.split())


def _text(path: Path, most: int = MAX_BYTES) -> str:
    try:
        with path.open("rb") as file:
            return file.read(most).decode(errors="replace")
    except OSError:
        return ""


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in pairs)
