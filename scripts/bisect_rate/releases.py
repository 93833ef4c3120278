"""Made-up releases of slowpoke, as wheels in a folder: from one of them on it is slower."""

from pathlib import Path

from tests.helpers.package_index import write_wheel

PACKAGE = "metalbench-slowpoke"
COUNT = 16

_MODULE = """\
__version__ = "{version}"


def matmul(a, b):
    for _ in range({turns}):
        pass
    return a @ b
"""
_TURNS = 400_000
"""Of a loop without work: some milliseconds, beside which the product is nothing."""


def publish(folder: Path, series: int, slower_from: int | None, share: float) -> list[str]:
    """Write all releases of a series; their versions, the oldest first. Those from `slower_from`
    on take longer by that share; none where it is None."""
    versions = [f"{series}.{number}" for number in range(COUNT)]
    for number, version in enumerate(versions):
        slow = slower_from is not None and number >= slower_from
        turns = round(_TURNS * (1 + share * slow))
        text = _MODULE.format(version=version, turns=turns)
        write_wheel(folder, PACKAGE, version, text=text)
    return versions
