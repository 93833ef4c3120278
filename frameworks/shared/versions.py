"""Versions of what is installed beside a framework and decides its figures."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed(*distributions: str) -> dict[str, str]:
    """Version by distribution, in the order asked; those not installed are absent."""
    found = {}
    for distribution in distributions:
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return found
