"""A machine's description from text as people paste it in issues: bounded, and nobody named.

What commands printed is found line by line and read by the same readers as on the machine itself.
Of names only those of products are kept, of packages only frameworks' and their companions'.
"""

from __future__ import annotations

import json
import re

import msgspec

from bench.machine import labelled, parse, parsing, state, survey
from bench.machine.description import FORMAT, Description, NotADescription
from bench.machine.pasted import captured, lines, packages, products

MAX_BYTES = 2**20
"""A longer text is refused unread."""

EXPECTED = (
    "Expected what commands printed, such as system_profiler, sysctl, sw_vers, pip list, nvidia-"
    "smi or python -m torch.utils.collect_env."
)


def read(text: str) -> Description:
    """What the text tells. Raises NotADescription where that is nothing."""
    if len(text) > MAX_BYTES:
        raise NotADescription(f"the text is longer than {MAX_BYTES} characters. {EXPECTED}")
    text = lines.clean(text)
    found = _described(text) or _read(text)
    if not (found.machine.cpu or found.machine.gpus or found.machine.release or found.environments):
        raise NotADescription(
            f"nothing in the text tells what machine it is. {EXPECTED} "
            f"Received: {len(text.splitlines())} lines."
        )
    found = _nobodys(found)
    if captured.several(text):
        notes = (*found.machine.notes, "The text tells of several machines: the first was taken.")
        found = msgspec.structs.replace(
            found, machine=msgspec.structs.replace(found.machine, notes=notes)
        )
    return found


def _nobodys(found: Description) -> Description:
    """The description without any word that is not a product's, a package's or a setting's."""
    return msgspec.structs.replace(
        found,
        machine=labelled(products.only_products(found.machine)),
        state=products.only_figures(found.state),
        python=parsing.version(found.python) or "",
        python_architecture=products.architecture(found.python_architecture) or "",
        environments=packages.only_known(found.environments),
        environment_states={},
        variables=survey.variables(found.variables),
        heavy_processes=(),
    )


def _read(text: str) -> Description:
    found = captured.of(text)
    cut = [line[: lines.MOST_COLUMNS] for line in text.splitlines()]
    machine = parse(found)
    if machine.system == "Windows":  # no reader; the doctor says that it can have nothing
        architecture = parsing.pairs(found.get("python", "")).get("machine", "x86_64")
        machine = msgspec.structs.replace(machine, architecture=architecture)
    return Description(
        format=FORMAT,
        machine=machine,
        state=state.parse(found),
        python=packages.python(cut),
        python_architecture=machine.architecture or "",
        environments=packages.environments(cut),
        variables=packages.variables(cut),
    )


def _described(text: str) -> Description | None:
    """A description that `machine --capture` wrote, if one stands in the text."""
    begin = re.search(r'\{\s*"kind"\s*:\s*"machine"', text)
    if begin is None:
        return None
    try:
        told = json.JSONDecoder().raw_decode(text[begin.start() :])[0]
        return msgspec.convert(told, Description)
    except (ValueError, RecursionError):
        return None
