"""Versions of packages in a pasted text: lists of pip, uv and conda, and what frameworks print."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bench.machine.pasted.lines import columns
from frameworks import FRAMEWORKS

_NAMES = (
    r"(?:torch(?:vision|audio)?|pytorch|triton|tensorflow(?:[-_](?:macos|metal|cpu))?|(?:tf[-_])?keras"
    r"|jax(?:lib|[-_](?:metal|mps|cuda1[0-9][-_](?:plugin|pjrt)))?|mlx(?:[-_](?:metal|cpu|cuda(?:[-_]1"
    r"[0-9])?))?|numpy|scipy|nvidia[-_](?:cudnn|cublas|cuda[-_]runtime|nccl)[-_]cu1[0-9])"
)
_VERSION = (
    r"v?([0-9]{1,4}(?:\.[0-9]{1,4}){1,3}(?:(?:a|b|rc)[0-9]{1,3})?(?:\.(?:post|dev)[0-9]{1,8})?"
    r"(?:\+(?:cpu|cu[0-9]{2,3}|rocm[0-9.]{1,8}|git[0-9a-f]{7,12}))?)(?![\w.]*[\w])"
)
_PINNED = re.compile(rf"(?<![\w.-])({_NAMES})\s?==\s?{_VERSION}", re.IGNORECASE)
_LISTED = re.compile(
    rf"^\s*(?:\[(?:pip3?|conda)\]\s+)?({_NAMES})(?:\s*:\s+|\s+|-){_VERSION}", re.IGNORECASE
)
_TOLD = re.compile(
    rf"\b({_NAMES})\s+version\s*(?:\([^)]{{0,60}}\))?\s*[:=]?\s*{_VERSION}", re.IGNORECASE
)
_ENVIRONMENT = re.compile(
    rf"(?:{'|'.join(FRAMEWORKS)})(?:-metal)?(?:==[0-9]{{1,4}}(?:\.[0-9]{{1,4}}){{0,3}})?"
)
_SHOWN = re.compile(rf"^\s*Name:\s*({_NAMES})\s*$", re.IGNORECASE)
_ITS_VERSION = re.compile(rf"^\s*Version:\s*{_VERSION}", re.IGNORECASE)
_PYTHON = re.compile(
    r"(?:^|\s|\[)python(?:\s+version|_version)?\s*(?:[:=]|\s)\s*v?([23]\.[0-9]{1,2}(?:\.[0-9]{1,2})?)"
    r"(?![\w.]*[\w])",
    re.IGNORECASE,
)


def python(lines: list[str]) -> str:
    """The version of Python; empty where no line tells it."""
    return next((found[1] for line in lines if (found := _PYTHON.search(line))), "")


def environments(lines: list[str]) -> dict[str, dict[str, str]]:
    """By framework what its environment would hold: its own packages, NumPy, and Python."""
    found: dict[str, str] = {}
    for name, version in _found(lines):
        found.setdefault(name, version)
    shared = {name: version for name, version in found.items() if name in ("numpy", "scipy")}
    own_python = python(lines)
    shared |= {"python": own_python} if own_python else {}
    return {
        row.name: {**own, **shared}
        for row in FRAMEWORKS.values()
        if (own := {name: found[name] for name in found if _belongs(name, row.name)})
    }


def only_known(told: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Of environments of any names and packages those of frameworks, with what is a version."""
    named = {name: held for name, held in told.items() if _ENVIRONMENT.fullmatch(name)}
    return {
        name: {
            package: version
            for package, version in held.items()
            if (package == "python" or re.fullmatch(_NAMES, package))
            and re.fullmatch(_VERSION, version)
        }
        for name, held in named.items()
    }


def variables(lines: list[str]) -> dict[str, str]:
    """Settings that stand in a line of their own."""
    found = (re.fullmatch(r"\s*(?:export )?([A-Z0-9_]{4,40})=(\S{0,40})", line) for line in lines)
    return {one[1]: one[2] for one in found if one}


def _belongs(name: str, framework: str) -> bool:
    beginnings = {
        "torch": ("torch", "triton", "nvidia-"),
        "tf": ("tensorflow", "keras", "tf-keras"),
        "jax": ("jax",),
        "mlx": ("mlx",),
        "numpy": ("numpy",),
    }
    return name.startswith(beginnings.get(framework, (framework,)))


def _found(lines: list[str]) -> Iterator[tuple[str, str]]:
    shown = None
    for raw in lines:
        line = columns(raw)
        version = _ITS_VERSION.match(line)
        if shown and version:
            yield shown, version[1]
        named = _SHOWN.match(line)
        shown = _normal(named[1]) if named else None if version else shown
        pinned = [*_PINNED.finditer(line)]
        for match in pinned or filter(None, (_LISTED.match(line),)):
            yield _normal(match[1]), match[2]
        told = _TOLD.search(line)
        if told:
            yield _normal(told[1]), told[2]


def _normal(name: str) -> str:
    bare = name.lower().replace("_", "-")
    return "torch" if bare == "pytorch" else bare
