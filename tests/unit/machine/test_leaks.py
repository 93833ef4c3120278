"""No serial number, UUID or name of a person or host comes through, however captures are damaged.

`METALBENCH_EXAMPLES=300` tries fewer damaged captures than the usual number, in all.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import machine
from bench.machine import captures, state
from bench.schema import State
from tests.helpers import made_machines as made
from tests.unit.machine.test_captured import CAPTURED, capture

EXAMPLES = int(os.environ.get("METALBENCH_EXAMPLES", "10000"))

SECRETS = (
    "C02ZK0ABLVDQ",
    "D5XQV1FMFJ",
    "FVFXQABJKLMN",
    "HXQWRTPLKMNB",
    "1322621071234",
    "S512345X8901234",
    "E465E3CB-0162-5E0E-9CEA-FED57C72BE74",
    "e465e3cb-0162-5e0e-9cea-fed57c72be74",
    "00008112-000251423E78201E",
    "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6",
    "marys-macbook-pro.local",
    "Mary's MacBook Pro",
    "mary@example.org",
    "a4:83:e7:12:34:56",
    "/Users/mary",
)
KEYS = (
    *("serial_number", "platform_UUID", "provisioning_UDID", "Serial Number (system)", "gpu_uuid"),
    *("_spdisplays_display-serial-number", "IOPlatformSerialNumber", "Hardware UUID", "hostname"),
    *("Computer Name", "kern.hostname", "User Name", "product_serial", "product_uuid", "zyxw", "q"),
    *("card0/device/serial_number", "card1/device/unique_id", "BAT0/serial_number", "machine_name"),
)

MACHINES: dict[str, dict[str, str]] = made.ALL | {
    name: {"python": "system: Darwin", "system_profiler": capture(name)} for name in CAPTURED
}


def told(found: dict[str, str]) -> str:
    """All that a record would hold of these captures; refuses what no record may hold."""
    encoded = msgspec.json.encode(machine.parse(found))
    msgspec.json.decode(encoded, type=machine.Machine)
    now = state.parse(found)
    msgspec.convert({**now, "kind": "state", "case": "", "phase": "before", "at_s": 0.0}, State)
    return (encoded + msgspec.json.encode(now)).decode()


def leaked(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret.lower() in text.lower()]


def test_a_leak_is_found() -> None:
    assert leaked('{"model": "c02zk0ablvdq"}') == ["C02ZK0ABLVDQ"]
    assert "16 GiB" in told(made.MACBOOK_PRO_2019)


@pytest.mark.parametrize("name", MACHINES)
def test_what_is_not_asked_for_changes_nothing(name: str) -> None:
    found = MACHINES[name]
    planted = {source: everywhere(text) for source, text in found.items()}
    for source in {"nvidia", "acpi"} & set(found):  # without keys
        planted[source] = found[source]
    assert planted != found
    assert told(planted) == told(found)


@pytest.mark.parametrize("secret", SECRETS)
def test_no_value_is_kept_only_because_its_key_was_asked_for(secret: str) -> None:
    for name, found in MACHINES.items():
        for source, text in found.items():
            for number, line in enumerate(text.splitlines()):
                for marked in values(line, secret):
                    lines = text.splitlines()
                    lines[number] = marked
                    damaged = found | {source: "\n".join(lines)}
                    assert not leaked(told(damaged)), (name, source, marked)


def values(line: str, secret: str) -> list[str]:
    """The line with the secret for its value, and after it."""
    key, colon, value = line.partition(":")
    quoted = json.dumps(secret)
    if '"' in value:
        end = "," if value.endswith(",") else ""
        longer = json.dumps(f"{value.strip(' ,').strip(chr(34))} {secret}")
        return [f"{key}: {quoted}{end}", f"{key}: {longer}{end}"]
    if colon:
        return [f"{key}: {secret}", f"{line} {secret}", f"{line}{secret}"]
    parts = line.split(", ")
    return [", ".join([*parts[:at], secret, *parts[at + 1 :]]) for at in range(len(parts))]


def everywhere(text: str) -> str:
    """The capture with every secret under every key that nobody asks for."""
    planted = [(key, secret) for key in KEYS for secret in SECRETS]
    if text.lstrip().startswith("{"):
        return json.dumps(in_objects(json.loads(text), planted))
    lines = [f"      {key}: {secret}" for key, secret in planted]
    return "\n".join([*lines, text, *lines])


def in_objects(value: Any, planted: list[tuple[str, str]]) -> Any:
    if isinstance(value, list):
        return [in_objects(one, planted) for one in value]
    if isinstance(value, dict):
        return {key: in_objects(one, planted) for key, one in value.items()} | dict(planted)
    return value


# --- damage ---------------------------------------------------------------------------------

Damage = Callable[[str, random.Random], str]


def span(text: str, chance: random.Random) -> tuple[int, int]:
    begin = chance.randrange(len(text) + 1)
    return begin, min(len(text), begin + chance.choice((1, 2, 8, 40, 400)))


def delete(text: str, chance: random.Random) -> str:
    begin, end = span(text, chance)
    return text[:begin] + text[end:]


def duplicate(text: str, chance: random.Random) -> str:
    begin, end = span(text, chance)
    return text[:end] + text[begin:end] + text[end:]


def truncate(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def flip(text: str, chance: random.Random) -> str:
    characters = list(text)
    for _ in range(chance.choice((1, 3, 20))):
        if characters:
            new = chance.choice('{}[]",:=\n\t \\0129aZ\x00\x1b\u202e\ud7ffé')
            characters[chance.randrange(len(characters))] = new
    return "".join(characters)


def swap(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def plant(text: str, chance: random.Random) -> str:
    """A secret under a key of its own, in either form, at the end of a line."""
    key = chance.choice((*KEYS, "".join(chance.choices("abcdefgh_-. ", k=7))))
    secret = chance.choice(SECRETS)
    forms = (f"\n{key}: {secret}\n", f'\n"{key}" : "{secret}",\n', f'\n"{key}" = "{secret}"\n')
    lines = text.split("\n")
    place = chance.randrange(len(lines))
    lines[place] += chance.choice(forms)
    return "\n".join(lines)


DAMAGES: tuple[Damage, ...] = (delete, duplicate, truncate, flip, swap, plant, plant)


# A test for each machine, so that several processes share them.
@pytest.mark.parametrize("name", sorted(MACHINES))
@settings(max_examples=-(-EXAMPLES // len(MACHINES)))
@given(
    damages=st.lists(st.sampled_from(DAMAGES), min_size=1, max_size=12),
    chance=st.randoms(use_true_random=False),
)
def test_damaged_captures_leak_nothing_and_break_nothing(
    name: str, damages: list[Damage], chance: random.Random
) -> None:
    found = dict(MACHINES[name])
    for damage in damages:
        source = chance.choice(sorted(found))
        found[source] = damage(found[source], chance)
    if chance.random() < 0.9:  # so that a reader is chosen
        found["python"] = MACHINES[name]["python"]
    assert not leaked(told(found))


@settings(max_examples=max(50, EXAMPLES // 20))
@given(
    system=st.sampled_from(["Darwin", "Linux", "?"]),
    texts=st.dictionaries(
        st.sampled_from(sorted({name for one in MACHINES.values() for name in one} - {"python"})),
        st.text(max_size=200),
    ),
)
def test_any_text_at_all_is_a_description(system: str, texts: dict[str, str]) -> None:
    told({"python": f"system: {system}", **texts})


def test_deep_nesting_and_endless_lines_are_bounded() -> None:
    for text in ("[" * 200_000, '{"a":' * 100_000, '"' * 200_000, "{" + "," * 200_000, "a" * 10**6):
        for source in ("system_profiler", "lscpu", "rocm-smi", "sysctl", "nvidia", "ioreg"):
            for system in ("Darwin", "Linux"):
                told({"python": f"system: {system}", source: text})


def test_nothing_is_read_that_is_known_to_name_a_machine() -> None:
    named = str((captures._MACHINE, captures._STATE, captures._MACHINE_FILES, captures.SYSCTLS))
    for word in ("serial", "uuid", "hostname", "unique_id", "platformexpert", "asset"):
        assert word not in named.lower()
