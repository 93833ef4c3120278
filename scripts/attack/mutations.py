"""Files of records made worse in bytes and in meaning: at random, the same for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

TEXTS = (
    *(
        "",
        " ",
        "-",
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\uff1d1",
        " =1",
        "a\rb",
        "a\r\nb",
    ),
    *('=HYPERLINK("http://x.example";"y")', "a,b\n=1", 'a"\n=1', "|cmd' /C x'!A0", "-2+3", "nan"),
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</svg><svg onload=alert(1)>"),
    *(
        "</title></style></details><blink>",
        "[x](javascript:alert(1))",
        "![x](http://x.example/y.png)",
    ),
    *(
        "`a` **b** |c| ~~d~~ $e^f$ \\",
        "{{7*7}} {% raw %}",
        "www.x.example a@b.example",
        "# a",
        "1. a",
    ),
    *(
        "\u202egpj.exe\u2066",
        "\x1b[31m\x07\x00",
        "\u2028\u2029\x85\x0b\x0c",
        "\ufeff",
        "e\u0301" * 50,
    ),
    *(
        "\U0001f468\u200d\U0001f469",
        "\ud800",
        "x" * 4096,
        "\n" * 50,
        "a b" * 200,
        "..",
        "../../x",
        "~",
    ),
    *("null", "cpu", "gpu", "torch/cpu/float32", "torch==2.13.0@compile", "%s%n{0}", "0" * 400),
)
NUMBERS = (
    *(0, 1, -1, 2, 7, 63, 2**31, 2**53, 2**62, 2**63, 2**64, -(2**63), 10**400),
    *(0.5, -0.0, 1e-12, 1e-13, 5e-324, 1e-300, 1e9, 1.1e9, 1e15, 1e300, 1e308, -1e-3),
)
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [None], [[]], {"a": 1}, [1e-3] * 3, ["x"])
TOKENS = (
    b"NaN",
    b"1e999",
    b"-Infinity",
    b"[" * 3000,
    b"{}",
    b'"',
    b"\xff\xfe",
    b"\x00",
    b"\r",
    b"",
)

Lines = list[bytes]


def mutated(lines: Lines, dice: random.Random) -> Lines:
    """The lines, changed in one to six ways."""
    lines = list(lines)
    for _ in range(dice.randint(1, 6)):
        if lines:
            dice.choice(_WAYS)(lines, dice)
    return lines


def _value(lines: Lines, dice: random.Random) -> None:
    """Another value in one place of one line."""
    at = dice.randrange(len(lines))
    _rewrite(
        lines, at, dice, lambda parent, key: parent.__setitem__(key, _hostile(parent[key], dice))
    )


def _head(lines: Lines, dice: random.Random) -> None:
    """Another value in the first line, which says what all others are."""
    _rewrite(
        lines, 0, dice, lambda parent, key: parent.__setitem__(key, _hostile(parent[key], dice))
    )


def _without(lines: Lines, dice: random.Random) -> None:
    _rewrite(lines, dice.randrange(len(lines)), dice, lambda parent, key: parent.__delitem__(key))


def _throughout(lines: Lines, dice: random.Random) -> None:
    """One text replaced wherever it stands, so that records still refer to each other."""
    found = sorted({text for line in lines[:6] for text in _texts(_decoded(line))})
    if found:
        old = json.dumps(dice.choice(found)).encode()
        new = json.dumps(dice.choice(TEXTS)).encode()
        lines[:] = [line.replace(old, new) for line in lines]


def _scaled(lines: Lines, dice: random.Random) -> None:
    """All samples of some contender or case many times as long, or as short."""
    factor, part = dice.choice((0.0, 1e-9, 1e-3, 1e3, 1e9, 1e12)), dice.choice(lines)[:70]
    for at, line in enumerate(lines):
        record = _decoded(line) if line[:70] == part else {}
        if isinstance(samples := record.get("samples_s"), list):
            numbers = [each for each in samples if isinstance(each, int | float)]
            record["samples_s"] = [float(each) * factor for each in numbers if abs(each) < 1e300]
            lines[at] = json.dumps(record).encode()


def _rounds(lines: Lines, dice: random.Random) -> None:
    """Rounds of one contender renumbered, so that pairs have few in common."""
    shift, part = dice.choice((1, 3, 100, 2**31)), dice.choice(lines)[:50]
    for at, line in enumerate(lines):
        record = _decoded(line) if line[:50] == part else {}
        if isinstance(record.get("round"), int):
            lines[at] = json.dumps(record | {"round": record["round"] + shift}).encode()


def _bytes(lines: Lines, dice: random.Random) -> None:
    at = dice.randrange(len(lines))
    line = bytearray(lines[at])
    for _ in range(dice.randint(1, 4)):
        if line:
            line[dice.randrange(len(line))] = dice.randrange(256)
    lines[at] = bytes(line)


def _token(lines: Lines, dice: random.Random) -> None:
    at = dice.randrange(len(lines))
    cut = dice.randint(0, len(lines[at]))
    lines[at] = lines[at][:cut] + dice.choice(TOKENS) + lines[at][cut + dice.randint(0, 9) :]


def _dropped(lines: Lines, dice: random.Random) -> None:
    at = dice.randrange(len(lines))
    del lines[at : at + dice.choice((1, 1, 2, 10, 1000))]


def _repeated(lines: Lines, dice: random.Random) -> None:
    at = dice.randrange(len(lines))
    lines[at:at] = lines[at : at + dice.choice((1, 2, 20))]


def _swapped(lines: Lines, dice: random.Random) -> None:
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


_WAYS: tuple[Callable[[Lines, random.Random], None], ...] = (
    *(_value, _value, _value, _head, _head, _without, _throughout, _throughout, _scaled, _rounds),
    *(_bytes, _token, _dropped, _repeated, _swapped),
)


def _hostile(value: Any, dice: random.Random) -> Any:
    """Mostly of the same type, since another is refused at the door."""
    if dice.random() < 0.15:
        return dice.choice(OTHERS)
    if isinstance(value, str):
        return dice.choice(TEXTS)
    return dice.choice(NUMBERS)


def _rewrite(
    lines: Lines, at: int, dice: random.Random, change: Callable[[Any, Any], None]
) -> None:
    record = _decoded(lines[at])
    places = list(_places(record))
    if places:
        change(*dice.choice(places))
        lines[at] = json.dumps(record).encode()


def _decoded(line: bytes) -> Any:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Everything inside, as the object or list that holds it and the key there."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _texts(value: Any) -> Iterator[str]:
    for parent, key in _places(value):
        if isinstance(parent[key], str):
            yield parent[key]
