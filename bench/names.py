"""What people read contenders and workloads called, in the terminal and in reports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import frameworks

_ADAPTER = re.compile(r"(?:.*/)?(?P<name>[^/]+)\.py(?P<pinned>(?:==[^/@]*)?(?:@[^/]*)?)")

_PLAIN_NAMES = ("square",)
"""Names of workloads that say no more than their suite."""
_TELLING = ("cnn", "vendor", "mnist")
"""Suites whose workloads' names say all without them."""
_CALLED = {
    ("hackintosh", "with_generation"): "dot + drawing",
    ("hackintosh", "product_only"): "dot product",
}
"""Those whose names a reader could not guess: inner products, of operands drawn in the step too."""


class Contender(NamedTuple):
    """What tells a contender from the others."""

    spec: str
    device: str
    """Its id, as in `cuda:0`."""
    kind: str
    """`cpu` or `gpu`."""


def contenders(run: Sequence[Contender]) -> list[str]:
    """`torch`; where devices differ, `torch (GPU)`; `nowait (GPU)` of an adapter's path."""
    short = specs(one.spec for one in run)
    where = _devices(run)
    return [
        f"{short[one.spec]} ({where[one.device]})" if len(where) > 1 else short[one.spec]
        for one in run
    ]


def specs(every: Iterable[str]) -> Mapping[str, str]:
    """Of an adapter file its name without path, where no other and no framework has that."""
    called = {spec: _without_path(spec) for spec in every}
    count = Counter(called.values())
    return {spec: name if count[name] == 1 else spec for spec, name in called.items()}


def on_device(spec: str, kind: str) -> str:
    """`torch (GPU)`, where others are of another machine."""
    return f"{_without_path(spec)} ({kind.upper()})"


def work(suite: str, name: str) -> str:
    """`matmul` of matmul's `square`, `small cnn train` of cnn's `small_cnn_train`."""
    told = _CALLED.get((suite, name))
    if told:
        return told
    words = [suite] * (suite not in _TELLING or not name)
    words += [name.replace("_", " ")] * (name not in _PLAIN_NAMES)
    return " ".join(filter(None, words)) or suite


def suite(name: str) -> str:
    """`dot` of `hackintosh`."""
    return "dot" if name == "hackintosh" else name


def _without_path(spec: str) -> str:
    found = _ADAPTER.fullmatch(spec)
    if not found or found["name"] in frameworks.NAMES:
        return spec
    return found["name"] + found["pinned"]


def _devices(run: Sequence[Contender]) -> Mapping[str, str]:
    """`GPU` of the only one, `cuda:1` of one of several."""
    kinds = {one.device: one.kind for one in run}
    count = Counter(kinds.values())
    return {device: kind.upper() if count[kind] == 1 else device for device, kind in kinds.items()}
