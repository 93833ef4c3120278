"""How quickly the command line answers.

.venv/host/bin/python -m scripts.startup
"""

import statistics
import subprocess
import sys
import time


def median_s(*arguments):
    """Median of eleven runs of the command."""
    taken = []
    for _ in range(11):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "bench", *arguments], stdout=subprocess.DEVNULL, check=True
        )
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main():
    for arguments in (["--help"], ["list"]):
        print(f"{arguments[0]:8} {median_s(*arguments):.2f} s")


if __name__ == "__main__":
    main()
