"""Descriptions of machines: captured and made ones, each held against one written by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import machine
from bench.machine import captures, parsing, state
from bench.machine.identity import identity
from bench.schema import CoreKind, Gpu, Machine
from tests.helpers import made_machines as made

DATA = Path(__file__).resolve().parents[2] / "data" / "machine"
GIB = 2**30

NO_SYSCTL = "sysctl did not answer: CPU and memory may be missing."
NO_PROFILE = "system_profiler did not answer: the GPUs are unknown."


def capture(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def graphics(name: str) -> Machine:
    """A Mac of which only this is known."""
    return machine.parse({"python": "system: Darwin", "system_profiler": capture(name)})


def only_gpus(label: str, *gpus: Gpu, displays: int | None = None) -> Machine:
    notes = (NO_SYSCTL,)
    return Machine(label=label, system="Darwin", gpus=gpus, displays=displays, notes=notes)


CAPTURED = {
    "hackintosh-rx5500xt.SPDisplaysDataType.txt": only_gpus(
        "Darwin, AMD Radeon RX 5500 XT",
        Gpu(
            name="Radeon RX 5500 XT",
            vendor="AMD",
            memory_bytes=8 * GIB,
            kind="discrete",
            unified_memory=False,
            bus="PCIe",
            lanes=16,
            device_id="0x7340",
            metal="macOS GPUFamily2 v1",
        ),
    ),
    "imacpro-vega64.SPDisplaysDataType.txt": only_gpus(
        "Darwin, AMD Radeon Pro Vega 64",
        Gpu(
            name="Radeon Pro Vega 64",
            vendor="AMD",
            memory_bytes=16 * GIB,
            kind="discrete",
            unified_memory=False,
            bus="PCIe",
            lanes=16,
            device_id="0x6860",
            metal="macOS GPUFamily2 v1",
        ),
        displays=1,
    ),
    "macbookpro-dualgpu-excerpt.SPDisplaysDataType.txt": only_gpus(
        "Darwin, Intel UHD Graphics 630",
        Gpu(
            name="Intel UHD Graphics 630",
            vendor="Intel",
            kind="built-in",
            unified_memory=True,
            bus="Built-In",
            device_id="0x3e9b",
        ),
    ),
    "macbookpro-dualgpu-anonymised.SPDisplaysDataType.json": only_gpus(
        "Darwin, Intel UHD Graphics, Intel UHD Graphics 2",
        Gpu(
            name="Intel UHD Graphics",
            vendor="Intel",
            kind="built-in",
            unified_memory=True,
            bus="Built-In",
            device_id="0xbeef",
        ),
        Gpu(
            name="Intel UHD Graphics 2",
            vendor="Intel",
            memory_bytes=48 * GIB,
            kind="discrete",
            unified_memory=False,
            bus="PCIe",
            lanes=32,
            device_id="0x5432",
            metal="GPUFamily macOS 2",
        ),
        displays=1,
    ),
    "m2max.SPDisplaysDataType.json": only_gpus(
        "Darwin, Apple M2 Max",
        Gpu(
            name="Apple M2 Max",
            vendor="Apple",
            kind="built-in",
            unified_memory=True,
            cores=30,
            bus="Built-In",
            metal="Metal 4",
        ),
        displays=1,
    ),
}


@pytest.mark.parametrize("name", CAPTURED)
def test_captured_graphics(name: str) -> None:
    assert graphics(name) == CAPTURED[name]


def test_every_captured_file_is_used() -> None:
    used = {*CAPTURED, "sysctl-m2pro.txt", "ioreg-agx-m4.txt", "ioreg-amd-and-intel.txt"}
    used |= {"pmset-therm-apple-nominal.txt", "pmset-therm-intel-nominal.txt"}
    assert used == {path.name for path in DATA.iterdir()}


def test_captured_sysctl() -> None:
    found = machine.parse({"python": "system: Darwin", "sysctl": capture("sysctl-m2pro.txt")})
    assert found == Machine(
        label="Apple M2 Pro, 32 GiB",
        system="Darwin",
        architecture="arm64",
        cpu="Apple M2 Pro",
        memory_bytes=32 * GIB,
        core_kinds=(CoreKind(name="level 0", count=8), CoreKind(name="level 1", count=4)),
        translated=False,
        notes=(NO_PROFILE,),
    )


def test_captured_ioreg() -> None:
    found = machine.parse({"python": "system: Darwin", "ioreg": capture("ioreg-agx-m4.txt")})
    m4 = Gpu(name="Apple M4", vendor="Apple", kind="built-in", unified_memory=True, cores=10)
    assert found.gpus == (m4,)
    assert found.notes == (NO_SYSCTL,)


def test_an_apple_gpu_in_the_text_form() -> None:
    text = (
        "Graphics/Displays:\n\n    Apple M2 Max:\n\n      Chipset Model: Apple M2 Max\n"
        "      Type: GPU\n      Bus: Built-In\n      Total Number of Cores: 30\n"
        "      Vendor: Apple (0x106b)\n      Metal Support: Metal 4\n      Displays:\n"
        "        Color LCD:\n          Resolution: 3456 x 2234 Retina\n"
    )
    found = machine.parse({"python": "system: Darwin", "system_profiler": text})
    assert found == CAPTURED["m2max.SPDisplaysDataType.json"]


# --- partial descriptions -------------------------------------------------------------------


def test_what_is_cut_off_is_told_as_far_as_it_goes() -> None:
    text = made.MACBOOK_PRO_2019["system_profiler"]
    cut = text[: text.index('"spdisplays_vram": "4 GB"')]
    found = machine.parse(made.MACBOOK_PRO_2019 | {"system_profiler": cut})
    assert found.gpus[0].name == "Intel UHD Graphics 630"
    half = Gpu(name="AMD Radeon Pro 5500M", vendor="AMD", lanes=8, metal="GPUFamily macOS 2")
    assert found.gpus[1:] == (half,)
    assert found.displays is None
    assert found.notes[0].startswith("What system_profiler says is cut off")


@pytest.mark.parametrize("text", ["", "junk", "{", "[1, 2]", '{"SPDisplaysDataType": 3}', "{}" * 9])
def test_junk_is_a_note(text: str) -> None:
    found = machine.parse({"python": "system: Darwin", "system_profiler": text, "sysctl": text})
    assert found.gpus == ()
    assert len(found.notes) >= 2
    assert found.label == "Darwin"
    linux = machine.parse({"python": "system: Linux", "lscpu": text or "{", "nvidia": text})
    assert linux.notes
    assert linux.gpus == ()


def test_labels_in_another_language_are_a_note() -> None:
    text = "Grafik/Monitore:\n\n    Radeon RX 580:\n\n      Chipsatz-Modell: Radeon RX 580\n"
    found = machine.parse({"python": "system: Darwin", "system_profiler": text})
    assert found.notes == ("No GPU was recognised in what system_profiler says.", NO_SYSCTL)


def test_a_system_without_reader_is_a_note() -> None:
    found = machine.parse({"python": "system: Plan9"}, [("a GPU", 5)])
    assert (found.label, len(found.notes)) == ("Plan9, a GPU", 1)


def test_hypervisors_are_known_by_lscpu_and_by_the_maker_of_the_board() -> None:
    fields = made.lscpu(("Hypervisor vendor", "KVM"), ("Flags", "fpu hypervisor"))
    assert machine.parse(made.linux(lscpu=fields)).hypervisor == "KVM"
    dmi = "sys_vendor: innotek GmbH\nproduct_name: VirtualBox\n"
    assert machine.parse(made.linux(dmi=dmi)).hypervisor == "VirtualBox"
    acer = "sys_vendor: Acer\nproduct_name: Xenon KVMaster\n"
    assert machine.parse(made.linux(dmi=acer)).hypervisor is None
    surface = "sys_vendor: Microsoft Corporation\nproduct_name: Surface Laptop 5\n"
    flags = made.lscpu(("Flags", "fpu avx2"))
    assert machine.parse(made.linux(dmi=surface, lscpu=flags)).hypervisor == ""
    hidden = made.lscpu(("Flags", "fpu hypervisor avx2"))
    assert machine.parse(made.linux(lscpu=hidden)).hypervisor == "unknown maker"
    assert machine.parse(made.linux()).hypervisor is None


# --- this machine ---------------------------------------------------------------------------


def test_lanes_are_those_in_use() -> None:
    drm = made.RADEON_DESKTOP["drm"]
    for current, lanes in ((4, 4), (255, 16), (0, 16)):
        told = f"{drm}\ncard1/device/current_link_width: {current}"
        assert machine.parse({**made.RADEON_DESKTOP, "drm": told}).gpus[0].lanes == lanes


def test_this_machine_describes_itself() -> None:
    found = machine.describe()
    assert found.cpu
    maker = re.split(r"\W", found.cpu)[0]  # "Intel" of "Intel(R) Xeon(R)"
    assert maker in found.label
    assert found.memory_bytes
    assert found.cores_logical
    assert state.read()["load"] >= 0
    mine = machine.describe(own="mini-3")
    assert mine.label == f"mini-3: {found.label}"
    assert identity(mine) != identity(found)


def test_a_command_that_is_absent_or_hangs_or_floods_is_bounded() -> None:
    assert captures._output(("no-such-command",), 1) == ""
    assert captures._output(("sh", "-c", "echo begun; sleep 600 & sleep 600"), 0.3) == "begun\n"
    assert len(captures._output(("yes",), 60)) == captures.MAX_BYTES


def test_commands_do_not_follow_the_users_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert "LANG=C\n" in captures._output(("env",), 5)


def test_small_files_are_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "card0").mkdir()
    (tmp_path / "card0" / "uevent").write_text("DRIVER=i915\nPCI_ID=8086:3E9B\n")
    (tmp_path / "card0" / "serial").write_text("secret")
    told = captures._read(tmp_path, ("card*/uevent", "card*/absent"))
    assert told == "card0/uevent: DRIVER=i915 PCI_ID=8086:3E9B\n"


@pytest.mark.parametrize(
    "name",
    [
        "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz",
        "13th Gen Intel(R) Core(TM) i9-13900K",
        "AMD Ryzen Threadripper PRO 5995WX 64-Cores",
        "NVIDIA A100-SXM4-80GB",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition",
        "Navi 21 [Radeon RX 6800/6800 XT / 6900 XT]",
        "Standard PC (i440FX + PIIX, 1996)",
        "Apple M1 (Virtual)",
    ],
)
def test_names_of_products_are_kept(name: str) -> None:
    assert parsing.name(f"  {name} ") == name


@pytest.mark.parametrize("name", ["", "C02ZK0ABLVDQ", "Mary's Mac", "a/b/c", "x" * 97, "\x1b[2J"])
def test_other_names_are_not(name: str) -> None:
    assert parsing.name(name) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [("8 GB", 8 * GIB), ("1536 MB", 1536 * 2**20), ("8 Go", 8 * GIB), ("8 ГБ", 8 * GIB)],
)
def test_sizes(text: str, size: int) -> None:
    assert parsing.size(text) == size
    assert parsing.size(f"{text} or so") is None
