"""What each verb of make takes, as `make help` says."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


@functools.cache
def takes() -> Mapping[str, tuple[str, ...]]:
    """Options by verb, in order; of a verb that takes none there are none."""
    shown = subprocess.run(
        ["make", "-s", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout
    verbs = re.findall(r"^  make (\w+)", shown, re.MULTILINE)
    lists = re.findall(r"^Options of (\w+): (.*(?:\n  .*)*)", shown, re.MULTILINE)
    return dict.fromkeys(verbs, ()) | {verb: tuple(list_.split()) for verb, list_ in lists}


def options() -> set[str]:
    """All that any verb takes."""
    return {name for names in takes().values() for name in names}
