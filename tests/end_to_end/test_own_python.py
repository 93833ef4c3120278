"""A Python of the user's own beside an environment of ours, and the oldest a worker runs in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from bench.environments import interpreters, manager
from bench.schema import Run, Runtime, Slice, Verified
from frameworks import FRAMEWORKS
from tests.end_to_end.conftest import ROOT
from tests.helpers.patience import PATIENT_S


@pytest.fixture
def environment(tmp_path):
    """Made by plain `python -m venv`; its NumPy is this Python's."""
    home = tmp_path / "envs" / "my dev"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    (site,) = home.glob("lib/python3.*/site-packages")
    (site / "numpy.pth").write_text(str(Path(numpy.__file__).parents[1]))
    return home


def test_it_is_measured_beside_ours(measure, environment):
    before = sorted(environment.rglob("*"))
    finished = measure(f"numpy,numpy:{environment}", suite="matmul")
    assert finished.code == 0
    head = finished.records[0]
    assert isinstance(head, Run)
    contender = next(each for each in head.contenders if each.spec == "numpy:my-dev")
    assert contender.typed == f"numpy:{environment}"
    (runtime,) = finished.of(Runtime, "numpy:my-dev")
    assert runtime.versions["numpy"] == numpy.__version__
    assert runtime.build["commit"] == numpy.version.git_revision
    assert str(environment) in runtime.notes[0]
    assert finished.cells("numpy:my-dev") == finished.cells("numpy/") != set()
    assert all(each.passed for each in finished.of(Verified, "numpy:my-dev"))
    assert sorted(environment.rglob("*")) == before, "something was written into it"


def test_what_cannot_run_is_refused_before_anything_is_measured(bench, tmp_path):
    finished = bench("--framework", f"numpy,torch:{tmp_path}/nowhere")
    assert finished.code == 2
    assert "there is nothing at" in finished.err
    assert not finished.folder.exists()


# --- the oldest -----------------------------------------------------------------------------


def of_release(release):
    """A Python of this release on this machine, or None."""
    root = Path.home() / ".pyenv" / "versions"
    found = [shutil.which(f"python{release}"), *sorted(root.glob(f"{release}.*/bin/python"))]
    for program in filter(None, found):
        command = [str(program), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        if said.stdout.strip() == release:
            return program
    return None


@pytest.fixture(scope="module", params=["3.10", "3.12", "3.13"])
def with_numpy(request, tmp_path_factory):
    """An environment of that Python with a NumPy for it."""
    program, uv = of_release(request.param), manager.root() / "boot" / "bin" / "uv"
    if program is None:
        pytest.skip(f"no Python {request.param} on this machine")
    home = tmp_path_factory.mktemp("pythons") / request.param
    subprocess.run([str(program), "-m", "venv", "--without-pip", str(home)], check=True)
    command = [str(uv), "pip", "install", "--python", str(home / "bin" / "python"), "numpy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENT_S)
    if done.returncode:
        pytest.skip(f"no NumPy for Python {request.param}: {done.stderr.strip()[-200:]}")
    return home


def test_other_pythons_compute_what_they_should(measure, with_numpy):
    name = f"numpy:{with_numpy.name}"
    finished = measure(f"numpy,numpy:{with_numpy}", suite="matmul")
    assert finished.code == 0
    (runtime,) = finished.of(Runtime, name)
    assert runtime.python.startswith(with_numpy.name)
    assert finished.cells(name) == finished.cells("numpy/") != set()
    assert all(each.passed for each in finished.of(Verified, name))
    assert finished.of(Slice, name)


def test_the_current_folder_is_not_on_its_path(with_numpy, tmp_path):
    """Before Python 3.11 there is no option for it."""
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    found = interpreters.find(str(with_numpy), FRAMEWORKS["numpy"], dict(os.environ))
    command = [str(found.python), *found.start, "frameworks.numpy.adapter", "0", "1", "2", "0"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT_S,
    )
    assert "the wrong one" not in done.stdout + done.stderr
    assert done.returncode == 0
