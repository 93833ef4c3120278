"""What stands above a run: the machine, its versions, and what would spoil it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec

from bench.contenders import spec
from bench.doctor.subject import Subject
from bench.environments.interpreters import Interpreter
from bench.machine.description import Description, Heavy
from bench.terminal import run_header
from tests.helpers import builders

SPECS = spec.parse(["numpy", "torch", "tf", "jax", "jax==0.4.38", "mlx", "null"])

SEEN = Description(
    format=1,
    machine=builders.MACHINE,
    state={"load": 0.1},
    python="3.11.9",
    python_architecture="x86_64",
    environments={
        "numpy": {"numpy": "2.4.6"},
        "torch": {"torch": "2.13.0+cpu", "numpy": "2.4.6"},
        "tf": {"tensorflow-cpu": "2.21.0"},
        "jax==0.4.38": {"jax": "0.4.38"},
    },
)
PINS = {"jax": {"jax": "0.10.2"}}


def told(width: int = 80, **changes: object) -> list[str]:
    seen = msgspec.structs.replace(SEEN, **changes)
    return list(run_header.told(Subject(seen, pins=PINS), SPECS, width))


def test_machine_and_versions() -> None:
    assert told() == [
        "metalbench  Example CPU @ 2.60GHz, 16 GiB, 2 cores, no GPU",
        "            numpy 2.4.6  torch 2.13.0  tf 2.21.0  jax 0.10.2  jax==0.4.38  mlx",
        "            null",
    ]


def test_a_python_of_ones_own_tells_its_own_version() -> None:
    own = Interpreter(
        Path("/dev"), Path("/dev/python"), Path("/"), "3.12", (("torch", "2.9.1+git"),)
    )
    here = dataclasses.replace(SPECS[1], text="torch:dev", own=own)
    lines = list(run_header.told(Subject(SEEN, pins=PINS), [SPECS[1], here], 80))
    assert lines[1].strip() == "torch 2.13.0  torch:dev 2.9.1"


def test_what_would_spoil_a_run_stands_below_in_short_lines() -> None:
    busy = told(60, heavy_processes=(Heavy(name="python", count=2, cpu_share=1.6),))
    warned = [line for line in busy if line.startswith("! ")]
    assert len(warned) == 1
    assert "python" in "".join(busy)
    assert max(map(len, busy)) <= 60


def test_the_machine_s_own_words_cannot_steer_the_terminal() -> None:
    machine = msgspec.structs.replace(builders.MACHINE, label="Evil\x1b[31m CPU")
    assert "\x1b" not in "".join(told(machine=machine))
