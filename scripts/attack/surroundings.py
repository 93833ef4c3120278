"""Hostile surroundings: environment variables, the folder one is in, names of files."""

from __future__ import annotations

import random
from pathlib import Path

from scripts.attack import commands, runs
from scripts.attack.commands import Ended
from scripts.attack.counts import Asked, Attack, Counts

EVIL = "import pathlib; pathlib.Path({mark!r}).touch()\n"
MODULES = ("json", "numpy", "typer", "bench", "suites", "sitecustomize", "usercustomize", "random")

FOLDER = "{evil}"
"""Stands for a folder that holds these modules, each of which leaves a mark when it is run."""

VARIABLES: dict[str, tuple[str, ...]] = {
    "PYTHONPATH": (FOLDER,),
    "PYTHONHOME": (FOLDER, "/nonexistent"),
    "PYTHONSTARTUP": (f"{FOLDER}/json.py",),
    "PYTHONUSERBASE": (FOLDER,),
    "PYTHONPYCACHEPREFIX": ("/dev/null/x",),
    "PYTHONSAFEPATH": ("1",),
    "PYTHONWARNINGS": ("error", "nonsense"),
    "PYTHONIOENCODING": ("ascii", "utf-16"),
    "PYTHONUTF8": ("0",),
    "PYTHONOPTIMIZE": ("2",),
    "PYTHONINSPECT": ("1",),
    "PYTHONDEVMODE": ("1",),
    "PYTHONUNBUFFERED": ("1",),
    "PYTHONFAULTHANDLER": ("1",),
    "PYTHONMALLOC": ("debug",),
    "PYTHONINTMAXSTRDIGITS": ("640",),
    "VIRTUAL_ENV": (FOLDER, "/nonexistent"),
    "LD_LIBRARY_PATH": (FOLDER, "/nonexistent"),
    "LD_PRELOAD": ("/nonexistent.so",),
    "OMP_NUM_THREADS": ("-1", "0", "abc", "1,2,3", "999"),
    "OPENBLAS_NUM_THREADS": ("-1", "abc", "999"),
    "MKL_NUM_THREADS": ("abc",),
    "NUMEXPR_MAX_THREADS": ("abc", "0"),
    "METALBENCH_LOCK": ("/nonexistent/folder", "/dev/null", "", "~", "relative"),
    "METALBENCH_WORKER": ("1",),
    "METALBENCH_STRICT": ("1",),
    "HOME": ("/nonexistent", "", "/dev/null"),
    "TMPDIR": ("/nonexistent", "/dev/null"),
    "XDG_CACHE_HOME": ("/dev/null",),
    "MPLCONFIGDIR": ("/dev/null/x",),
    "MPLBACKEND": ("module://json", "nonsense"),
    "MATPLOTLIBRC": ("/dev/null/x",),
    "LANG": ("C", "xx_XX.nonsense"),
    "LC_ALL": ("C", "POSIX", "tr_TR.UTF-8"),
    "TZ": ("nonsense", ":/dev/null"),
    "TERM": ("", "dumb", "nonsense"),
    "COLUMNS": ("-1", "0", "1", "abc", "100000000"),
    "LINES": ("-1", "abc"),
    "FORCE_COLOR": ("1",),
    "NO_COLOR": ("1",),
    "UV_INDEX_URL": ("http://127.0.0.1:1/",),
    "SHELL": ("/nonexistent",),
    "CUDA_VISIBLE_DEVICES": ("abc", "-1"),
    "LOGNAME": ("", "../..", "a" * 5000),
    "_TYPER_COMPLETE_ARGS": ("run --",),
    "_METALBENCH_COMPLETE": ("bash_source", "zsh_complete"),
    "POLARS_MAX_THREADS": ("abc",),
    "PYARROW_IGNORE_TIMEZONE": ("x",),
    "ARROW_DEFAULT_MEMORY_POOL": ("nonsense",),
    "DISPLAY": ("nonsense",),
}

NAMES = (
    *("a b", "a'b", 'a"b', "a\nb", "a\tb", "-rf", "--help", "$(touch x)", "`id`", "a;b", "[bold]"),
    *("<img src=x onerror=alert(1)>", "](javascript:alert(1))", "\x1b[31mred", "\u202eevil"),
    *("\udcff\udcfe", "é" * 100, "🦄", "%s%n", "{{7*7}}", "a,b", "*", "?", "~", "~root", "con"),
)


def variables(asked: Asked) -> Counts:
    """Each of some eighty settings of the environment, then runs under several at once."""
    evil, mark = _evil(asked.folder)
    single = [(name, value) for name, values in VARIABLES.items() for value in values]
    draw, total = random.Random(asked.seed), Counts()
    for name, value in single[: asked.count(len(single))]:
        environment = {name: value.replace(FOLDER, str(evil))}
        # A setting that Python itself refuses ends it before any of our lines.
        ended = commands.run("list", cwd=evil, environment=environment)
        total.add(_counted(ended, environment, mark))
    for number in range(asked.count(60) // 10):
        chosen = draw.sample(sorted(VARIABLES), 8)
        environment = {n: draw.choice(VARIABLES[n]).replace(FOLDER, str(evil)) for n in chosen}
        out = asked.folder / f"out{number}"
        ended = commands.run(*runs.arguments(out), cwd=evil, environment=environment)
        total.add(_counted(ended, environment, mark))
        total.add(runs.kept(out, b"") if out.exists() else Counts())
    return total


def _evil(folder: Path) -> tuple[Path, Path]:
    """A folder whose modules leave a mark when they are run, and the mark."""
    evil, mark = folder / "evil", folder / "mark"
    for base in (evil, evil / "lib" / "python3.11" / "site-packages"):
        base.mkdir(parents=True)
        for name in MODULES:
            (base / f"{name}.py").write_text(EVIL.format(mark=str(mark)))
    return evil, mark


def _counted(ended: Ended, environment: dict[str, str], mark: Path) -> Counts:
    counts = ended.count(expected=(0, 1, 2))
    if mark.exists():
        mark.unlink()
        counts.escapes += 1
        counts.notes.append("a module of the folder or of a variable was run")
    if counts.bad():
        counts.notes.append(f"under {environment}"[:300])
    return counts


def file_names(asked: Asked) -> Counts:
    """Results, reports, suites and adapters in files with names that nobody would choose."""
    total = Counts()
    first = asked.folder / "first"
    total.add(commands.run(*runs.arguments(first)).count(expected=(0, 1)))
    (records,) = first.glob("*/records.jsonl")
    for name in NAMES[: asked.count(len(NAMES))]:
        total.add(_named(asked.folder / "named", name, records.read_bytes()))
    return total


def _named(folder: Path, name: str, said: bytes) -> Counts:
    """Everything that takes a path takes this one; what is written lies below it."""
    inside = folder / name
    (inside / "run").mkdir(parents=True)
    (inside / "run" / "records.jsonl").write_bytes(said)
    (folder / f"{name}.py").write_text("NAME = 1\n")
    words = f"./{name}"
    total = Counts()
    for command in (
        ("report", words, "--out", f"{words}/report"),
        ("compare", f"{words}/run", f"{words}/run", "--markdown", f"{words}/c.md"),
        ("doctor", "--machine", f"{words}.py"),
        ("run", "--framework", f"{words}.py", "--out", words, "--time", "5s"),
        ("run", "--suite", f"{words}.py", "--framework", "null", "--out", words, "--time", "5s"),
    ):
        ended = commands.run(*command, cwd=folder)
        counts = ended.count()
        if any(sign in ended.output for sign in ("\x1b[31m", "\u202e")):
            counts.escapes += 1
            counts.notes.append(f"a name's control characters reached the terminal: {command[0]}")
        total.add(counts)
    if not (inside / "report" / "report.html").exists():
        total.lost += 1
        total.notes.append(f"no report below {name!r}")
    return total


ATTACKS: dict[str, Attack] = {"variables": variables, "file-names": file_names}
