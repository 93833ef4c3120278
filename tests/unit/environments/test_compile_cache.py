"""Programs kept for later processes: of one set of versions, bounded, and never in a life."""

import os
import subprocess
import types
from pathlib import Path

import pytest

from bench.environments import compile_cache
from bench.worker import server
from bench.worker.case import Built
from suites import catalog
from suites.data.arrays import make
from suites.data.cache_files import bound


def test_versions_share_no_folder(tmp_path):
    old = compile_cache.folder("jax", ["jax==0.9", "numpy==2.0"], tmp_path)
    assert compile_cache.folder("jax", ["numpy==2.0", "jax==0.9"], tmp_path) == old
    assert compile_cache.folder("jax", ["jax==0.10", "numpy==2.0"], tmp_path) != old
    assert compile_cache.folder("torch", ["jax==0.9", "numpy==2.0"], tmp_path) != old
    assert Path(old).is_dir()


def test_a_build_of_the_same_version_shares_none(tmp_path, monkeypatch):
    """Whoever builds a framework from source has a new one under the old version."""
    library = tmp_path / "site" / "jaxlib" / "lib" / "libjax.so"
    library.parent.mkdir(parents=True)
    (library.parents[1] / "__init__.py").touch()
    library.write_bytes(b"one")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    first = compile_cache.folder("jax", ["jax==0.9"], tmp_path)
    assert compile_cache.folder("jax", ["jax==0.9"], tmp_path) == first
    library.write_bytes(b"another")
    second = compile_cache.folder("jax", ["jax==0.9"], tmp_path)
    monkeypatch.setattr(compile_cache.sys, "prefix", "/another/environment")
    third = compile_cache.folder("jax", ["jax==0.9"], tmp_path)
    assert len({first, second, third}) == 3


XEON = """processor\t: 0
model name\t: Intel(R) Xeon(R) Processor
cpu MHz\t\t: 2300.000
flags\t\t: fpu sse2 avx512f

processor\t: 1
model name\t: another
"""
NEOVERSE = """processor\t: 0
BogoMIPS\t: 50.00
Features\t: fp asimd sve
CPU implementer\t: 0x41
CPU part\t: 0xd40
"""


@pytest.mark.parametrize(
    ("text", "changed", "same"),
    [
        (XEON, "avx512f", False),
        (XEON, "Intel(R)", False),
        (XEON, "2300", True),
        (XEON, "another", True),
        (NEOVERSE, "sve", False),
        (NEOVERSE, "0xd40", False),
        (NEOVERSE, "50.00", True),
    ],
)
def test_processors_share_no_folder(monkeypatch, tmp_path, text, changed, same):
    """What changes while a processor works tells nothing of it."""
    folders = []
    for told in (text, text.replace(changed, "other", 1)):
        (tmp_path / "cpuinfo").write_text(told)
        found = compile_cache.processor("linux", tmp_path / "cpuinfo")
        monkeypatch.setattr(compile_cache, "processor", lambda found=found: found)
        folders.append(compile_cache.folder("jax", [], tmp_path))
        monkeypatch.undo()
    assert (folders[0] == folders[1]) == same


def test_a_mac_is_asked_for_its_name_and_features(monkeypatch):
    asked = []

    def run(command, **named):
        asked.append(command)
        return types.SimpleNamespace(stdout="machdep.cpu.brand_string: Apple M4\n")

    monkeypatch.setattr(compile_cache.subprocess, "run", run)
    assert compile_cache.processor("darwin") == "machdep.cpu.brand_string: Apple M4"
    assert asked == [["/usr/sbin/sysctl", "-i", *compile_cache.SYSCTLS]]


@pytest.mark.parametrize("error", [FileNotFoundError, subprocess.TimeoutExpired("sysctl", 1.0)])
def test_a_system_that_is_silent_leaves_pythons_own_word(monkeypatch, tmp_path, error):
    def run(command, **named):
        raise error

    monkeypatch.setattr(compile_cache.subprocess, "run", run)
    monkeypatch.setattr(compile_cache.platform, "processor", lambda: "arm")
    assert compile_cache.processor("darwin") == "arm"
    assert compile_cache.processor("linux", tmp_path / "none") == "arm"
    (tmp_path / "empty").touch()
    assert compile_cache.processor("linux", tmp_path / "empty") == "arm"


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path):
    (tmp_path / "file").touch()
    assert compile_cache.folder("jax", [], tmp_path / "file") is None


def test_the_oldest_files_go_until_half_is_left(tmp_path):
    for number in range(10):
        path = tmp_path / f"jax-{number % 2}" / str(number)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 10)
        os.utime(path, (number, number))
    bound(tmp_path, 100)
    assert len(list(tmp_path.glob("*/*"))) == 10
    bound(tmp_path, 99)
    assert sorted(path.name for path in tmp_path.glob("*/*")) == ["6", "7", "8", "9"]


def test_a_life_compiles_anew(monkeypatch, tmp_path):
    told = []
    adapter = types.SimpleNamespace(keep=told.append)
    case = types.SimpleNamespace(arrays_sha256="", timed=types.SimpleNamespace(build_s=0.0))
    monkeypatch.setattr(server, "Case", lambda *arguments: case)
    obeying = server.WorkerServer(adapter)
    obeying.compiled = str(tmp_path)
    for suite in ("mlp", "lifecycle", "mlp"):
        name = catalog.cases(suite, "quick")[0].case
        obeying.build(suite, name, "quick", 0, ())
    assert told == [str(tmp_path), None, str(tmp_path)]


@pytest.mark.parametrize("taken", [0, 2])
def test_a_first_step_says_whether_it_was_compiled(taken):
    """Of programs taken while building or in later steps it says nothing."""
    count = [5]

    def step():
        count[0] += taken
        return {}

    adapter = types.SimpleNamespace(
        build=lambda workload, arrays: step,
        wait=lambda outputs: None,
        kept=lambda: count[0],
    )
    workload = catalog.cases("matmul", "smoke")[0]
    built = Built(adapter, workload, make(workload, 0))
    built.run()
    first = built.first_step_kept
    built.run()
    assert first == built.first_step_kept == (taken > 0)


def test_an_adapter_that_keeps_nothing_has_true_first_steps():
    adapter = types.SimpleNamespace(
        build=lambda workload, arrays: dict, wait=lambda outputs: None, to_numpy=None
    )
    workload = catalog.cases("matmul", "smoke")[0]
    built = Built(adapter, workload, make(workload, 0))
    built.run()
    assert not built.first_step_kept
