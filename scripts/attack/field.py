"""Machines as public reports give them, mutated: as commands' text, as files, and as pasted text.

Each is read, examined and shown. Nothing may raise, and none of the personal details that stand in
the inputs, or are planted under keys that are asked for and others, may be shown.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console

from bench import machine
from bench.doctor import examine, show
from bench.doctor.subject import Subject, pins
from bench.machine import description, pasted, state
from bench.machine.description import FORMAT, Description, NotADescription
from scripts.attack.commands import CHECKOUT
from scripts.attack.counts import Asked, Attack, Counts
from scripts.attack.damage import damaged

EACH = 10_000
"""Mutations of one input."""
DATA = CHECKOUT / "tests" / "data"

DEVICES = (
    *("C02ZK0ABLVDQ", "D5XQV1FMFJ", "1322621071234", "marys-macbook-pro.local", "/Users/mary"),
    *("E465E3CB-0162-5E0E-9CEA-FED57C72BE74", "00008112-000251423E78201E", "mary@example.org"),
    *("GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "a4:83:e7:12:34:56", "fd626d62", "/home/mary"),
)
"""Of one computer or person, in a form that no product's name has."""
PEOPLE = ("Mary Smith", "Marys-Mac", "Marys-iMac", "deep-thought", "marys-secret", "mary/secret")
"""Names that a product could have: in pasted text nobody knows which is one."""
KEYS = (
    *("Chipset Model", "CPU", "GPU", "Chip", "Host", "hw.model", "machdep.cpu.brand_string"),
    *("Model Identifier", "Processor Name", "ProductVersion", "Memory", "Model name", "Vendor"),
    *("Serial Number (system)", "User Name", "torch", "python", "GPU 0", "Driver Version", "OS"),
    *("model", "sppci_model", "chip_type", "hw.perflevel0.name", "Metal device set to", "Bus"),
)


@dataclass(frozen=True)
class Input:
    """One machine, and how what was made of it is read."""

    name: str
    texts: dict[str, str]
    """By the name of what said them; of a file or a pasted text one."""
    read: Callable[[dict[str, str], Path], Description]
    secrets: tuple[str, ...]


def field(asked: Asked) -> Counts:
    """Mutated machines of public reports, read in every way, examined and shown."""
    total = Counts()
    for one in inputs():
        draw = random.Random(f"{asked.seed} {one.name}")
        for _ in range(asked.count(EACH)):
            total.add(seen(one, _mutated(draw, one), asked.folder / "machine.json"))
    return total


def inputs() -> list[Input]:
    """Every machine of the tests' data, captures also as one text that somebody pasted."""
    sensors = (DATA / "machine" / "ioreg-amd-and-intel.txt").read_text()
    told = {"python": "system: Darwin\nmachine: x86_64\nload: 0.50\n", "accelerators": sensors}
    found = [Input("sensors", told, _captured, DEVICES)]
    for folder in sorted(path for path in (DATA / "field").iterdir() if path.name != _FILES):
        texts = {path.stem: path.read_text() for path in sorted(folder.iterdir())}
        found.append(Input(folder.name, texts, _captured, DEVICES))
        joined = {"text": "\n".join(texts.values())}
        found.append(Input(f"{folder.name} pasted", joined, _pasted, DEVICES + PEOPLE))
    files = sorted([*(DATA / "field" / _FILES).iterdir(), *(DATA / _FILES).iterdir()])
    issues = sorted((DATA / "pasted").iterdir())
    return [
        *found,
        *(Input(path.stem, {"text": path.read_text()}, _file, ()) for path in files),
        *(
            Input(path.name, {"text": path.read_text()}, _pasted, DEVICES + PEOPLE)
            for path in issues
        ),
    ]


_FILES = "descriptions"


def _captured(texts: dict[str, str], _: Path) -> Description:
    found = machine.parse(texts)
    return Description(
        format=FORMAT,
        machine=found,
        state=state.parse(texts),
        python="3.11.9",
        python_architecture=found.architecture or "",
    )


def _pasted(texts: dict[str, str], _: Path) -> Description:
    return pasted.read(texts["text"])


def _file(texts: dict[str, str], path: Path) -> Description:
    path.write_text(texts["text"], encoding="utf-8", errors="replace")
    return description.read(path)


def _mutated(draw: random.Random, one: Input) -> dict[str, str]:
    """The texts with faults in one of them, and often a secret planted."""
    texts = dict(one.texts)
    name = draw.choice(sorted(texts))
    told = damaged(draw, texts[name].encode()).decode("utf-8", "replace")
    for _ in range(draw.choice((0, 1, 3)) if one.secrets else 0):
        told = _planted(draw, told, one.secrets)
    return {**texts, name: told}


def _planted(draw: random.Random, text: str, secrets: tuple[str, ...]) -> str:
    key, secret = draw.choice(KEYS), draw.choice(secrets)
    forms = (f"{key}: {secret}", f'"{key}" : "{secret}",', f'"{key}" = "{secret}"', secret)
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    planted = draw.choice(forms)
    lines[at] = planted if draw.random() < 0.5 else f"{lines[at]} {secret}"
    lines.insert(at, planted)
    return "\n".join(lines)


def seen(one: Input, texts: dict[str, str], path: Path) -> Counts:
    """What came of one mutation: an exception, or a secret or a control character shown."""
    counts = Counts(inputs=1)
    try:
        found = one.read(texts, path)
        shown = _shown(found)
        # As a record of it would be read again.
        told = msgspec.json.encode(found)
        msgspec.json.decode(told, type=Description)
    except NotADescription as refused:
        shown, told = str(refused), b""
    except Exception as error:  # noqa: BLE001 - any at all is a fault: reading never raises
        counts.tracebacks = 1
        counts.notes.append(f"{one.name}: {type(error).__name__}: {error}"[:300])
        return counts
    everything = f"{shown}\n{told.decode()}".casefold()
    leaked = [secret for secret in one.secrets if secret.casefold() in everything]
    steering = [c for c in shown if not (c.isprintable() or c == "\n")]
    if leaked or steering:
        counts.escapes = 1
        counts.notes.append(f"{one.name} shows {(leaked or steering)[0]!r}")
    return counts


def _shown(found: Description) -> str:
    out = io.StringIO()
    subject = Subject(found, pins=_pins(found))
    show.show(subject, examine(subject), Console(file=out, width=100))
    return out.getvalue()


def _pins(found: Description) -> dict[str, Mapping[str, str]]:
    return {} if found.environments else pins(found)


ATTACKS: dict[str, Attack] = {"field": field}
