"""Whether a Mac shows signs of not being one: three values, none of them a verdict."""

from __future__ import annotations

import re
from typing import Literal

Evidence = Literal["no evidence", "OpenCore present", "CPU impossible for the model"]

_CPUS = {
    # Both were sold with Intel's Xeon alone; the Mac Pro with Apple's chip is Mac14,8.
    r"iMacPro1,1": "Xeon",
    r"MacPro[1-7],1": "Xeon",
    # The model names that begin with Mac alone came with Apple's own chips.
    r"Mac[0-9]+,[0-9]+": "^Apple|^VirtualApple",
}
"""What the name of a model's CPU must hold."""


def evidence(model: str | None, cpu: str | None, nvram: str) -> Evidence | None:
    """None where the model or the CPU is unknown.

    OpenCore is also what genuine Macs use to run systems newer than Apple allows them.
    """
    if cpu and _impossible(model or "", cpu):
        return "CPU impossible for the model"
    if re.search(r"opencore-version\s+\S", nvram):
        return "OpenCore present"
    return "no evidence" if model and cpu else None


def _impossible(model: str, cpu: str) -> bool:
    if cpu.startswith("AMD"):  # no Mac ever had one
        return True
    wanted = (word for pattern, word in _CPUS.items() if re.fullmatch(pattern, model))
    return any(not re.search(word, cpu) for word in wanted)
