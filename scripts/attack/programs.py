"""Suite and adapter files that are broken, huge, nested, or fail in every way a file can."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.attack import forked
from scripts.attack.counts import Asked, Attack, Counts

SOURCES = {
    "empty": b"",
    "no name": b"x = 1\n",
    "zeros": b"\0" * 4096,
    "latin": b"NAME = '\xff'\n",
    "coding": b"# coding: nonsense\nNAME = 'x'\n",
    "utf-16": "NAME = 'x'\n".encode("utf-16"),
    "large": b"# " + b"x" * 2**21,
    "brackets": b"NAME = " + b"(" * 5000,
    "signs": b"NAME = " + b"-" * 100_000 + b"1",
    "sums": b"NAME = " + b"1+" * 50_000 + b"1",
    "calls": b"NAME = x" + b"()" * 50_000,
    "lambdas": b"NAME = " + b"lambda:" * 3000 + b"1",
    "digits": b"NAME = " + b"9" * 5000,
    "not text": b"NAME = 7\n",
    "long name": b"NAME = '" + b"x" * 5000 + b"'\n",
    "control": b"NAME = '\\x1b[31m'\n",
    "half a pair": b"NAME = '\\ud800'\n",
    "markup": b"NAME = '<script>'\n",
    "path": b"NAME = '../../x'\nENVIRONMENT = '../../x'\n",
    "environment": b"NAME = 'x'\nENVIRONMENT = 'x==1; id'\n",
    "itself": b"NAME = 'x'\nENVIRONMENT = './itself.py'\n",
    "numpy": b"NAME = 'numpy'\nENVIRONMENT = 'host'\nraise OSError('\x1b[31m')\n",
}
"""Files given as an adapter and as a suite."""

FAILURES = (
    *("raise ValueError('x' * 10**6)", "raise SystemExit(0)", "raise KeyboardInterrupt"),
    *("raise BaseException('no')", "raise GeneratorExit", "raise MemoryError", "1 / 0"),
    *("import nonesuch", "def f(): f()\nf()", "raise OSError(28, 'No space', 'x')"),
    "class E(Exception):\n    def __str__(self): raise self\n    __repr__ = __str__\nraise E",
    "class E(BaseException):\n    def __str__(self): raise self\n    __repr__ = __str__\nraise E",
    *("import sys\nsys.setrecursionlimit(50)", "import sys\nsys.stdout.close()"),
    *("import os\nos.chdir('/')", "import os\nos.environ.clear()", "import sys\nsys.argv.clear()"),
    "raise ExceptionGroup('\\x1b[31m', [ValueError('\\ud800')])",
)
"""Statements at the top of a suite or adapter, and in its functions."""

RESULTS = (
    *("None", "1", "'text'", "[1]", "[None]", "{}", "iter(())", "()", "[[]]", "print", "b''"),
    *("[f(name='')]", "[f(name='a/b')]", "[f(name='\\x1b[31m')]", "[f(name='x' * 5000)]"),
    *("[f(name='<b>')]", "[f(name='\\ud800')]", "[f(name=1)]", "[f(name=None)]", "[f(), f()]"),
    *("[f(suite='')]", "[f(suite='a/b')]", "[f(suite='matmul')]", "[f(suite='\\n')]"),
    *("[f(suite='=1+1')]", "[f(size=0)]", "[f(size=-1)]", "[f(size=2**62)]", "[f(size='1')]"),
    *("[f(size=1.5)]", "[f(size=None)]", "[f(size=10**400)]", "[f(x=1)]", "[type]", "[f]"),
    "(f(size=n) for n in range(1, 5))",
)
"""What a suite's function returns; `f` makes a small workload."""

SUITE = """
from suites.layers import Linear
from suites.workload import Forward

def f(size=4, **given):
    made = dict(suite="mine", name="forward", model=Linear(4, 2), input_shape=(size, 4))
    return Forward(**{**made, **given})

def cases(preset):
    return RESULT
"""

ADAPTER = """
NAME = "mine"
ENVIRONMENT = "host"
from frameworks.null.adapter import *
NAME = "mine"
"""
FUNCTIONS = ("devices", "start", "build", "wait", "to_numpy", "memory")


def programs(asked: Asked) -> Counts:
    """Suite and adapter files with broken syntax, nested expressions, and failures everywhere."""
    forked.warm()
    total, files = Counts(), list(_files())
    for option, name, source in files[: asked.count(len(files))]:
        path = asked.folder / f"{name}.py".replace(" ", "-")
        path.write_bytes(source)
        words = ["--framework", "null", "--suite", "matmul", option, f"./{path.name}"]
        words = ["run", *words, "--preset", "smoke", "--time", "5s", "--out", "out"]
        ended = forked.call(*words, cwd=asked.folder)
        counts = ended.count(expected=(0, 1, 2, 130))
        if "\x1b[31m" in ended.output:
            counts.escapes += 1
            counts.notes.append("a file's control characters reached the terminal")
        if counts.bad():
            counts.notes.append(f"{option} {name}: {source[:200]!r}")
        total.add(counts)
    return total


def _files() -> Iterator[tuple[str, str, bytes]]:
    """The option, a name for the file, and its text."""
    for option in ("--suite", "--framework"):
        for name, source in SOURCES.items():
            yield option, name, source
    for number, failure in enumerate(FAILURES):
        yield "--suite", f"top{number}", failure.encode()
        inside = failure.replace("\n", "\n    ")
        yield "--suite", f"cases{number}", f"def cases(preset):\n    {inside}\n".encode()
        yield "--framework", f"import{number}", (ADAPTER + failure).encode()
        function = FUNCTIONS[number % len(FUNCTIONS)]
        broken = f"{ADAPTER}\ndef {function}(*given, **named):\n    {inside}\n"
        yield "--framework", f"{function}{number}", broken.encode()
    for number, result in enumerate(RESULTS):
        yield "--suite", f"result{number}", SUITE.replace("RESULT", result).encode()


ATTACKS: dict[str, Attack] = {"programs": programs}
