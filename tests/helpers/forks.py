"""What an adapter may do to its worker's processes: fork, flee, hold and flood pipes, hoard memory.

Each process is noted in the file `pids` beside the adapter.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

NOTES = Path(sys.argv[1]).with_name("pids")
"""Of a worker, whose first argument is its adapter's file."""


def note():
    with NOTES.open("a") as notes:
        notes.write(f"{os.getpid()}\n")


def forked(work=lambda: None, detached=False):
    """A child that does that and holds every pipe; detached, an orphan in a session of its own."""
    ready, noted = os.pipe()
    if os.fork():
        os.close(noted)
        os.read(ready, 1)
        return
    if detached:
        os.setsid()
        if os.fork():
            os._exit(0)
    note()
    os.write(noted, b"x")
    os.close(noted)
    work()
    time.sleep(600)


HIDDEN = """
import os, sys, time
with open(sys.argv[1], "a") as notes:
    notes.write(f"{os.getpid()}\\n")
time.sleep(600)
"""


def cleared():
    """An orphan of another program, without the variables it would inherit."""
    if os.fork() == 0:
        command = [sys.executable, "-c", HIDDEN, str(NOTES)]
        subprocess.Popen(command, env={}, start_new_session=True)
        os._exit(0)
    os.wait()
    while NOTES.read_text().count("\n") < 2:
        time.sleep(0.01)


def flood():
    """Endless words, not one of them a reply, into the pipe of the replies."""
    while True:
        os.write(int(sys.argv[3]), b"x" * 4096)
