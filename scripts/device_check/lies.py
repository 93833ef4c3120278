"""The lies that are told on purpose, about what, and the adapter files that tell them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scripts.device_check.places import Place

About = Literal["wait", "time", "answer", "device"]


@dataclass(frozen=True)
class Lie:
    """One way of not doing what is claimed."""

    name: str
    title: str
    about: About
    """A lie about waiting is none where steps return when they are done, and neither that nor one
    about time where the time is right all the same: a step may be shorter than its dispatch."""
    work: tuple[str, ...] = ("matmul/", "mlp/")
    """Beginnings of the cases in which it lies."""
    frameworks: tuple[str, ...] = ()
    """That it can be told in; all without any."""
    device_ids: tuple[str, ...] = ()
    """Beginnings of the devices on which it is one; all without any."""


LIES = (
    Lie("never_waits", "never waits for the device", "wait"),
    Lie("waits_first", "waits for the first of several steps only", "wait"),
    Lie(
        "on_cpu",
        "computes on the CPU and claims the GPU",
        "device",
        device_ids=("cuda", "mps", "metal"),
    ),
    Lie("bfloat16", "holds weights and inputs in bfloat16", "answer"),
    Lie(
        "tf32",
        "lets the matrix units round to TF32",
        "answer",
        frameworks=("torch", "jax"),
        device_ids=("cuda",),
    ),
    Lie(
        "tenth_of_rows",
        "computes a tenth of the rows and repeats them",
        "answer",
        work=("matmul/",),
    ),
    Lie(
        "caches_by_input",
        "hands out what it worked out for the same input",
        "time",
        work=("matmul/", "mlp/forward"),
    ),
    Lie(
        "wrong_gradient",
        "one gradient is 5 % too large",
        "answer",
        work=("mlp/train",),
        frameworks=("torch", "jax"),
    ),
)

BY_NAME = {lie.name: lie for lie in LIES}

FILE = """from scripts.device_check import lying
NAME = "{framework}-{lie}"
ENVIRONMENT = {word!r}
lying.install(globals(), "{framework}", "{lie}")
"""


def of(place: Place) -> list[Lie]:
    """Those that can be told in this framework on the devices it has."""
    ids = [device.id for device in place.gpus or place.devices]
    return [
        lie
        for lie in LIES
        if place.framework in (lie.frameworks or (place.framework,))
        and any(each.startswith(lie.device_ids or each) for each in ids)
    ]


def files(place: Place, told: Sequence[Lie], folder: Path) -> list[Path]:
    """The adapter files of these lies."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for lie in told:
        path = folder / f"{lie.name}.py"
        path.write_text(FILE.format(framework=place.framework, lie=lie.name, word=place.word))
        paths.append(path)
    return paths
