"""Descriptions as files: written, read back, refused, shown."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bench import machine
from bench.commands import machine as show
from bench.machine import description, processes, state
from bench.machine.description import Description, Heavy, NotADescription
from tests.helpers import made_machines as made

ROOT = Path(__file__).resolve().parents[3]


def describe(name: str, **more: Any) -> Description:
    found = made.ALL[name]
    return Description(
        format=description.FORMAT,
        machine=machine.parse(found),
        state=state.parse(found),
        python="3.12.4",
        python_architecture="arm64",
        **more,
    )


FULL = describe(
    "M5_MAX",
    environments={"torch": {"torch": "2.15.0", "python": "3.12.4"}},
    environment_states={"torch": "ready", "tf": "absent"},
    variables={"MLX_ENABLE_TF32": "0"},
    disk_free_bytes=2**40,
    memory_free_bytes=2**36,
    heavy_processes=(Heavy(name="mds_stores", count=2, cpu_share=1.5),),
)


def shown(found: Description) -> str:
    console = Console(width=200)
    with console.capture() as text:
        console.print(show.table(found))
    return re.sub(r" +", " ", text.get())


@pytest.mark.parametrize("name", made.ALL)
def test_what_is_written_is_read_back(name: str, tmp_path: Path) -> None:
    for found in (describe(name), FULL):
        description.write(tmp_path / "it.json", found)
        assert description.read(tmp_path / "it.json") == found


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"format": 2}, "git pull"),
        ({"kind": "run"}, "no description"),
        ({"state": {"load": -1}}, "load"),
        ({"state": {"power": "nuclear"}}, "power"),
        ({"machine": {"label": "x"}}, "system"),
        ({"environments": {"torch": {"torch": 2}}}, "environments"),
        ({"python": "3" * 5000}, "python"),
        ({"disk_free_bytes": -1}, "disk_free_bytes"),
        ({"heavy_processes": [{"name": "a", "count": 1, "cpu_share": 1}] * 65}, "heavy"),
    ],
)
def test_what_is_out_of_range_is_refused(
    changes: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({**msgspec.to_builtins(FULL), **changes}))
    with pytest.raises(NotADescription, match=problem):
        description.read(path)


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff\xfe", b"[" * 10**5, b" " * 2 * 2**20])
def test_what_is_no_description_is_refused_with_the_command_that_helps(
    text: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(text)
    with pytest.raises(NotADescription, match="machine --capture"):
        description.read(path)


@given(text=st.binary(max_size=300))
def test_no_bytes_break_the_reader(text: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(text)
    with pytest.raises(NotADescription):
        description.read(path)


# --- shown ----------------------------------------------------------------------------------


def test_a_machine_is_shown_as_a_person_reads_it() -> None:
    text = shown(FULL)
    for line in (
        "machine Apple M5 Max, 40-core GPU, 128 GiB",
        "cores 18 physical, 18 logical (6 Super, 12 Performance)",
        "GPU Apple M5 Max, built-in, 40 cores, the machine's memory, Metal 4",
        "system macOS 26.1 arm64",
        "Rosetta no",
        "power mains, charge 100%",
        "heat nominal",
        "GPU busy 7 %",
        "busy programs 2 x mds_stores (1.5 cores)",
        "environment torch 2 packages, Python 3.12.4",
        "free 1,024 GiB of disk, 64 GiB of memory",
        "MLX_ENABLE_TF32 0",
    ):
        assert line in text
    discrete = shown(describe("RYZEN_HACKINTOSH"))
    assert "GPU Radeon RX 580, made by AMD, discrete, 8 GiB, PCIe x16, Metal: GPU" in discrete
    assert "Hackintosh CPU impossible for the model" in discrete


def test_a_description_from_elsewhere_does_not_steer_the_terminal() -> None:
    hostile = msgspec.structs.replace(
        FULL.machine, label="\x1b[2J[red]x[/red]", notes=("\u202enote\r\n",), gpus=()
    )
    text = shown(msgspec.structs.replace(FULL, machine=hostile, state={"thermal": "\x07hot"}))
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(text)
    assert "[red]x[/red]" in text
    assert "GPU none found" in text


# --- this machine ---------------------------------------------------------------------------


def test_this_machine_is_described_without_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setenv("PYTORCH_MPS_FAST_MATH", "/home/mary/secret")
    monkeypatch.setenv("SSH_CLIENT", "not asked for")
    show.run(tmp_path / "me.json")
    text = (tmp_path / "me.json").read_text(encoding="utf-8")
    found = description.read(tmp_path / "me.json")
    assert found.variables["JAX_PLATFORMS"] == "cpu"
    assert found.variables["PYTORCH_MPS_FAST_MATH"] == "set"
    assert found.disk_free_bytes
    assert found.environments["host"]["python"]
    assert found.environment_states["host"] in ("ready", "stale")
    for private in ("mary", "SSH_CLIENT", str(Path.home()), str(ROOT)):
        assert private not in text


def test_programs_that_keep_the_cpu_busy_are_told_of_by_name_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass", "my argument"]) as process:
        try:
            monkeypatch.setattr(processes, "HEAVY", 0.01)  # others may keep the CPU busy too
            heavy = processes.heavy()
        finally:
            process.kill()
    assert any("python" in one.name for one in heavy)
    assert not any("argument" in one.name or os.sep in one.name for one in heavy)


def test_the_command_says_where_it_wrote_and_refuses_what_it_cannot_write(tmp_path: Path) -> None:
    def run(path: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bench", "machine", "--capture", str(path)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    done = run(tmp_path / "me.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Written to" in done.stdout
    failed = run(tmp_path / "absent" / "me.json")
    assert failed.returncode == 2
    assert failed.stderr.startswith("metalbench: ")
    assert "Traceback" not in failed.stderr
