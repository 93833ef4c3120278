"""Which devices JAX finds here, under the words of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax

from frameworks.interface import Device

PLATFORMS = {"cpu": "cpu", "mps": "mps", "metal": "METAL", "cuda": "cuda"}
"""JAX's own platform names: `mps` is the plugin jax-mps, `METAL` the abandoned jax-metal."""


def devices() -> Sequence[Device]:
    """The CPU, then the GPUs of every plugin that is installed."""
    return [
        _describe(word, index, device)
        for word, platform in PLATFORMS.items()
        for index, device in enumerate(_found(platform))
    ]


def _found(platform: str) -> Sequence[Any]:
    try:
        found: Sequence[Any] = jax.devices(platform)
    except RuntimeError:  # not installed, or installed without such a device
        return ()
    return found


def _describe(word: str, index: int, device: Any) -> Device:
    if word == "cpu":
        return Device(id="cpu", kind="cpu", name="cpu")
    device_id = word if word == "mps" else f"{word}:{index}"
    if word == "cuda":
        limit = statistics(device).get("bytes_limit")
        return Device(device_id, "gpu", device.device_kind, limit)
    return Device(device_id, "gpu", device_id)  # both plugins call every GPU by one name


def statistics(device: Any) -> dict[str, int]:
    """What the device's allocator counts; nothing where it does not."""
    try:
        statistics: dict[str, int] | None = device.memory_stats()
    except RuntimeError:  # a plugin without them
        return {}
    return statistics or {}
