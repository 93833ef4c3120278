"""A reader that leaves ends nothing and is told nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.patience import PATIENT_S

CHECKOUT = Path(__file__).resolve().parents[3]

WRITE = """
import sys
from bench.terminal import pipes
FORGIVE
for number in range(2):
    print("x" * 100_000)
    sys.stdout.flush()
print("to the end", file=sys.stderr)
"""


def ended(code: str, *, closed: str) -> subprocess.CompletedProcess[bytes]:
    """The code run with a standard output or error that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    ends = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, closed: write}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=CHECKOUT, check=False, timeout=PATIENT_S, **ends)  # type: ignore[call-overload]
    os.close(write)
    return done


def test_what_nobody_reads_goes_on_to_its_end_in_silence() -> None:
    done = ended(WRITE.replace("FORGIVE", "pipes.forgive()"), closed="stdout")
    assert (done.returncode, done.stderr) == (0, b"to the end\n")


def test_the_same_unforgiven_is_an_error() -> None:
    assert ended(WRITE.replace("FORGIVE", ""), closed="stdout").returncode != 0


def test_who_hears_no_progress_has_hung_up() -> None:
    code = (
        "from bench.terminal import pipes; import sys; pipes.forgive(); print('x', file=sys.stderr)"
    )
    assert ended(code, closed="stderr").returncode == -signal.SIGHUP


def test_list_before_head_ends_quietly() -> None:
    command = f"{sys.executable} -m bench list 2>&1 | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=CHECKOUT, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"FRAMEWORK")


needs_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no /dev/full"
)


def run_by_shell(redirected: str, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f'exec "$0" -c "$1" {redirected}', sys.executable, code],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT_S,
    )


GOES_ON = """
import os, sys
from bench.terminal import pipes
pipes.forgive()
print("told")
print("heard", file=sys.stderr)
with open(os.devnull) as first:
    assert first.fileno() > 2, first.fileno()
sys.exit(7 if pipes.lost() is None else 8)
"""


@needs_full
def test_a_full_disk_behind_standard_error_ends_nothing() -> None:
    done = run_by_shell("2>/dev/full", GOES_ON)
    assert (done.returncode, done.stdout) == (7, "told\n")


@needs_full
def test_what_standard_output_lost_on_a_full_disk_is_known() -> None:
    done = run_by_shell(">/dev/full", GOES_ON)
    assert (done.returncode, done.stderr) == (8, "heard\n")


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_a_descriptor_that_was_closed_is_no_other_files(closed: str) -> None:
    assert run_by_shell(closed, GOES_ON).returncode == 7


@needs_full
def test_a_command_whose_table_was_lost_says_so() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m bench list >/dev/full"],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=PATIENT_S,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "exit 1: standard output could not be written: No space left on device\n"


@pytest.mark.parametrize(
    "closes", ["sys.stdout.close()", "sys.stdout.buffer.close()", "sys.stderr.close()"]
)
def test_a_file_that_closes_it_ends_nothing(closes: str) -> None:
    done = run_by_shell("", GOES_ON.replace("pipes.forgive()", f"pipes.forgive()\n{closes}"))
    assert (done.returncode, done.stdout, done.stderr) == (7, "told\n", "heard\n")
