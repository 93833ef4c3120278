"""Random command lines: each must end in exit 0, 1, 2 or 130, with a sentence where it fails."""

from __future__ import annotations

import random
from pathlib import Path

import typer

from scripts.attack import forked
from scripts.attack.counts import Asked, Attack, Counts

LINES = 2000

STRANGE = (
    *("", " ", ",", ",,", "-", "--", "-1", "0", "1", "1e309", "nan", "inf", "-inf", "1%", "%"),
    *("99999999999999999999999999", "0x10", "1_000", "٣", "½", "1,5", "1:2:3", "5m", "1h1h"),
    *("\x1b[31mred\x1b[0m", "[bold]x[/bold]", "[/]", "{}", "%s%n", "$(id)", "`id`", "; id"),
    *("\u202eevil", "\udcff", "\ud7ff", "🦄" * 40, "a" * 4096, "a," * 2000, "\n", "\t", "\r"),
    *("torch@", "@compile", "==", "torch==", "torch==..", "jax==1 ; id", "jax:metal", "jax:", ":"),
    *("numpy@eager@eager", "numpy==1==2", "null==1", "numpy/cpu", "numpy\\cpu", "null,null"),
    *("../..", "./absent.py", ".py", "/dev/null", "/dev/full", "/proc/self/mem", "~", "~/x.py"),
    *("folder", "file.txt", "file.txt/x", "con", "./", "NUL", "*", "?", "a" * 300, "é" * 200),
    *("slower:3%", "slower:", "slower:-1%", "wrong", "cuda:0", "cuda:99", "cuda:-1", "mps", "gpu"),
    *("case", "machines", "float32", "float16,float16", "float8", "1K", "1Z", "-1G", "1e400G"),
    *("torch", "jax", "mlp", "matmul", "smoke", "full", "list", "report", "run", "--help"),
)
"""Words for any place in a command line."""

SANE = {
    "framework": ("null", "null,null", "./adapter.py"),
    "suite": ("matmul", *("./suite.py",) * 3),
    "preset": ("smoke",),
    "time": ("5s",),
    "device": ("cpu", "all"),
    "out": ("out", "out/deep/er", "file.txt", "file.txt/x", "out/\udcff", "~x", "a" * 300),
}
"""By option of `run`, what is asked for unless a strange word takes its place: small runs."""

OFTEN = ("run",) * 6 + ("compare",) * 4 + ("report", "doctor") * 2
"""Drawn beside every command once: those with most options."""

HARMFUL = ("build", "remove")
"""Words that `env` never gets: they would change the environments of this checkout."""


def command_lines(asked: Asked) -> Counts:
    """Random words in every place of every command, in a folder with hostile file names."""
    forked.warm()
    _furnish(asked.folder)
    draw, total = random.Random(asked.seed), Counts()
    for _ in range(asked.count(LINES)):
        arguments = _line(draw)
        ended = forked.call(*arguments, cwd=asked.folder)
        total.add(ended.count(expected=(0, 1, 2, 130)))
    return total


def _line(draw: random.Random) -> list[str]:
    """A command with some of its options and arguments, each sane or strange."""
    from bench.__main__ import app

    group = typer.main.get_command(app)
    if draw.random() < 0.05:
        return [_strange(draw) for _ in range(draw.randint(0, 5))]
    name = draw.choice([*sorted(group.commands), *OFTEN])  # type: ignore[attr-defined]
    words = [name]
    for option in group.commands[name].params:  # type: ignore[attr-defined]
        words += _option(draw, name, option)
    if draw.random() < 0.2:
        words.insert(draw.randint(1, len(words)), _strange(draw))
    words = [_passable(word) for word in words]
    return [word for word in words if word not in HARMFUL] if name == "env" else words


def _option(draw: random.Random, command: str, option) -> list[str]:
    sane = SANE.get(option.name or "", ()) if command == "run" else ()
    if option.param_type_name == "argument":
        return [_value(draw, sane) for _ in range(draw.randint(0, 2))]
    if getattr(option, "is_flag", False):
        return [draw.choice(option.opts)] if draw.random() < 0.15 else []
    if not sane and draw.random() < 0.75:
        return []
    return [draw.choice(option.opts), _value(draw, sane)]


def _value(draw: random.Random, sane: tuple[str, ...]) -> str:
    """Mostly sane where there is something sane, so that deeper code is reached as well."""
    return draw.choice(sane) if sane and draw.random() < 0.85 else _strange(draw)


def _strange(draw: random.Random) -> str:
    word = draw.choice(STRANGE)
    if draw.random() < 0.1:
        word += draw.choice(STRANGE)
    if draw.random() < 0.05:
        word = "".join(chr(draw.randint(1, 0x2FFF)) for _ in range(draw.randint(1, 30)))
    return word


def _passable(word: str) -> str:
    """Without what no system passes to a program: a NUL, or a lone surrogate that is no byte."""
    word = word.replace("\0", "")
    return word.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")[:50000]


def _furnish(folder: Path) -> None:
    """Files that the words above name, and some with names that nobody would choose."""
    (folder / "folder").mkdir()
    (folder / "file.txt").write_text("text\n")
    (folder / "records.jsonl").write_text('{"kind":"run"}\n')
    (folder / "adapter.py").write_text('NAME = "mine"\nENVIRONMENT = "host"\nraise OSError("no")\n')
    (folder / "suite.py").write_text("def cases(preset):\n    return ()\n")
    for name in ("-rf", "a\nb.jsonl", "\x1b[31m.jsonl", "<img src=x>.jsonl", "[bold].py"):
        (folder / name).write_text("{}\n")


ATTACKS: dict[str, Attack] = {"command-lines": command_lines}
