"""Descriptions come from anybody: any valid one is examined, any other refused, none steers."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bench.commands import doctor
from bench.doctor import examine, show
from bench.doctor.finding import SEVERITIES
from bench.doctor.subject import Subject, pins
from bench.machine.description import MAX_BYTES, Description, NotADescription
from tests.helpers.ill_machines import M2

ESCAPE = "\x1b]0;owned\x07\x1b[31mred \u202eleft [bold]loud[/bold]"

# --- any valid description ------------------------------------------------------------------

versions = st.one_of(
    st.sampled_from(["2.2.2", "2.13.0+cpu", "2.15.0", "0.4.38", "0.1.1", "1.2.0", "1.0.0", "2.21"]),
    st.text(max_size=128),
)
names = st.one_of(
    st.sampled_from(["torch", "tf", "jax", "mlx", "numpy", "jax==0.4.38", "host"]),
    st.text(max_size=30),
)
known_packages = st.sampled_from(
    [
        *("torch", "tensorflow", "tensorflow-metal", "tensorflow-macos", "tensorflow-cpu"),
        *("jax", "jaxlib", "jax-mps", "jax-metal", "mlx", "mlx-cpu", "numpy", "python"),
    ]
)
words = st.text(max_size=40)
counts = st.integers(0, 2**62)
gpus = st.fixed_dictionaries(
    {"name": st.one_of(words, st.sampled_from(["Radeon RX 6900 XT", "Apple M1"]))},
    optional={
        "vendor": st.one_of(words, st.sampled_from(["AMD", "Apple", "Intel", "NVIDIA"])),
        "memory_bytes": counts,
        "kind": st.sampled_from(["built-in", "discrete", "external", "virtual"]),
        "unified_memory": st.booleans(),
        "lanes": counts,
        "metal": words,
    },
)
machines = st.fixed_dictionaries(
    {
        "label": words,
        "system": st.one_of(words, st.sampled_from(["Darwin", "Linux"])),
    },
    optional={
        "release": st.one_of(words, st.sampled_from(["13.7.8", "14.4", "26.1", "10.16", "6.8"])),
        "architecture": st.one_of(words, st.sampled_from(["arm64", "x86_64"])),
        "cpu": st.one_of(words, st.sampled_from(["Apple M1", "AMD Ryzen", "Intel Core"])),
        "cores_physical": counts,
        "cores_logical": counts,
        "gpus": st.lists(gpus, max_size=4),
        "translated": st.booleans(),
        "hypervisor": words,
        "hackintosh": st.sampled_from(["no evidence", "OpenCore present"]),
        "notes": st.lists(words, max_size=3),
    },
)
states = st.fixed_dictionaries(
    {},
    optional={
        "power": st.sampled_from(["mains", "battery"]),
        "low_power": st.booleans(),
        "thermal": words,
        "gpu_busy": st.floats(0, 1),
        "load": st.floats(0, 1e308),
    },
)
heavy = st.fixed_dictionaries(
    {"name": words, "count": counts, "cpu_share": st.floats(0, 1e308, allow_subnormal=False)}
)
descriptions = st.fixed_dictionaries(
    {
        "kind": st.just("machine"),
        "format": st.just(1),
        "machine": machines,
        "state": states,
        "python": versions,
        "python_architecture": words,
    },
    optional={
        "environments": st.dictionaries(
            names,
            st.dictionaries(known_packages, versions, max_size=6),
            max_size=5,
        ),
        "environment_states": st.dictionaries(
            names, st.one_of(words, st.sampled_from(["stale", "half-built", "absent"])), max_size=5
        ),
        "variables": st.dictionaries(
            st.one_of(words, st.sampled_from(["SYSTEM_VERSION_COMPAT", "OMP_NUM_THREADS"])),
            words,
            max_size=4,
        ),
        "disk_free_bytes": counts,
        "memory_free_bytes": counts,
        "heavy_processes": st.lists(heavy, max_size=4),
    },
)


def printed(subject: Subject, terminal: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, color_system=None, width=100)
    show.show(subject, examine(subject), console)
    return out.getvalue()


@settings(max_examples=150)
@given(descriptions)
def test_any_description_is_examined(told: dict[str, Any]) -> None:
    seen = msgspec.convert(told, Description)
    subject = Subject(seen, pins=pins(seen))
    for one in examine(subject):
        assert one.severity in SEVERITIES
        assert one.what
        assert one.why
        assert one.do
    for terminal in (False, True):
        text = printed(subject, terminal)
        assert all(character.isprintable() or character == "\n" for character in text)


# --- what may not steer ---------------------------------------------------------------------


def hostile() -> Subject:
    machine = {
        **M2,
        "label": ESCAPE,
        "release": ESCAPE,
        "hypervisor": ESCAPE,
        "gpus": [{"name": ESCAPE, "vendor": "AMD", "lanes": 4, "kind": "external"}] * 2,
        "notes": [ESCAPE],
    }
    told = {
        "kind": "machine",
        "format": 1,
        "machine": machine,
        "state": {"thermal": ESCAPE},
        "python": f"3.9{ESCAPE}",
        "python_architecture": "arm64",
        "environments": {
            "torch": {"torch": f"1.9{ESCAPE}"},
            "tf": {"tensorflow": f"2.21{ESCAPE}", "tensorflow-metal": f"1.2.0{ESCAPE}"},
            "x; rm -rf ~": {"jax-metal": "0.1.1"},
        },
        "environment_states": {f"`{ESCAPE}`": "half-built"},
        "variables": {"SYSTEM_VERSION_COMPAT": "1", f"$(touch x){ESCAPE}_NUM_THREADS": "1"},
        "heavy_processes": [{"name": ESCAPE, "count": 1, "cpu_share": 9.0}],
    }
    return Subject(msgspec.convert(told, Description))


@pytest.mark.parametrize("terminal", [False, True])
def test_no_text_steers_the_terminal_or_is_markup(terminal: bool) -> None:
    text = printed(hostile(), terminal)
    assert text.count("[bold]loud[/bold]") >= 5
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_no_command_to_copy_holds_a_command_of_another() -> None:
    commands = [
        found
        for one in examine(hostile())
        for found in re.findall(r"`([^`]*)`", one.do)
        if "touch" in found or "rm " in found
    ]
    assert not [found for found in commands if "'$(touch x)" not in found]


def test_texts_are_shown_as_far_as_they_tell_something() -> None:
    machine = {**M2, "hypervisor": "x" * 4000, "gpus": [{"name": "y" * 4000, "vendor": "Intel"}]}
    seen = msgspec.structs.replace(
        hostile().description,
        machine=msgspec.convert({**machine}, type(hostile().description.machine)),
    )
    assert max(len(one.what) for one in examine(Subject(seen))) < 600


# --- what is no description -----------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"junk",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"{" * (MAX_BYTES + 1),
        json.dumps({"kind": "machine", "format": 2}).encode(),
        json.dumps({"kind": "run", "format": 1}).encode(),
        json.dumps({"kind": "machine", "format": 1, "machine": 3}).encode(),
        json.dumps(
            {
                "kind": "machine",
                "format": 1,
                "machine": M2,
                "state": {"gpu_busy": 7},
                "python": "3",
                "python_architecture": "",
            }
        ).encode(),
    ],
    ids=[
        *("empty", "junk", "list", "null", "not UTF-8", "nested", "too long"),
        *("newer", "another kind", "no machine", "impossible state"),
    ],
)
def test_what_is_no_description_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "description.json"
    path.write_bytes(content)
    with pytest.raises(NotADescription, match=r"description\.json"):
        doctor.run(path, False, None, "", "smoke")
