"""A reader that leaves ends nothing and is told nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

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
    done = subprocess.run(command, cwd=CHECKOUT, check=False, timeout=60, **ends)  # type: ignore[call-overload]
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
