"""Machines as the forms of several projects' trackers ask for them, and as people write freely."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.doctor import examine
from bench.doctor.subject import Subject
from bench.machine import pasted
from bench.machine.description import NotADescription

DATA = Path(__file__).resolve().parents[2] / "data"

FORMS = {
    "prose": """\
I still have the same issue on my Apple macBokAir M2

macOS version 15.3.1
Python version 3.11.9
TensorFlow version 2.19.0
TensorFlow-metal version 1.2.0
""",
    "a form of questions": """\
### Issue type

Bug

### TensorFlow version

v2.14.0-rc1-21-g4dacf3f368e 2.14.0

### OS platform and distribution

OSX 12.4

### Python version

3.11.4

### GPU model and memory

_No response_
""",
    "a form of a list": """\
**System information**.
- Have I written custom code (as opposed to using a stock example script provided in Keras): Yes
- OS Platform and Distribution (e.g., Linux Ubuntu 16.04): Mac OS Ventura 13.5.1
- TensorFlow version (use command below): 2.12.0 (Google Colab), 2.12.1 (Mac)
- Python version: 3.10.12 (Google Colab), 3.11.4 (Mac)
- GPU model and memory: T4 12GB RAM (Google Colab), Apple M2 Max (Mac)
""",
    "MLX": """\
**Desktop (please complete the following information):**
 - OS Version: MacOS 26.0.1
 - Version mlx==0.29.3
 - MacbookPro M3 Max 128 GB
""",
    "PyTorch": """\
### Versions

- PyTorch: 2.12.0, 2.13.0, 2.14.0.dev20260709 (all reproduce; arm64 wheels)
- macOS: 26.5.2 (build 25F84)
- Hardware: Apple M5 Max
- Python: 3.12.13
""",
    "Windows": """\
PyTorch version: 2.5.1+cu121
OS: Microsoft Windows 11 Pro (10.0.22631 64-bit)
Python version: 3.11.9 (tags/v3.11.9:de54cf5, Apr  2 2024, 10:12:12)
Python platform: Windows-10-10.0.22631-SP0
GPU models and configuration: GPU 0: NVIDIA GeForce RTX 4070
Nvidia driver version: 566.36
""",
    "collect_env on Linux": """\
PyTorch version: 2.9.1+cu128
CUDA used to build PyTorch: 12.8
OS: Ubuntu 24.04.3 LTS (x86_64)
Python version: 3.12.3 (main, Nov  6 2025, 13:44:16) [GCC 13.3.0] (64-bit runtime)
Python platform: Linux-6.8.0-88-generic-x86_64-with-glibc2.39
GPU models and configuration:
GPU 0: NVIDIA H100 80GB HBM3
GPU 1: NVIDIA H100 80GB HBM3

Nvidia driver version: 570.195.03
CPU:
Architecture:                            x86_64
CPU(s):                                  208
Vendor ID:                               GenuineIntel
Model name:                              Intel(R) Xeon(R) Platinum 8480+
Thread(s) per core:                      2
Core(s) per socket:                      52
Socket(s):                               2
Hypervisor vendor:                       KVM

[pip3] numpy==2.3.5
[pip3] torch==2.9.1+cu128
[pip3] triton==3.5.1
""",
    "About This Mac": """\
MacBook Pro
16-inch, 2019

Processor 2.6 GHz 6-Core Intel Core i7
Graphics AMD Radeon Pro 5300M 4 GB
Intel UHD Graphics 630 1536 MB
Memory 16 GB 2667 MHz DDR4
Serial number C02ZK0ABLVDQ
macOS Sonoma 14.7.1
""",
    "device_info": """\
>>> mx.metal.device_info()
{'architecture': 'applegpu_g14s', 'max_buffer_length': 86586540032,
 'device_name': 'Apple M2 Max', 'memory_size': 103079215104}
mlx                       0.18.1
""",
}


@pytest.mark.parametrize(
    ("form", "label", "release", "architecture", "versions"),
    [
        (
            "prose",
            "Apple M2",
            "15.3.1",
            "arm64",
            {"tensorflow": "2.19.0", "tensorflow-metal": "1.2.0", "python": "3.11.9"},
        ),
        (
            "a form of questions",
            "Darwin",
            "12.4",
            None,
            {"tensorflow": "2.14.0", "python": "3.11.4"},
        ),
        (
            "a form of a list",
            "Apple M2 Max",
            "13.5.1",
            "arm64",
            {"tensorflow": "2.12.0", "python": "3.10.12"},
        ),
        ("MLX", "Apple M3 Max", "26.0.1", "arm64", {"mlx": "0.29.3"}),
        ("PyTorch", "Apple M5 Max", "26.5.2", "arm64", {"torch": "2.12.0", "python": "3.12.13"}),
        ("Windows", "x86_64", None, "x86_64", {"torch": "2.5.1+cu121", "python": "3.11.9"}),
        (
            "collect_env on Linux",
            "Intel Xeon Platinum 8480+, 2 x NVIDIA H100 80GB HBM3",
            "6.8",
            "x86_64",
            {"numpy": "2.3.5", "python": "3.12.3", "torch": "2.9.1+cu128", "triton": "3.5.1"},
        ),
        (
            "About This Mac",
            "2.6 GHz 6-Core Intel Core i7, AMD Radeon Pro 5300M, 16 GiB",
            "14.7.1",
            "x86_64",
            {},
        ),
        ("device_info", "Apple M2 Max, 96 GiB", None, "arm64", {"mlx": "0.18.1"}),
    ],
)
def test_a_form_is_understood(
    form: str,
    label: str,
    release: str | None,
    architecture: str | None,
    versions: dict[str, str],
) -> None:
    found = pasted.read(FORMS[form])
    told = {key: value for one in found.environments.values() for key, value in one.items()}
    machine = found.machine
    assert (machine.label, machine.release, machine.architecture) == (label, release, architecture)
    assert told == versions


def test_a_system_that_has_no_environment_is_not_called_sound() -> None:
    found = examine(Subject(pasted.read(FORMS["Windows"])))
    assert [one.what for one in found] == ["No environment can be made on this machine."]


def test_a_list_of_packages_alone_is_judged_for_what_it_holds() -> None:
    found = pasted.read("Package    Version\ntorch      2.2.2\nnumpy      2.1.3\n")
    assert found.machine.system == "unknown"
    said = [one.what for one in examine(Subject(found)) if one.severity == "spoils"]
    assert said == ["torch 2.2.2 does not work with numpy 2.1.3 (torch)."]


def test_a_thread_of_several_machines_is_said_to_be_one() -> None:
    one = "OS: macOS 14.4 (arm64)\nModel Identifier: Mac14,2\n"
    assert pasted.read(one + one).machine.notes == ()
    for other in ("OS: macOS 15.1 (arm64)\n", "hw.model: Mac16,1\n"):
        (note,) = pasted.read(one + other).machine.notes
        assert note == "The text tells of several machines: the first was taken."


def test_the_growing_loss_of_a_report_is_known() -> None:
    found = examine(Subject(pasted.read(FORMS["prose"])))
    assert "tf-keras#140, keras#18370" in [one.source for one in found]


def test_the_host_of_a_report_is_on_its_gpus_side() -> None:
    found = pasted.read(FORMS["collect_env on Linux"]).machine
    assert found.hypervisor == "KVM"
    assert found.cores_physical == 104
    assert {gpu.driver for gpu in found.gpus} == {"570.195.03"}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every text and every key of an object."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        if isinstance(inner, dict | list):
            yield from leaves(inner, (*path, key))
        elif isinstance(inner, str):
            yield (*path, key)


@pytest.mark.parametrize("told", ["Mary Smith", "2.2.2 Mary Smith", "Apple Mary Smith"])
def test_no_text_of_a_pasted_description_is_shown_unless_it_is_known(told: str) -> None:
    whole = json.loads((DATA / "descriptions" / "m1-macos13.json").read_text())
    whole["variables"] = {"OMP_NUM_THREADS": "4", "MARY_SMITH": "1"}
    whole["heavy_processes"] = [{"name": "a name", "count": 1, "cpu_share": 9.0}]
    whole["machine"]["notes"] = ["a note"]
    for path in leaves(whole):
        if path in {("kind",), ("machine", "system")}:
            continue
        changed = json.loads(json.dumps(whole))
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = told
        try:
            found = pasted.read(json.dumps(changed))
        except NotADescription:
            continue  # where only certain words are allowed
        shown = [f"{one.what} {one.why} {one.do}" for one in examine(Subject(found))]
        assert "mary" not in f"{shown} {msgspec.json.encode(found).decode()}".lower(), path
