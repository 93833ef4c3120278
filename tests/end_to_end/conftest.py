"""Runs through the real launcher: the command line, real workers, real environments."""

import io
import os
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from rich.console import Console

from bench import records, schema
from bench.contenders import spec
from bench.contenders.discovery import ContenderSelection
from bench.plan.presets import PRESETS
from bench.plan.request import Request
from bench.run import lock
from bench.run.runner import run
from bench.terminal.progress import Plain
from tests.helpers.patience import PATIENT_S

ROOT = Path(__file__).resolve().parent.parent.parent

ADAPTER_HEAD = """
import os, signal, sys, threading, time
import numpy as np
from frameworks.null import adapter as null
from tests.helpers import prompt
from tests.helpers.prompt import devices, start, build, wait, to_numpy, memory
from frameworks.interface import Resettable, parts
NAME = "mine"
ENVIRONMENT = "host"
def changed(workload, arrays, change):
    "prompt's step and reset; each step's results are given to `change` first"
    step, reset = parts(prompt.build(workload, arrays))
    made = lambda: change(step())
    return Resettable(made, reset) if reset else made
"""


@dataclass
class Finished:
    """A finished command and the records it left."""

    code: int
    folder: Path
    out: str = ""
    err: str = ""

    @property
    def run_folder(self):
        (path,) = self.folder.glob("*/records.jsonl")  # beside it lies the history
        return path.parent

    @property
    def records(self):
        reading = records.read(self.run_folder / "records.jsonl")
        assert reading.refused == ()
        return reading.records

    def of(self, kind, contender):
        """Records of a kind whose contender begins with a word."""
        return [
            record
            for record in self.records
            if isinstance(record, kind) and record.contender.startswith(contender)
        ]

    def cells(self, contender):
        return {record.case for record in self.of(schema.Cell, contender)}

    @property
    def markdown(self):
        return (self.run_folder / "report.md").read_text()


def command(*arguments, out):
    """As long as it takes, where nothing else is asked for: the machine may be busy with others."""
    time = () if "--time" in arguments else ("--time", "1h")
    return [sys.executable, "-m", "bench", "run", "--out", str(out), *time, *arguments]


@pytest.fixture(autouse=True)
def own_lock(tmp_path, monkeypatch):
    """These runs beside one that measures in earnest: it must not refuse them."""
    monkeypatch.setenv(lock.VARIABLE, str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def bench(tmp_path):
    """Run `python -m bench run` with these arguments, to its end; each into a folder of its own."""
    folders = (tmp_path / f"results{number}" for number in ("", *range(2, 100)))

    def command_line(*arguments, **environment):
        out = next(folders)
        done = subprocess.run(
            command(*arguments, out=out),
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=PATIENT_S,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return Finished(done.returncode, out, done.stdout, done.stderr)

    return command_line


@pytest.fixture
def measure(tmp_path):
    """The same run without the command line and the report around it."""

    def measured(framework, suite="mlp,matmul", timeout_s=600.0, memory_bytes=None, **others):
        wanted = ContenderSelection(
            specs=spec.parse(framework.split(",")),
            device="all",
            precisions=["float32"],
            threads=None,
            timeout_s=timeout_s,
            memory_bytes=memory_bytes,
        )
        out = tmp_path / "results"
        request = Request(
            contenders=wanted,
            suites=suite.split(","),
            preset_name="smoke",
            preset=replace(PRESETS["smoke"], time_s=None, starts=others.get("starts", 1)),
            out=out,
            isolated=others.get("isolated", False),
        )
        said = io.StringIO()
        outcome = run(request, Plain(Console(file=said)))
        return Finished(1 if outcome.troubles else 0, out, said.getvalue())

    return measured


@pytest.fixture
def adapter(tmp_path):
    """Write an adapter that is `prompt` but for `body`; returns its path."""

    def write(body, head=ADAPTER_HEAD, file="mine.py"):
        path = tmp_path / file
        path.write_text(head + textwrap.dedent(body))
        return str(path)

    return write
