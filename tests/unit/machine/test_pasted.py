"""Machines from text as people paste it: what is read, what is never shown, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.doctor import examine
from bench.doctor.subject import Subject
from bench.machine import pasted
from bench.machine.description import Description, NotADescription
from bench.machine.pasted.products import product
from scripts.attack import field
from scripts.attack.counts import Asked

DATA = Path(__file__).resolve().parents[2] / "data"
GIB = 2**30


def read(name: str) -> Description:
    return pasted.read((DATA / "pasted" / f"{name}.txt").read_text())


def spoils(found: Description) -> set[str]:
    return {one.what for one in examine(Subject(found)) if one.severity == "spoils"}


@pytest.mark.parametrize(
    ("name", "label", "release", "versions"),
    [
        (
            *("mac-pro", "Intel Xeon W-3245, AMD Radeon Pro 580, 2 x AMD Radeon Pro Vega II Duo"),
            *("26.6.2", {"torch": "2.2.2", "numpy": "1.26.4", "torchvision": "0.17.2"}),
        ),
        (
            "intel-macbook",
            "8-Core Intel Core i9, Intel UHD Graphics 630, AMD Radeon Pro 5500M, 16 GiB",
            *("14.7", {"torch": "2.2.2", "numpy": "2.1.3"}),
        ),
        (
            *("m1-macos13", "Apple M1", "13.7.8"),
            {"torch": "2.8.0", "mlx": "0.29.3", "numpy": "2.1.3", "python": "3.11.9"},
        ),
        (
            *("linux-rtx", "AMD Ryzen 9 5950X 16-Core Processor, NVIDIA GeForce RTX 3090, NVIDIA"),
            "6.8.0",
            {"torch": "2.13.0", "jax": "0.10.2", "jaxlib": "0.10.2", "jax-cuda13-plugin": "0.10.2"},
        ),
        (
            *("m2-jax-metal", "Apple M2", "26"),
            {
                "jax": "0.8.2",
                "jaxlib": "0.8.2",
                "jax-metal": "0.1.1",
                "numpy": "2.1.3",
                "python": "3.13.1",
            },
        ),
        (
            "fetch",
            "Intel i7-10700K (16), Intel UHD Graphics 630, AMD Radeon RX 6700 XT, 64 GiB",
            *("15.1", {}),
        ),
        (
            *("m5-ioreg", "Apple M5 Pro, 16-core GPU, 24 GiB", "26.2"),
            {"mlx": "0.32.4", "numpy": "2.4.6"},
        ),
    ],
)
def test_what_a_text_tells(name: str, label: str, release: str, versions: dict[str, str]) -> None:
    found = read(name)
    assert found.machine.label.startswith(label)
    assert found.machine.release == release
    told = {key: value for one in found.environments.values() for key, value in one.items()}
    assert told == versions


def test_captures_pasted_as_one_text_are_the_same_machines() -> None:
    expected = {
        "macpro-nine-gpus": ("MacPro7,1", 9, 16),
        "m5pro-ioreg-only": ("Mac17,8", 1, 15),
        "m6-three-levels": ("Mac18,2", 1, 12),
        "vm-rosetta": ("VirtualMac2,1", 1, 6),
    }
    for name, (model, gpus, cores) in expected.items():
        texts = [path.read_text() for path in sorted((DATA / "field" / name).iterdir())]
        found = pasted.read("\n".join(texts)).machine
        assert (found.model, len(found.gpus), found.cores_physical) == (model, gpus, cores), name
        assert found.architecture == ("arm64" if "m5" in name or "m6" in name else "x86_64")


def test_a_pasted_machine_is_examined_like_any_other() -> None:
    assert "torch 2.2.2 does not work with numpy 2.1.3 (torch)." in spoils(read("intel-macbook"))
    (wrong,) = spoils(read("mac-pro"))
    assert "RDNA2" in wrong
    assert {what.partition(":")[0] for what in spoils(read("m1-macos13"))} == {"mlx 0.29.3"}
    assert spoils(read("m5-ioreg")) == {"The machine runs on its battery."}


def test_gpus_of_nvidia_have_their_memory_driver_and_use() -> None:
    found = read("linux-rtx")
    assert [(gpu.memory_bytes, gpu.driver) for gpu in found.machine.gpus] == [
        (24 * GIB, "535.183.01"),
        (6 * GIB, "535.183.01"),
    ]
    assert found.state["gpu_busy"] == 0.03


def test_a_description_in_a_text_is_read_as_such() -> None:
    told = (DATA / "descriptions" / "m1-macos13.json").read_text()
    found = pasted.read(f"I ran `machine --capture`:\n```json\n{told}\n```\nthanks")
    assert found.machine.label == "Apple M1, 8-core GPU, 16 GiB"
    assert found.environments["mlx"]["mlx"] == "0.29.3"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        *(("AMD Radeon PRO W6800X Duo", True), ("Intel(R) Xeon(R) W-3245 CPU @ 3.20GHz", True)),
        *(("13th Gen Intel(R) Core(TM) i9-13900K", True), ("NVIDIA A100-SXM4-80GB", True)),
        *(("Apple Paravirtual device", True), ("VirtualApple @ 2.50GHz", True)),
        *(("Mary Smith", False), ("AMD Mary", False), ("Apple M1 of Mary", False)),
        *(("Marys-iMac", False), ("mary1984", False), ("580", False), ("", False)),
    ],
)
def test_only_products_have_names(name: str, kept: bool) -> None:
    assert (product(name) is not None) is kept


@pytest.mark.parametrize(
    "text", ["", "hello", "[" * 10_000, "{" * 10_000, "\x1b[2J" * 99, "torch is slow on my Mac"]
)
def test_what_tells_nothing_is_refused(text: str) -> None:
    with pytest.raises(NotADescription, match="nothing in the text tells what machine it is"):
        pasted.read(text)


def test_a_text_of_any_length_is_bounded() -> None:
    with pytest.raises(NotADescription, match="longer than"):
        pasted.read("a" * (pasted.MAX_BYTES + 1))
    long = ('"model" = ' * 1000 + "\n") * 90 + "OS: macOS 14.4 (arm64)\n" + "| " * 20_000
    assert pasted.read(long).machine.release == "14.4"
    # Searches that went on from each of these to the end took minutes.
    for run in ("InternalBattery ", " " * 1000 + "x", "  GPU: Apple M1\n", "\n", "{", "GPU 0: a"):
        told = f"OS: macOS 14.4 (arm64)\n{run * (2**17 // len(run))}"
        assert pasted.read(told).machine.release == "14.4"


def test_mutations_neither_break_the_reading_nor_show_whom_they_name(tmp_path: Path) -> None:
    counts = field.field(Asked(folder=tmp_path, inputs=12))
    assert counts.inputs == 12 * len(field.inputs())
    assert (counts.tracebacks, counts.escapes) == (0, 0), counts.notes


def test_a_leak_and_an_exception_are_found(tmp_path: Path) -> None:
    one = next(one for one in field.inputs() if one.name == "mac-pro.txt")
    leaky = field.Input(one.name, one.texts, one.read, (*one.secrets, "Radeon PRO W6800X"))
    assert field.seen(leaky, one.texts, tmp_path).escapes == 1

    def broken(texts: dict[str, str], path: Path) -> Description:
        raise KeyError(texts["absent"])

    assert field.seen(field.Input("x", {}, broken, ()), {}, tmp_path).tracebacks == 1
