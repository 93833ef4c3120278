"""What runs in a Python of the user's own is in the grammar and the library of the oldest one."""

import ast
from collections.abc import Iterator

import pytest

from bench.environments.interpreters import OLDEST
from tests.unit.test_architecture import ROOT, WORKER_SIDE

NEWER = {
    *("tomllib", "StrEnum", "ReprEnum", "Self", "LiteralString", "Never", "assert_never", "UTC"),
    *("assert_type", "reveal_type", "Required", "NotRequired", "TypeVarTuple", "Unpack"),
    *("dataclass_transform", "override", "ExceptionGroup", "BaseExceptionGroup", "TaskGroup"),
    *("file_digest", "add_note", "batched", "cbrt", "exp2", "sumprod", "TypeAliasType"),
}
"""Names that came to the standard library in Python 3.11 and 3.12."""


def newer(text: str) -> Iterator[str]:
    """What of a module's text the oldest Python does not know."""
    try:
        tree = ast.parse(text, feature_version=OLDEST)
    except SyntaxError as error:
        yield str(error)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.TryStar):
            yield f"except* in line {node.lineno}"
        names: list[str] = []
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [*(alias.name for alias in node.names), getattr(node, "module", None) or ""]
        elif isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.Name):
            names = [node.id]
        yield from (f"{name} in line {node.lineno}" for name in names if name in NEWER)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", WORKER_SIDE)
def test_workers_run_in_the_oldest_python(name: str) -> None:
    assert not list(newer((ROOT / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    pass\nexcept* OSError:\n    pass\n",
        "from typing import Self\n",
        "import tomllib\n",
        "from datetime import UTC\n",
        "def f[T](x: T) -> T: return x\n",
        "type A = int\n",
        "import enum\nclass A(enum.StrEnum): pass\n",
    ],
)
def test_that_test_can_fail(text: str) -> None:
    assert list(newer(text))
