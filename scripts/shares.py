"""How long a run takes, and how much of its measuring is sampling.

.venv/host/bin/python -m scripts.shares [options of `python -m bench run`; --preset smoke without]
"""

import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import records, schema


def main():
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        command = [sys.executable, "-m", "bench", "run", *(sys.argv[1:] or ["--preset", "smoke"])]
        command += ["--out", folder]
        code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
        taken_s = time.monotonic() - begun
        (path,) = Path(folder).glob("*/records.jsonl")
        kept = records.read(path).records
    slices = [record for record in kept if isinstance(record, schema.Slice)]
    measuring_s = 0.0
    for _, group in itertools.groupby(slices, key=lambda record: record.case):
        case = list(group)
        last = case[-1]
        measuring_s += (last.at_s or 0) + (last.wall_s or 0) - (case[0].at_s or 0)
    sampled_s = sum(record.sampled_s or 0 for record in slices)
    cells = sum(isinstance(record, schema.Cell) for record in kept)
    print(f"exit {code}, {taken_s:.0f} s, {cells} cells")
    print(
        f"measuring phase {measuring_s:.1f} s, in timed samples {sampled_s:.1f} s "
        f"({sampled_s / measuring_s:.0%})"
    )


if __name__ == "__main__":
    main()
