"""`python -m scripts.load`: what a report on many files costs, and whether the cost grows linearly.

Each row is a process of its own: files, slices, seconds to load with the libraries' import, seconds
to load again and report, the same in CPU seconds (the clock's own on a machine that does nothing
else), and the most memory it held.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from bench import records
from bench.schema import (
    SCHEMA,
    Case,
    Cell,
    Check,
    Contender,
    Machine,
    Run,
    Runtime,
    Slice,
    Verified,
)

FILES = (25, 50, 100, 300)
CONTENDERS, CASES, ROUNDS, SAMPLES = 5, 100, 3, 10
"""Of each file: 500 cells, 1500 slices of 10 samples."""


def main() -> None:
    """Write files, report on ever more of them, print what it cost."""
    if len(sys.argv) == 3:
        _measure(Path(sys.argv[1]), int(sys.argv[2]))
        return
    print("files  slices    load  report, of CPU:  load  report  memory")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(max(FILES)):
            _write(Path(folder, f"{number:03}"), number)
        for count in FILES:
            command = [sys.executable, "-m", "scripts.load", folder, str(count)]
            subprocess.run(command, check=True)


def _measure(folder: Path, count: int) -> None:
    clocks = (time.perf_counter, time.process_time)
    marks = [[clock() for clock in clocks]]
    from reports import build, frame

    paths = sorted(path for path in folder.iterdir() if path.name.isdigit())[:count]
    slices = len(frame.read(paths).slices)
    marks.append([clock() for clock in clocks])
    build.build(paths, folder / "report")
    marks.append([clock() for clock in clocks])
    (load_s, load_cpu_s), (report_s, report_cpu_s) = (
        [after - before for before, after in zip(*pair, strict=True)] for pair in pairwise(marks)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if _bytes() else 1e3)
    print(
        f"{count:5} {slices:7} {load_s:6.2f}s {report_s:6.2f}s {load_cpu_s:6.2f}s "
        f"{report_cpu_s:6.2f}s {peak:5.0f} MB",
        flush=True,
    )


def _bytes() -> bool:
    return sys.platform == "darwin"  # there the unit is a byte, elsewhere a kilobyte


def _write(folder: Path, number: int) -> None:
    folder.mkdir()
    writer = records.Writer(folder / "records.jsonl")
    cases = [f"suite{n // 50}/work{n // 10}/{2 ** (n % 10)}" for n in range(CASES)]
    contenders = [f"framework{n}/cpu/float32" for n in range(CONTENDERS)]
    machine = Machine(label=f"machine {number % 20}", system="Linux", cpu=f"CPU {number % 20}")
    writer.write(
        Run(
            schema=SCHEMA,
            run=f"run-{number:04}",
            started_at=f"2026-01-01T00:{number % 60:02}:00+00:00",
            arguments=("run",),
            machine=machine,
            settings={"preset": "quick"},
            cases=tuple(map(_case, cases)),
            contenders=tuple(map(_contender, contenders)),
        )
    )
    for at, contender in enumerate(contenders):
        versions = {contender.partition("/")[0]: "1"}
        named = {"device": "cpu", "device_name": "cpu", "asynchronous": False, "python": "3.11"}
        writer.write(Runtime(contender=contender, versions=versions, **named))  # type: ignore[arg-type]
        for case in cases:
            _cell(writer, contender, case, (at + 1) * 1e-6 * int(case.rpartition("/")[2]))
    writer.close()


def _case(case: str) -> Case:
    suite, name, size = case.split("/")
    traffic = {"float32": 12 * int(size)}
    return Case(
        case=case,
        suite=suite,
        name=name,
        size=int(size),
        flop=int(size) ** 2,
        traffic_bytes=traffic,  # type: ignore[arg-type]
        definition_sha256="0" * 64,
    )


def _contender(contender: str) -> Contender:
    return Contender(
        contender=contender,
        framework=contender.partition("/")[0],
        spec=contender.partition("/")[0],
        device="cpu",
        device_kind="cpu",
        device_name="cpu",
        precision="float32",
        execution="eager",
    )


def _cell(writer: records.Writer, contender: str, case: str, step_s: float) -> None:
    for phase in ("before", "after"):
        check = Check(name="rows", error=1e-6, limit=1e-4)
        writer.write(
            Verified(
                contender=contender,
                case=case,
                phase=phase,
                passed=True,
                checks=(check,),
                first_step_s=1e-2 if phase == "before" else None,
            )
        )
    for turn in range(ROUNDS):
        samples = tuple(step_s * (1 + 0.001 * ((turn * 7 + n * 3) % 11)) for n in range(SAMPLES))
        writer.write(
            Slice(
                contender=contender,
                case=case,
                round=turn,
                steps_per_sample=100,
                samples_s=samples,
                latencies_s=samples[:3],
                peak_resident_bytes=300 * 2**20,
            )
        )
    writer.write(
        Cell(
            contender=contender, case=case, stopped="done", rounds=ROUNDS, samples=SAMPLES * ROUNDS
        )
    )


if __name__ == "__main__":
    main()
