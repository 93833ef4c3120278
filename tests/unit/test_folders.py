"""Folders are the map: none holds too much, and no imports go in a circle, of files or folders."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bench", "frameworks", "reports", "suites")
MOST_FILES = 16
"""Modules beside each other, without `__init__`: more are no map, and want folders of their own."""

MORE = {"frameworks/tf": 18}
"""Of its layers many want ways round TensorFlow's own; and what is in one file in one framework is
in a file of that name in all."""

Graph = Mapping[str, set[str]]


def crowded(root: Path) -> list[str]:
    """Folders with too many modules."""
    folders = {path.parent for top in PACKAGES for path in (root / top).rglob("*.py")}
    return sorted(
        folder.relative_to(root).as_posix()
        for folder in folders
        if len([each for each in folder.glob("*.py") if each.stem != "__init__"])
        > MORE.get(folder.relative_to(root).as_posix(), MOST_FILES)
    )


def files(root: Path) -> Graph:
    """Of each module by dotted name the modules it imports, lazily or for types alone as well."""
    names = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for top in PACKAGES
        for path in (root / top).rglob("*.py")
    }
    return {name: _imported(path, set(names)) - {name} for name, path in names.items()}


def _imported(path: Path, names: set[str]) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= whole & names or {node.module}
    return found & names


def folders(graph: Graph) -> Graph:
    """The same between folders; a module at the top of a package stands for itself."""
    packages = {each.rpartition(".")[0] for each in graph}
    parents = {each: each if each in packages else each.rpartition(".")[0] for each in graph}
    home = {each: parent if "." in parent else each for each, parent in parents.items()}
    found: dict[str, set[str]] = {}
    for name, imported in graph.items():
        found.setdefault(home[name], set()).update(home[each] for each in imported)
    return {name: others - {name} for name, others in found.items()}


def circle(graph: Graph) -> list[str]:
    """A way from a name back to itself; empty where there is none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_folder_is_crowded() -> None:
    assert not crowded(ROOT)


def test_a_crowded_folder_is_found(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 1):
        (tmp_path / "bench" / "run").mkdir(parents=True, exist_ok=True)
        (tmp_path / "bench" / "run" / f"m{number}.py").touch()
    assert crowded(tmp_path) == ["bench/run"]


@pytest.mark.parametrize("of", [files, lambda root: folders(files(root))], ids=["file", "folder"])
def test_no_imports_go_in_a_circle(of: Callable[[Path], Graph]) -> None:
    assert not circle(of(ROOT))


def test_circles_of_files_and_of_folders_are_found(tmp_path: Path) -> None:
    lines = {
        "bench/a/one.py": "from bench.b import two",
        "bench/b/two.py": "import bench.b.three",
        "bench/b/three.py": "",
        "bench/b/four.py": "from bench.a.one import something",
    }
    for path, text in lines.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert not circle(files(tmp_path))
    assert set(circle(folders(files(tmp_path)))) == {"bench.a", "bench.b"}
    (tmp_path / "bench/b/three.py").write_text("def lazy():\n    import bench.b.two\n")
    assert set(circle(files(tmp_path))) == {"bench.b.two", "bench.b.three"}
