"""How often a bisection names the release that was made slower, and how often one that was not.

.venv/host/bin/python -m scripts.bisect_rate [--planted 20] [--unplanted 20] [--share 0.05]
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.commands.bisect import NOT_WORSE
from bench.environments import manager, requirements
from scripts.bisect_rate import releases

ADAPTER = Path(__file__).with_name("adapter.py")

BUSY = "another run is measuring"
"""Said by a run that another keeps from measuring; then it is tried again."""

WAIT_S = 20


def main():
    parser = argparse.ArgumentParser(prog="scripts.bisect_rate")
    parser.add_argument("--planted", type=int, default=20, help="tries with a slow-down in them")
    parser.add_argument("--unplanted", type=int, default=20, help="tries with none")
    parser.add_argument("--share", type=float, default=0.05, help="by how much it is slower")
    parser.add_argument("--seed", type=int, default=0, help="of the releases chosen")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first try, so that several may run"
    )
    asked = parser.parse_args()
    found = none = 0
    for number in range(max(asked.planted, asked.unplanted)):  # both kinds, however far it comes
        series = 2 * (asked.first + number)
        if number < asked.planted:
            chosen = random.Random(f"{asked.seed} {series}").randrange(1, releases.COUNT)
            found += _found(series, chosen, asked.share)
        if number < asked.unplanted:
            none += _found(series + 1, None, 0.0)
    print(f"slower by {asked.share:.0%}: found {found} of {asked.planted} times")
    print(f"nothing planted: nothing found {none} of {asked.unplanted} times")
    return 0 if (found, none) == (asked.planted, asked.unplanted) else 1


def _found(series, slower_from, share):
    """Whether the answer to one try is right; it is printed."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="metalbench-bisect-") as folder:
        versions = releases.publish(Path(folder) / "index", series, slower_from, share)
        ended = _bisect(versions, Path(folder))
    for version in versions:
        manager.remove(requirements.parse(f"numpy+{releases.PACKAGE}=={version}"))
    told = ended.stdout.partition("\n")[0] or ended.stderr.strip().rpartition("\n")[2]
    if slower_from is None:
        right = ended.returncode == NOT_WORSE
    else:
        right = ended.returncode == 0 and f" in {versions[slower_from]};" in told
    planted = versions[slower_from] if slower_from is not None else "none"
    took_s = time.monotonic() - begun
    print(
        f"{'right' if right else 'WRONG'}  planted: {planted}  {took_s:.0f} s  {told}", flush=True
    )
    return right


def _bisect(versions, folder):
    command = [sys.executable, "-m", "bench", "bisect", "--framework", str(ADAPTER)]
    command += ["--good", versions[0], "--bad", versions[-1]]
    command += ["--suite", "matmul", "--case", "square/64", "--threads", "1"]
    command += ["--index", str(folder / "index"), "--out", str(folder / "out")]
    while True:
        ended = subprocess.run(
            command, cwd=manager.CHECKOUT, capture_output=True, text=True, check=False
        )
        if ended.returncode != 2 or BUSY not in ended.stderr:
            return ended
        command += ["--resume"] * ("--resume" not in command)
        time.sleep(WAIT_S)


if __name__ == "__main__":
    sys.exit(main())
