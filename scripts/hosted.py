"""What a run on a hosted machine showed: which frameworks saw a GPU, and what was wrong.

.venv/host/bin/python -m scripts.hosted results [--least 1]

The exit code is 1 where an answer was wrong, or fewer cells than that were right: that a virtual
GPU lacks an operation, or that times cannot be believed there, is no failure.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from frameworks import NULL
from reports.formatting import plain
from reports.frame import Results, read
from reports.render.markdown_text import escape

MOST = 40
"""Sentences of one kind."""


def told(results: Results) -> str:
    """The summary of the machine, each framework, and every wrong answer."""
    (run, *_) = results.runs.values()
    machine = run.machine
    gpus = ", ".join(_md(gpu.name) for gpu in machine.gpus) or "no GPU"
    lines = [f"## {_md(machine.label)}", "", f"{_md(machine.release or '')} {gpus}.", ""]
    lines += ["| framework | version | its GPU | right | wrong | not measured |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    cells = results.cells[results.cells["framework"] != NULL.name]
    for spec, mine in cells.groupby("spec", sort=False):
        on_gpu = mine[mine["device_kind"] == "gpu"]
        names = dict.fromkeys(on_gpu["device"] + " (" + on_gpu["device_name"] + ")")
        row = (
            _md(str(spec)),
            _md(str(mine["version"].dropna().iloc[0] if mine["version"].notna().any() else "-")),
            _md(", ".join(names)) or "none",
            f"{_right(mine)} ({_right(on_gpu)} on the GPU)",
            str(len(_wrong(mine))),
            str(len(mine) - _right(mine) - len(_wrong(mine))),
        )
        lines.append(f"| {' | '.join(row)} |")
    lines += ["", *_sentences(results, cells)]
    return "\n".join(lines).rstrip() + "\n"


def _sentences(results: Results, cells: pd.DataFrame) -> list[str]:
    wrong = [
        f"- **wrong**: {_md(cell.contender)} at {_md(cell.case)}: {_md(str(cell.reason), 300)}"
        for cell in _wrong(cells).itertuples()
    ]
    absent = [
        f"- {_md(each.contender)}: {_md(f'{each.status}: {each.reason}', 300)}"
        for each in results.absent
    ]
    return [*wrong[:MOST], *absent[:MOST]]


def _right(cells: pd.DataFrame) -> int:
    return int(cells["verified"].sum())


def _wrong(cells: pd.DataFrame) -> pd.DataFrame:
    return cells[cells["status"] == "wrong"]


def _md(text: str, limit: int = 100) -> str:
    return escape(plain(text, limit)).replace("\\<", "&lt;").replace("\\|", "&#124;")


def main(words: Sequence[str]) -> int:
    """Print the summary; 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m scripts.hosted")
    parser.add_argument("results", type=Path)
    parser.add_argument("--least", type=int, default=1, help="cells that must be right")
    asked = parser.parse_args(words)
    found = sorted(asked.results.glob("*/records.jsonl"), key=lambda path: path.stat().st_mtime)
    if not found:
        print(f"no run was recorded in {asked.results}")
        return 1
    results = read(found[-1:])
    print(told(results))
    cells = results.cells[results.cells["framework"] != NULL.name]
    return int(len(_wrong(cells)) > 0 or _right(cells) < asked.least)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
