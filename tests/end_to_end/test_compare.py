"""Comparing through the launcher: two contenders of a real run, and input that lacks something."""

import json
import subprocess
from functools import partial

import pytest

from tests.end_to_end.conftest import ROOT, Finished, command
from tests.helpers.patience import PATIENT_S

ARGUMENTS = ("--framework", "numpy,null", "--suite", "matmul", "--preset", "smoke")
ROUNDS = ("--rounds", "8", "--target", "0.001%")
"""Eight, however calm they are: fewer than six decide nothing."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run with rounds enough for words."""
    out = tmp_path_factory.mktemp("compare")
    done = subprocess.run(
        command(*ARGUMENTS, *ROUNDS, out=out / "results"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT_S,
    )
    assert done.returncode == 0, done.stderr
    return Finished(0, out / "results").run_folder


@pytest.fixture(scope="module")
def compare(tmp_path_factory):
    """The command, in a folder of its own."""
    return partial(_compare, tmp_path_factory.mktemp("cwd"))


def _compare(folder, *arguments):
    done = subprocess.run(
        [ROOT / "metalbench", "compare", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT_S,
    )
    assert "Traceback" not in done.stderr
    return done


def test_two_contenders_of_one_run_are_compared_in_pairs(run, compare):
    done = compare(run, "--a", "null", "--b", "numpy", "--json", "-")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # Where others hold the machine up, few rounds tell nothing, whatever the ratio is.
    assert {case["verdict"] for case in found["cases"]} <= {"slower", "unresolved"}
    assert all(case["ratio"] > 5 for case in found["cases"])
    assert found["paired"]


def test_a_limit_that_is_passed_is_an_exit_code(run, compare):
    assert compare(run, "--a", "null", "--b", "numpy", "--fail-on", "slower:3%").returncode == 1
    assert compare(run, "--a", "numpy", "--b", "null", "--fail-on", "slower:3%").returncode == 0


def test_a_half_written_file_is_used_as_far_as_it_goes_and_said(run, compare, tmp_path):
    cut = tmp_path / "records.jsonl"
    cut.write_bytes((run / "records.jsonl").read_bytes()[:-20])
    done = compare(cut, "--a", "null", "--b", "numpy")
    assert done.returncode == 1
    assert "slower" in done.stdout


def test_nothing_to_compare_is_bad_input(run, compare, tmp_path):
    assert compare(tmp_path / "absent", run).returncode == 2
    assert compare(run, "--a", "nonesuch", "--b", "numpy").returncode == 2


def test_it_ends_with_the_address_of_its_page(run, compare, tmp_path):
    done = compare(run, "--a", "null", "--b", "numpy", "--out", tmp_path / "a b")
    assert done.returncode == 0
    page = tmp_path / "a b" / "comparison.html"
    assert done.stdout.splitlines()[-1] == page.as_uri()
    assert "How many times as long does numpy take?" in page.read_text(encoding="utf-8")
    again = compare(run, "--a", "null", "--b", "numpy")
    assert again.stdout.splitlines()[-1].endswith("/report/comparison.html")
