"""What a person sees of a run and of a report, through the command line."""

import re
import subprocess
import sys

from tests.end_to_end.conftest import ROOT


def test_a_run_in_a_pipe_says_what_it_does_and_ends_with_the_answer(bench):
    done = bench("--framework", "null,numpy", "--suite", "matmul", "--preset", "smoke")
    assert done.code == 0, done.err
    said = done.err.splitlines()
    assert said[0].startswith("metalbench  ")
    assert any(
        re.fullmatch(r"smoke: 3 cases, about .*\. Ctrl-C keeps all\.", line) for line in said
    )
    assert sum(line.startswith("  matmul ") for line in said) >= 3
    assert "\x1b" not in done.err + done.out
    answer = done.out.splitlines()
    assert len(answer) <= 15
    assert answer[0] == "Only numpy was measured with right answers: nothing to compare."
    assert answer[-1] == f"  report   {(done.run_folder / 'report.html').as_uri()}"


def test_tables_come_only_when_asked_for(bench):
    quiet = bench("--framework", "numpy", "--suite", "matmul", "--preset", "smoke")
    report = ["report", str(quiet.run_folder), "--out", str(quiet.folder / "again"), "--verbose"]
    verbose = subprocess.run(
        [sys.executable, "-m", "bench", *report],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\nmatmul\n" not in quiet.out
    assert "\nmatmul\n" in "\n".join(line.rstrip() for line in verbose.stdout.splitlines())
    assert verbose.stdout.splitlines()[-1].startswith("  report   file://")
