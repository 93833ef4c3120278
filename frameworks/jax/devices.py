"""Which devices JAX finds here, under the words of ours, and what is peculiar to each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

import jax
import jax.numpy as jnp
import jax.version
import jaxlib.version

from frameworks.interface import Device
from frameworks.shared import metal
from frameworks.shared.versions import build_of

PLATFORMS = {"cpu": "cpu", "mps": "mps", "metal": "METAL", "cuda": "cuda"}
"""JAX's own platform names: `mps` is the plugin jax-mps, `METAL` the abandoned jax-metal."""

_NO_ALIAS = {"may_alias": False} if "may_alias" in signature(jax.device_put).parameters else {}
"""Keeps the device's arrays apart from the host's; jax 0.4.20 has no such word."""

_FIRST_USE = "import jax; jax.devices('METAL')"
"""A program in which jax-metal prints which GPU it takes."""


def devices() -> Sequence[Device]:
    """The CPU, then the GPUs of every plugin that is installed.

    Raises RuntimeError, with JAX's reason, where no platform starts: then the one that the
    environment names has failed.
    """
    found, reasons = [], []
    for word, platform in PLATFORMS.items():
        try:
            own = jax.devices(platform)
        except RuntimeError as reason:  # not installed, or installed without such a device
            reasons.append(reason)
        else:
            found += [_describe(word, index, device) for index, device in enumerate(own)]
    if not found:
        raise reasons[0]
    return found


def copied(batch: Mapping[str, Any]) -> dict[str, Any]:
    """The host's arrays on the device, where none lies on the host's memory: see `_NO_ALIAS`."""
    if _NO_ALIAS:
        return dict(jax.device_put(dict(batch), **_NO_ALIAS))
    return {name: jnp.array(x) for name, x in batch.items()}  # which copies, where it is asked to


def build() -> dict[str, str]:
    """What tells this build from another of the same version; old releases do not say."""
    return build_of(
        commit=getattr(jax.version, "_git_hash", None),
        jaxlib_commit=getattr(jaxlib.version, "_git_hash", None),
    )


def dispatches_late(word: str) -> bool:
    """Whether a call may return before its results are there: jax-mps has to be told to."""
    return word != "mps" or os.environ.get("JAX_MPS_ASYNC_DISPATCH", "0") not in ("", "0")


def notes(word: str, precision: str) -> list[str]:
    """What a reader of this device's figures must know."""
    found = []
    if word == "cuda" and precision == "float32":
        found.append("Matrix products at precision `highest`: float32, not TF32.")
    if word == "mps":
        found.append(
            "jax-mps computes with MLX, fuses normalisations and softmax, and runs decompositions "
            "on the CPU."
        )
        if dispatches_late(word):
            found.append("Calls return at once (JAX_MPS_ASYNC_DISPATCH).")
        else:
            found.append("A call ends before it returns (JAX_MPS_ASYNC_DISPATCH is not set).")
        if os.environ.get("MLX_ENABLE_TF32") != "0":
            found.append("MLX may use TF32 for float32 (MLX_ENABLE_TF32 is not 0).")
    if word == "metal":
        found.append("jax-metal is abandoned by its vendor.")
    return found


def _describe(word: str, index: int, device: Any) -> Device:
    if word == "cpu":
        return Device(id="cpu", kind="cpu", name="cpu")
    device_id = word if word == "mps" else f"{word}:{index}"
    if word == "cuda":
        limit = statistics(device).get("bytes_limit")
        return Device(device_id, "gpu", device.device_kind, limit)
    # Both plugins call every GPU by one name; Apple's prints its own.
    name = metal.device_name(metal.printed(_FIRST_USE)) if word == "metal" else None
    return Device(device_id, "gpu", name or device_id)


def statistics(device: Any) -> dict[str, int]:
    """What the device's allocator counts; nothing where it does not."""
    try:
        statistics: dict[str, int] | None = device.memory_stats()
    except RuntimeError:  # a plugin without them
        return {}
    return statistics or {}
