"""A simulated device in plain NumPy, honest or not: how the judge is tested for devices that nobody
here has. An adapter file calls `install`; `contender` writes such a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.simulated.adapter import Adapter
from tests.simulated.profiles import PROFILES
from tests.simulated.variants import VARIANTS

FUNCTIONS = ("devices", "start", "build", "wait", "to_numpy", "memory")

FILE = """from tests import simulated
NAME = "{name}"
ENVIRONMENT = "numpy"
simulated.install(globals(), {profile!r}, {variant!r}, step_s={step_s!r}, real={real!r})
"""


def adapter(profile: str, variant: str = "honest", **changes: Any) -> Adapter:
    """The device of that profile, but for `changes`, with that variant of honesty."""
    lie = VARIANTS[variant]()
    return Adapter(replace(PROFILES[profile], **({"real": lie.real} | changes)), lie)


def install(into: dict[str, Any], profile: str, variant: str, **changes: Any) -> None:
    """Make a module an adapter: put the functions into it."""
    made = adapter(profile, variant, **changes)
    into.update({name: getattr(made, name) for name in FUNCTIONS})


def contender(
    folder: Path, profile: str, variant: str, step_s: float | None = None, real: bool = False
) -> Path:
    """An adapter file for the launcher; `real` in real seconds, as lies about the clock always."""
    taken = "" if step_s is None else f"_{round(step_s * 1e6)}us"
    path = folder / f"{profile}_{variant}{taken}.py"
    named = {"name": path.stem[:40], "profile": profile, "variant": variant, "step_s": step_s}
    named["real"] = real or VARIANTS[variant].real
    path.write_text(FILE.format(**named))
    return path
