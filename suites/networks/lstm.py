"""Recurrent networks: an LSTM language model, and a GRU that tells activities by body sensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from suites.architectures.recurrent import (
    LANGUAGE,
    SIGNALS,
    WINDOW,
    activity_classifier,
    language_model,
)
from suites.workload import SGD, Adam, Forward, Train, Workload

SIZES = {
    "smoke": ("small",),
    "quick": ("small", "medium"),
    "standard": ("small", "medium"),
    "full": ("small", "medium"),
}

SENTENCES = 20
"""The batch of Zaremba et al., arXiv:1409.2329."""

LANGUAGE_MODELS = {size: language_model(size) for size in LANGUAGE}
CLASSIFIER = activity_classifier()

WINDOWS = {"smoke": (16,), "quick": (16, 64), "standard": (16, 64, 512), "full": (16, 64, 512)}


def cases(preset: str) -> tuple[Workload, ...]:
    """Of each model a forward pass and a training step."""
    return (*_language(preset), *_activity(preset))


def _language(preset: str) -> Iterator[Workload]:
    for size in SIZES[preset]:
        shape = (SENTENCES, LANGUAGE[size][1])
        same: dict[str, Any] = {"model": LANGUAGE_MODELS[size], "input_shape": shape}
        yield Forward(suite="lstm", name=f"language_{size}_forward", **same)
        yield Train(suite="lstm", name=f"language_{size}_train", optimizer=SGD(lr=1.0), **same)


def _activity(preset: str) -> Iterator[Workload]:
    for batch in WINDOWS[preset]:
        same: dict[str, Any] = {"model": CLASSIFIER, "input_shape": (batch, WINDOW, SIGNALS)}
        yield Forward(suite="lstm", name="activity_forward", **same)
        yield Train(suite="lstm", name="activity_train", optimizer=Adam(lr=1e-3), **same)
