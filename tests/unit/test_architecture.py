"""The arrows between packages: who may import whom, read from the source and tried for real."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from frameworks import FRAMEWORKS

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = {"bench", "frameworks", "reports", "scripts", "suites", "tests"}
FRAMEWORK_MODULES = {name for row in FRAMEWORKS.values() for name in row.modules} - {"numpy"}
STANDARD = set(sys.stdlib_module_names)

# What each package may import of ours. Commands alone may import reports, and are loaded late.
ALLOWED = {
    "suites": {"suites"},
    "frameworks": {"frameworks", "suites"},
    "bench": {"bench", "frameworks", "suites"},
    "reports": {"reports", "bench", "suites"},
}

# What runs inside a framework's environment may import NumPy and that framework's own family.
WORKER_SIDE = [
    "bench/environments/compile_cache.py",
    *(
        path.relative_to(ROOT).as_posix()
        for package in ("bench/worker", "suites", "frameworks")
        for path in sorted((ROOT / package).rglob("*.py"))
        if "reference" not in path.parts
    ),
]


def imports(path):
    """Top-level names of every module the file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def files(package):
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", ALLOWED)
def test_arrows(package):
    for path in files(package):
        allowed = ALLOWED[package]
        if ROOT / "bench" / "commands" in path.parents:
            allowed = allowed | {"reports"}
        wrong = (set(imports(path)) & OURS) - allowed
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_the_arrows_test_can_fail(tmp_path):
    path = tmp_path / "suite.py"
    path.write_text("def f():\n    from frameworks import NAMES\n")
    assert set(imports(path)) & OURS == {"frameworks"}


def test_pandas_and_matplotlib_live_in_reports():
    for package in ("suites", "frameworks", "bench"):
        for path in files(package):
            assert not {"pandas", "matplotlib", "pyarrow"} & set(imports(path)), path


def test_frameworks_are_imported_by_their_adapters_alone():
    for package in ("suites", "bench", "reports"):
        for path in files(package):
            assert not FRAMEWORK_MODULES & set(imports(path)), path


@pytest.mark.parametrize("name", WORKER_SIDE)
def test_what_runs_in_a_frameworks_environment_needs_nothing_else(name):
    package, folder, *_ = name.split("/")
    row = FRAMEWORKS.get(folder) if package == "frameworks" else None
    assert set(imports(ROOT / name)) - STANDARD - OURS <= {"numpy", *(row.modules if row else ())}


@pytest.mark.parametrize(
    "path", files("suites"), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_suites_never_name_a_framework(path):
    words = {"torch", "pytorch", "tensorflow", "jax", "mlx"}
    tree = ast.parse(path.read_text())
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    texts = {
        node.value.lower()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not words & names
    assert not [text for text in texts if words & set(text.replace(".", " ").split())]


@pytest.mark.parametrize(
    "path", files("frameworks"), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_adapters_never_time(path):
    assert not {"time", "timeit"} & set(imports(path))


HEAVY = {"numpy", "pandas", "matplotlib", "msgspec", "reports"}


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [("bench.__main__", HEAVY), ("bench.commands.run", {"pandas", "matplotlib", "reports"})],
    ids=["before the command is known", "before a run has ended"],
)
def test_nothing_is_loaded_before_it_is_needed(module, unwanted):
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "typer" in loaded
    assert not unwanted & loaded


def test_a_worker_loads_neither_reports_nor_a_second_framework():
    code = (
        "import sys, bench.worker.__main__, frameworks.numpy.adapter\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    unwanted = {"pandas", "matplotlib", "typer", "rich", "msgspec", "psutil", "autograd", "reports"}
    assert not loaded & (unwanted | FRAMEWORK_MODULES)


def test_listing_frameworks_imports_none():
    code = "import sys, frameworks; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not {"numpy", *FRAMEWORK_MODULES} & set(done.stdout.split())
