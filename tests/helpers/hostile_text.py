"""A run every text of which is an attack: on pages, pictures, tables, other programs' parsers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from bench.schema import Failed, Gpu, Record, Run, Verified
from suites.workload import Workload
from tests.helpers import builders

ATTACKS: Mapping[str, str] = {
    "script": '<script>window.pwned=1</script>"><img src=x onerror="window.pwned=1">\'',
    "svg": "</text></title></style></svg></script><svg onload='window.pwned=1'>"
    "<a xlink:href='javascript:window.pwned=1'>x</a>",
    "entities": ']]> --><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;&#60;script&#62;&amp;',
    "lines": "a\r\nb\n\n# EOF\n::set-output name=x::y\n|---|---|\nX: y\x85\u2028\u2029z",
    "controls": "\x1b]8;;http://127.0.0.1:9\x07\x1b[2J\x00\x7f\u202e\u2066\u200f\ufeff\u061c\ufff9",
    "markdown": "`` ` ``` ~~~ | [x](javascript:window.pwned=1) ![x](http://127.0.0.1:9/x.png)"
    " <http://127.0.0.1:9> **b** @all #1 <!-- ",
    "formula": '=HYPERLINK("http://127.0.0.1:9","x")',
    "formulas": "\t=1+1;,\"'@SUM(1)\n-2+3\r+1|cmd!A0",
    "templates": r"{{7*7}}{% raw %}${7*7}$x^2$ $\frac$ %s %(a)s {0} \x41 \\" + "Z" + "\u0351" * 300,
    "long": "W" * 4000,  # a field takes 4096
    "empty": "",
    "blank": " \u00a0\u200b\u3164 ",
}

_STRUCTURE = frozenset(
    (
        *("kind", "phase", "precision", "device_kind", "definition_sha256", "arrays_sha256"),
        *("stopped_by", "peak_resident_of", "power", "traffic_bytes"),
    )
)
"""Fields whose words the schema itself gives; any other is refused when it is read."""

_FREE = ("settings", "versions", "build", "environment")
"""Objects whose keys may be any text too."""

_NAMES = ("contender", "case", "spec", "framework", "run")
"""Fields that must go on telling one thing from another."""


def run(folder: Path, attack: str, machine: int = 0) -> Path:
    """Records of two contenders, with the attack in every text that the schema lets be any; each
    machine is another by its memory."""
    models = builders.FIVE[1:3]
    lines = [_more(line, machine) for line in builders.run(models, rounds=6, special=_trouble)]
    numbers: dict[str, int] = {}
    spoilt = [
        msgspec.convert(_spoilt(msgspec.to_builtins(line), attack, numbers), type(line))
        for line in lines
    ]
    return builders.write(folder / f"run-{machine}" / "records.jsonl", spoilt)


def _trouble(model: builders.Model, workload: Workload) -> Record | None:
    """One cell fails, so that reasons are told too."""
    if (model.framework, workload.case) != ("tf", "matmul/square/64"):
        return None
    contender, case = model.id, workload.case
    return Failed(
        contender=contender, case=case, stage="x", reason="x", output_tail="x", signal="x"
    )


def _more(line: Record, number: int) -> Record:
    """The record with texts where a usual run on a CPU has none."""
    if isinstance(line, Run):
        machine = msgspec.structs.replace(
            line.machine,
            memory_bytes=(number + 1) * 2**33,
            model="x",
            hypervisor="x",
            gpus=(Gpu(name="x", driver="x"),),
            notes=("x",),
        )
        cases = tuple(
            msgspec.structs.replace(case, size_of="x", work_kind="x") for case in line.cases
        )
        return msgspec.structs.replace(
            line, run=f"run {number}", machine=machine, cases=cases, version="x"
        )
    if isinstance(line, Verified):
        return msgspec.structs.replace(line, warnings=("x",), reach="x")
    return line


def _spoilt(value: Any, attack: str, numbers: dict[str, int], field: str = "") -> Any:
    """The value with other texts; those that tell things apart still do."""
    if field in _STRUCTURE:
        return value
    if isinstance(value, dict):
        free = field in _FREE
        return {
            f"{attack}{key}" if free else key: _spoilt(
                each, attack, numbers, "any" if free else key
            )
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_spoilt(each, attack, numbers, field) for each in value]
    if not isinstance(value, str):
        return value
    if field in _NAMES:
        number = numbers.setdefault(f"{field} {value}", len(numbers))
        return f"{attack}{value[-1]}" if field == "run" else f"{attack}{number}"
    return attack
