"""The simulated device through the real `bench run`: every profile honest, and every lie."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench import records, schema
from tests import simulated
from tests.simulated import PROFILES, VARIANTS

SUITE = Path(simulated.__file__).parent / "suite.py"

OWN = ("matmul", "--rounds", "6", "--threads", "1")
"""A built-in suite, since one from a file may let the host work; long enough for the driver. What
answers cost is no virtual time, and takes one core."""

TIME = "24h"
"""More than any run takes: the machine is busy with others of them."""

STEPS_S = (10e-6, 100e-6, 1e-3, 10e-3, 50e-3)
"""What a step's work takes on the device."""

LIED_ON = ("h100", "jaxmps", "mlx", "cpuasync")
"""Profiles on which lies about time are tried; those about answers are the same on all."""

QUICK = 0.9
"""A time below this share of the honest one is a lie."""

CLOSE = 0.95
"""A time from here on is right, whatever was done for it."""

TOGETHER = 8
"""Contenders of one run."""


FINDINGS = {"suspect": "**suspect**", "untimed": "it ran on the CPU, by all that can be seen"}
"""Words by what a line of the report has in it."""


@dataclass(frozen=True)
class Contender:
    """A device with a variant of honesty."""

    profile: str
    variant: str
    step_s: float | None = None
    real: bool = False
    """Whether it takes real seconds, which the host's clock is held against."""

    def file(self, folder):
        return simulated.contender(folder, self.profile, self.variant, self.step_s, self.real)


REAL_STEP_S = 0.01
"""Of a step in real seconds: longer than working out any answer takes."""


@dataclass
class Cell:
    """What was said of a contender at a case, and the seconds of a step that it claimed."""

    said: list = field(default_factory=list)
    """Checks that failed, as (word, name, error / limit), and other endings."""
    ratios: list = field(default_factory=list)
    """Largest error / limit of the answers of each verification."""
    claimed_s: float | None = None


def contenders():
    """Everything that is tried: the honest ones first."""
    honest = [Contender(profile, "honest", s) for profile in PROFILES for s in (None, *STEPS_S)]
    lies = [n for n, lie in VARIANTS.items() if n != "honest" and not (lie.real or lie.elsewhere)]
    about_time = [name for name in lies if VARIANTS[name].quick_in]
    tried = [Contender(p, name, s) for p in LIED_ON for name in about_time for s in STEPS_S]
    tried += [Contender("h100", name) for name in lies if name not in about_time]
    real = [name for name, lie in VARIANTS.items() if lie.real]
    in_seconds = [Contender("h100", name, REAL_STEP_S, real=True) for name in ("honest", *real)]
    return honest, tried, in_seconds


def elsewhere():
    """Those that compute on another device than they claim, and an honest one."""
    names = ["honest", *(name for name, lie in VARIANTS.items() if lie.elsewhere)]
    return [Contender(profile, name, 0.01) for profile in ("h100", "mps") for name in names]


def judged(tried, out, *, virtual=True, at_once=2, watched=False):
    """Cells by contender and case, of real runs of the product: `watched` by the device's driver,
    at suites whose steps are the device's work by intention."""
    groups = [tried[i : i + TOGETHER] for i in range(0, len(tried), TOGETHER)]
    found = {}
    with ThreadPoolExecutor(at_once if virtual else 1) as pool:
        runs = pool.map(lambda group: _run(group, out, virtual, watched), groups)
        for number, cells in enumerate(runs):
            found |= cells
            print(f"  run {number + 1} of {len(groups)}", file=sys.stderr, flush=True)
    return found


def _run(group, out, virtual, watched):
    folder = Path(tempfile.mkdtemp(prefix="simulated-", dir=out))
    files = {str(contender.file(folder)): contender for contender in group}
    program, suite = ("tests.simulated.driver", OWN) if watched else ("bench", [str(SUITE)])
    command = [sys.executable, "-m", program, "run", "--framework", ",".join(files)]
    command += ["--preset", "smoke", "--time", TIME, "--suite", *suite]
    command += ["--out", str(folder / "out")]
    named = {"METALBENCH_LOCK": str(folder)} | ({"METALBENCH_SIMULATED": "1"} if virtual else {})
    done = subprocess.run(
        command, env={**os.environ, **named}, capture_output=True, text=True, check=False
    )
    (folder / "said.txt").write_text(done.stdout + done.stderr)
    (path,) = (folder / "out").glob("*/records.jsonl")
    return cells(records.read(path).records, files, path.with_name("report.md"))


def cells(lines, files, report):
    """What the records say, by contender and case."""
    found, claimed = defaultdict(Cell), defaultdict(list)
    for line in lines:
        contender = _of(getattr(line, "contender", None), files)
        case = getattr(line, "case", None)
        if contender is None:
            continue
        if isinstance(line, schema.Verified):
            _add(found[contender, case], line)
        elif isinstance(line, schema.Slice):
            claimed[contender, case].append(statistics.median(line.samples_s))
        elif isinstance(line, schema.Skipped | schema.Failed):
            word = "withdrawn" if getattr(line, "withdrawn", False) else type(line).__name__.lower()
            found[contender, case].said.append((word, line.reason, None))
    for key, values in claimed.items():
        found[key].claimed_s = statistics.median(values)
    _add_findings(found, files, report)
    return dict(found)


def _of(identity, files):
    name = (identity or "").split(".py")[0] + ".py"
    return next((c for path, c in files.items() if Path(path).name == Path(name).name), None)


def _add(cell, verified):
    ratios = []
    for check in verified.checks:
        ratio = None if check.error is None else check.error / max(check.limit or 0, 1e-300)
        if ratio is None or ratio > 1:
            word = "wrong" if check.about == "answer" else "untimed"
            cell.said.append((word, check.name, ratio))
        if ratio is not None and check.about == "answer":
            ratios.append(ratio)
    cell.ratios.append(max(ratios, default=0.0))


def _add_findings(found, files, report):
    """What no check says and the report does."""
    text = report.read_text() if report.exists() else ""
    for line in text.splitlines():
        word = next((word for word, sign in FINDINGS.items() if sign in line), None)
        for path, contender in files.items():
            if word and re.search(rf"\b{re.escape(Path(path).stem)}\b", line):
                for key, cell in found.items():
                    if key[0] == contender:
                        cell.said.append((word, line, None))


# --- which of them are lies -----------------------------------------------------------------


def kind(case):
    """The kind of work by the name of a case of the suite, and its optimizer."""
    name = case.split("/")[1]
    for word in ("sgd", "adam"):
        if name.endswith(word):
            return "train", word
    return {"square": "product", "learn": "learn"}.get(name, "forward"), None


def truth(contender, case, cell, honest):
    """`wrong` answer, work `elsewhere`, `quick` time, `close` (a lie whose time is right), `below`
    or `true`."""
    lie, (work, optimizer) = VARIANTS[contender.variant], kind(case)
    about = work in lie.wrong_in and lie.optimizer in (None, optimizer)
    if contender.variant == "waits_last" and _needs_the_last_alone(contender, work):
        return "true"
    if lie.elsewhere:
        return "elsewhere"
    if about:
        return "below" if lie.below else "wrong"
    if work not in lie.quick_in:
        return "true"
    true = honest.get((Contender(contender.profile, "honest", contender.step_s), case))
    if cell.claimed_s is None or true is None or true.claimed_s is None:
        return "quick"
    share = cell.claimed_s / true.claimed_s
    return "close" if share > CLOSE else "quick" if share < QUICK else "near"


def _needs_the_last_alone(contender, work):
    """A device does its work in order, so the last step's end is that of all; a lazy one only
    where each step needs the one before."""
    return not PROFILES[contender.profile].lazy or work == "train"
