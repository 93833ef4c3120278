"""Runs through the real launcher: the command line, real workers, real environments."""

import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import records, schema

ROOT = Path(__file__).resolve().parent.parent.parent

ADAPTER_HEAD = """
import os, signal, sys, threading, time
import numpy as np
from frameworks import null
from frameworks.null import devices, start, build, wait, to_numpy, memory
NAME = "mine"
ENVIRONMENT = "host"
"""


@dataclass
class Finished:
    """A finished command and the records it left."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def run_folder(self):
        (folder,) = self.folder.iterdir()
        return folder

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
    return [sys.executable, "-m", "bench", "run", "--out", str(out), *arguments]


@pytest.fixture
def bench(tmp_path):
    """Run `python -m bench run` with these arguments, to its end."""

    def run(*arguments, **environment):
        out = tmp_path / "results"
        done = subprocess.run(
            command(*arguments, out=out),
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return Finished(done.returncode, done.stdout, done.stderr, out)

    return run


@pytest.fixture
def adapter(tmp_path):
    """Write an adapter that is null but for `body`; returns its path."""

    def write(body, head=ADAPTER_HEAD):
        path = tmp_path / "mine.py"
        path.write_text(head + textwrap.dedent(body))
        return str(path)

    return write
