"""The device check as a stranger types it, on a machine that has nothing but NumPy."""

import json
import os
import signal
import subprocess
import sys
import time

from scripts.device_check.folder import MOST_BYTES
from tests.end_to_end.conftest import ROOT
from tests.helpers.patience import PATIENT_S

COMMAND = [sys.executable, "-m", "scripts.device_check", "--numpy", sys.executable]


def test_it_leaves_a_folder_that_says_which_lies_were_found(tmp_path):
    out = tmp_path / "checked"
    command = [*COMMAND, "--parts", "lies", "--minutes", "5", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr  # a busy machine may slow anything
    figures = json.loads((out / "figures.json").read_text())
    assert figures["ended"] == "complete"
    assert [part["name"] for part in figures["parts"]] == ["lies-numpy"], figures["left_out"]
    words = {
        (cell["lie"], cell["verdict"])
        for cell in figures["cells"]
        if cell.get("lie") and cell["case"] == "matmul/square/64"
    }
    assert {("bfloat16", "found"), ("tenth_of_rows", "found")} <= words
    assert (
        "| numpy | cpu | holds weights and inputs in bfloat16 | wrong"
        in (out / "figures.md").read_text()
    )
    names = {path.name for path in out.iterdir()}
    assert names == {"figures.json", "figures.md", "lies-numpy.jsonl.gz", "log.txt"}
    assert sum(path.stat().st_size for path in out.iterdir()) < MOST_BYTES


def test_an_interrupted_check_leaves_what_it_had(tmp_path):
    out = tmp_path / "checked"
    command = [*COMMAND, "--parts", "honest", "--minutes", "5", "--out", str(out)]
    check = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    until = time.monotonic() + PATIENT_S
    while not list(out.glob("running/honest/*/records.jsonl")) and time.monotonic() < until:
        time.sleep(0.1)
    os.kill(check.pid, signal.SIGINT)
    said, _ = check.communicate(timeout=PATIENT_S)
    assert check.returncode == 130, said
    assert b"Traceback" not in said
    figures = json.loads((out / "figures.json").read_text())
    assert figures["ended"] == "interrupted"
    assert (out / "honest.jsonl.gz").exists()
    assert not (out / "running").exists()
    assert {cell["contender"] for cell in figures["cells"]} != set()


def test_what_cannot_be_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "x").touch()
    for options, word in (
        (["--torch", "/nowhere"], "there is nothing at"),
        (["--numpy", sys.executable, "--minutes", "0"], "expected --minutes"),
        (["--numpy", sys.executable, "--parts", "all"], "--parts"),
        (["--numpy", sys.executable, "--out", str(tmp_path)], "new or empty folder"),
    ):
        command = [sys.executable, "-m", "scripts.device_check", *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert word in done.stderr
        assert "Traceback" not in done.stderr
