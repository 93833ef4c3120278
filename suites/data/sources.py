"""Samples to learn from: drawn, given point by point, or read from published files.

Every source gives the same bytes on every machine: what is drawn uses uniform floats and single
multiplications and additions in a fixed order, what is read must have a known hash.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from suites.data import idx
from suites.data.seeded_random import UNIT_BOUND, Array, floats, frozen, integers, uniform
from suites.errors import UserError
from suites.workload import Data

FILES = Path(__file__).resolve().parents[2] / ".cache" / "data"
"""Holds the published files, in a folder for each source."""

SIGNAL = 0.12
"""How much of a synthetic sample is its class. The rest is noise, and the variance is 1."""

POINTS = {
    "x": [[-1.2, 3.1], [-0.9, 2.9], [-0.5, 2.6], [2.3, -1.1], [2.7, -1.5]],
    "labels": [0, 0, 0, 1, 1],
    "test_x": [[-0.8, 2.8], [2.6, -1.6]],
    "test_labels": [0, 1],
}

PUBLISHED = {
    "fashion_mnist": {
        "x": idx.Known(
            "train-images-idx3-ubyte.gz",
            (60_000, 28, 28),
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        "labels": idx.Known(
            "train-labels-idx1-ubyte.gz",
            (60_000,),
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        "test_x": idx.Known(
            "t10k-images-idx3-ubyte.gz",
            (10_000, 28, 28),
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        "test_labels": idx.Known(
            "t10k-labels-idx1-ubyte.gz",
            (10_000,),
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    },
    "mnist": {
        "x": idx.Known(
            "train-images-idx3-ubyte.gz",
            (60_000, 28, 28),
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        "labels": idx.Known(
            "train-labels-idx1-ubyte.gz",
            (60_000,),
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        "test_x": idx.Known(
            "t10k-images-idx3-ubyte.gz",
            (10_000, 28, 28),
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        "test_labels": idx.Known(
            "t10k-labels-idx1-ubyte.gz",
            (10_000,),
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    },
}
"""Files by source and by the name of the array made of them."""


class NoData(UserError):
    """There is no such data, or its files are missing or wrong; the message says which."""


def load(data: Data, seed: int) -> dict[str, Array]:
    """Read-only `x` [train, *shape], `labels` [train], `test_x` and `test_labels`.

    Samples are float32, labels int32. The seed matters to what is drawn alone. Raises NoData.
    """
    check(data)
    if data.source in PUBLISHED:
        return _published(data, PUBLISHED[data.source])
    return _MADE[data.source](data, seed)


def check(data: Data) -> None:
    """Raise NoData unless the source exists and holds what is asked of it; reads no file."""
    if data.source not in (*_MADE, *PUBLISHED):
        known = ", ".join((*_MADE, *PUBLISHED))
        raise NoData(f"unknown data. Expected one of {known}. Received: {data.source!r}")
    if min(data.train, data.test, data.classes, *data.shape) < 1:
        raise NoData(f"no samples. Expected whole numbers of 1 or more. Received: {data}")
    if data.source == "points" and data != Data("points", 5, 2, (2,), 2):
        raise NoData(f"points are 5 and 2 of shape (2,), in 2 classes. Received: {data}")
    if data.source in PUBLISHED:
        files = PUBLISHED[data.source]
        images, tests = files["x"].shape, files["test_x"].shape
        fits = data.train <= images[0] and data.test <= tests[0]
        if not fits or math.prod(data.shape) != math.prod(images[1:]) or data.classes != 10:
            raise NoData(
                f"{data.source} holds {images[0]} and {tests[0]} samples of "
                f"{math.prod(images[1:])} values, in 10 classes. Received: {data}"
            )


def _synthetic(data: Data, seed: int) -> dict[str, Array]:
    """Noise around a point of its own for each class."""
    points = uniform(seed, "classes", (data.classes, *data.shape), SIGNAL * UNIT_BOUND)
    noise = math.sqrt(1 - SIGNAL * SIGNAL) * UNIT_BOUND
    made: dict[str, Array] = {}
    for prefix, count in (("", data.train), ("test_", data.test)):
        labels = integers(seed, f"{prefix}labels", (count,), data.classes)
        x = floats(seed, f"{prefix}x", (count, *data.shape), noise)
        for label, point in enumerate(points):
            x[labels == label] += point
        made |= {f"{prefix}x": frozen(x), f"{prefix}labels": labels}
    return made


def _random(data: Data, seed: int) -> dict[str, Array]:
    """Samples of mean 0 and variance 1, whose labels have nothing to do with them."""
    made: dict[str, Array] = {}
    for prefix, count in (("", data.train), ("test_", data.test)):
        made[f"{prefix}x"] = uniform(seed, f"{prefix}x", (count, *data.shape), UNIT_BOUND)
        made[f"{prefix}labels"] = integers(seed, f"{prefix}labels", (count,), data.classes)
    return made


def _points(data: Data, seed: int) -> dict[str, Array]:
    return {
        name: frozen(np.array(values, np.int32 if name.endswith("labels") else np.float32))
        for name, values in POINTS.items()
    }


_MADE: dict[str, Callable[[Data, int], dict[str, Array]]] = {
    "synthetic": _synthetic,
    "random": _random,
    "points": _points,
}


def _published(data: Data, files: dict[str, idx.Known]) -> dict[str, Array]:
    """The first samples of each file, pixels from 0 to 1."""
    made: dict[str, Array] = {}
    for name, known in files.items():
        try:
            values: npt.NDArray[Any] = idx.read(FILES / data.source, known)
        except (idx.WrongFile, OSError) as error:
            raise NoData(f"{data.source}: {error}") from None
        values = values[: data.test if name.startswith("test_") else data.train]
        if name.endswith("labels"):
            if values.max() >= data.classes:
                raise NoData(f"{data.source}: {known.name} has a label of {values.max()}")
            made[name] = frozen(values.astype(np.int32))
        else:
            scaled = values.reshape(-1, *data.shape).astype(np.float32)
            scaled /= np.float32(255)
            made[name] = frozen(scaled)
    return made
