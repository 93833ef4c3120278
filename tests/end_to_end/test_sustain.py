"""Sustained work through the launcher: a simulated machine without a fan slows down and is found,
the same with a fan is not accused. Four minutes of a virtual clock."""

import os
import subprocess

import msgspec
import pytest

from bench import records, schema
from reports.frame import read
from reports.sustain.pace import paces
from scripts.judge.simulated import Contender
from tests.end_to_end.conftest import ROOT
from tests.helpers import builders
from tests.helpers.patience import PATIENT_S

CASES = """
from tests.simulated import suite
def cases(preset):
    return [case for case in suite.cases(preset) if case.name == "square"]
"""


def test_a_machine_without_a_fan_slows_down_and_one_with_is_not_accused(tmp_path):
    suite = tmp_path / "cases.py"
    suite.write_text(CASES)
    files = [Contender(name, "honest", 0.2).file(tmp_path) for name in ("fanless", "fanned")]
    asked = ["--framework", ",".join(map(str, files)), "--suite", str(suite), "--minutes", "4"]
    done = subprocess.run(
        [ROOT / "metalbench", "sustain", *asked, "--rest", "0", "--out", str(tmp_path / "out")],
        env={**os.environ, "METALBENCH_SIMULATED": "1", "METALBENCH_LOCK": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT_S,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" remains; ") == 2
    (folder,) = (tmp_path / "out").iterdir()
    names = {path.name for path in folder.iterdir()}
    assert names == {"records.jsonl", "sustain.html", "sustain.md"}
    lines = records.read(folder / "records.jsonl").records
    during = [line for line in lines if isinstance(line, schema.State) and line.phase == "during"]
    assert len({line.contender for line in during}) == 2
    # What real programs do meanwhile is no matter of virtual seconds.
    alone = [
        msgspec.structs.replace(line, others_cpu_s=None) if isinstance(line, schema.Slice) else line
        for line in lines
    ]
    fanless, steady = paces(read([builders.write(tmp_path / "alone.jsonl", alone)])).paces
    assert (fanless.word, steady.word) == ("slows", "steady")
    assert fanless.remains == pytest.approx(1 / 1.35, rel=0.03)
    assert fanless.half_at_s == pytest.approx(90, abs=15)
