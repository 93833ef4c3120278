"""Versions of what is installed beside a framework and decides its figures."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

LONGEST_FACT = 400
"""Characters of a fact of a build."""


def build_of(**facts: object) -> dict[str, str]:
    """The facts of a build that it tells; those that are None are absent."""
    return {name: str(fact)[:LONGEST_FACT] for name, fact in facts.items() if fact is not None}


def installed(*distributions: str) -> dict[str, str]:
    """Version by distribution, in the order asked; those not installed are absent."""
    found = {}
    for distribution in distributions:
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return found
