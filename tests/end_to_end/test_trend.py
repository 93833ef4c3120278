"""The history through the launcher: a real run adds itself, and the page shows it."""

import subprocess

import pyarrow.dataset as ds

from tests.end_to_end.conftest import ROOT, command
from tests.helpers.patience import PATIENT_S

ARGUMENTS = ("--framework", "numpy", "--suite", "matmul", "--preset", "smoke")


def finished(words, folder):
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENT_S
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    return done


def test_a_run_adds_itself_and_the_page_shows_it(tmp_path):
    results = tmp_path / "results"
    finished(command(*ARGUMENTS, out=results), ROOT)
    kept = ds.dataset(results / "history", partitioning="hive").to_table()
    assert set(kept["framework"].to_pylist()) == {"numpy"}
    assert min(kept["time_s"].to_pylist()) > 0
    shown = finished([ROOT / "metalbench", "trend", "results"], tmp_path)
    assert "1 run so far: changes can be told from 6 on" in shown.stdout
    page = (tmp_path / "report" / "trend.html").read_text(encoding="utf-8")
    assert all(case in page for case in kept["case"].to_pylist())
