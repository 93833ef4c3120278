"""Which packages this Python must have to check a device, and what helps where it lacks some.

Standard library alone, and it must be read by Python 3.9: it says what is missing.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
OLDEST = (3, 11)

NEEDED = (
    *("rich", "psutil", "filelock", "msgspec", "numpy", "autograd", "scipy"),
    *("threadpoolctl", "pandas", "nvidia-ml-py", "packaging"),
)
"""Of the host's packages those without which nothing is measured or judged. The others make
reports, which can be done elsewhere."""

MODULES = {"nvidia-ml-py": "pynvml"}
"""What is imported of a package, where that is not its name."""


def pins(names: tuple[str, ...]) -> list[str]:
    """The requirements of these packages, as the host's lock pins them."""
    text = (CHECKOUT / "requirements" / "locks" / "host.txt").read_text(encoding="utf-8")
    found = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;#]+)", text, re.MULTILINE))
    return [f"{name}=={found[name]}" for name in names]


def missing() -> list[str]:
    """Those of NEEDED that this Python has not."""
    return [name for name in NEEDED if find_spec(MODULES.get(name, name)) is None]


def refusal(version: tuple[int, ...]) -> str:
    """Why this Python cannot check a device, and what helps; empty where it can."""
    if version < OLDEST:
        return (
            "this is Python {}.{}. Expected 3.11 or newer; the frameworks may be in older ones "
            "(--torch PATH).".format(*version)
        )
    lacking = missing()
    if not lacking:
        return ""
    return (
        f"this Python lacks {', '.join(lacking)}. With a network: `python3 -m pip install --target "
        f"host-packages {' '.join(pins(tuple(lacking)))}`, then `PYTHONPATH=host-packages python3 "
        "-m scripts.device_check`. Without one: docs/device-check.md."
    )
