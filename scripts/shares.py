"""How long a run takes, and how much of that lies outside timed samples.

.venv/host/bin/python -m scripts.shares [options of `./metalbench run`; --preset smoke without]
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
    sampled_s = sum(record.sampled_s or 0 for record in slices)
    cells = sum(isinstance(record, schema.Cell) for record in kept)
    print(f"exit {code}, {taken_s:.0f} s, {cells} cells, {sampled_s:.1f} s in timed samples")
    end = next(record.at_s for record in kept if isinstance(record, schema.End))
    for what, span_s in (
        ("rounds (re-warming, latencies, resting, records)", _rounds_s(slices)),
        ("run (also starts, builds, the reference, verification, calibration)", end),
        ("command (also environments, devices, reports)", taken_s),
    ):
        print(f"outside samples: {1 - sampled_s / span_s:.0%} of {span_s:.0f} s of the {what}")


def _rounds_s(slices):
    """From the first to the last slice of each start of each case."""
    found = 0.0
    for _, group in itertools.groupby(slices, key=lambda record: (record.case, record.start)):
        first, *_, last = (*group,) * 2
        found += (last.at_s or 0) + (last.wall_s or 0) - (first.at_s or 0)
    return found


if __name__ == "__main__":
    main()
