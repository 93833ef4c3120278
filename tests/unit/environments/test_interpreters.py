"""Pythons of the user's own: which are taken, and what is said of the others."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.environments import bounded_answer, interpreters
from bench.environments.interpreters import NotUsable, find, is_path, locate
from frameworks import FRAMEWORKS

NUMPY, TORCH = FRAMEWORKS["numpy"], FRAMEWORKS["torch"]
ENVIRON = {"PATH": os.environ["PATH"], "HOME": str(Path.home())}


def program(path, text):
    """A program that is run by the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def saying(path, **facts):
    """A program that answers as a Python of these facts would."""
    told = {
        "version": "3.12.1",
        "executable": str(path),
        "prefix": str(path.parent.parent),
        "has_numpy": True,
        "has_module": True,
        "numpy_fault": "",
        **facts,
    }
    return program(path, f"echo noise\necho '{interpreters.ANSWER}{json.dumps(told)}'")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment, made as anybody makes one, that sees this Python's packages."""
    home = tmp_path_factory.mktemp("made") / "my env"
    command = [sys.executable, "-m", "venv", "--without-pip", str(home)]
    subprocess.run(command, check=True)
    (site,) = home.glob("lib/python3.*/site-packages")
    (site / "these.pth").write_text(str(Path(__import__("numpy").__file__).parent.parent))
    return home


def test_an_environment_with_a_space_in_its_path(environment):
    found = find(str(environment), NUMPY, ENVIRON)
    assert (found.home, found.prefix) == (environment, environment)
    assert found.python == environment / "bin" / "python"
    assert found.version == ".".join(map(str, sys.version_info[:3]))
    assert dict(found.packages)["numpy"] == __import__("numpy").__version__


@pytest.mark.parametrize("ending", ["/", "/bin/python", "/bin/python3"])
def test_its_folder_and_its_program_are_one_place(environment, ending):
    assert find(f"{environment}{ending}", NUMPY, ENVIRON).home == environment


def test_nothing_is_written_into_it(environment):
    before = sorted(environment.rglob("*"))
    find(str(environment), NUMPY, ENVIRON)
    assert sorted(environment.rglob("*")) == before


def test_a_module_in_the_current_folder_is_not_the_environments(environment, tmp_path, monkeypatch):
    """As in a checkout of PyTorch, whose folder torch cannot be imported."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotUsable, match=r"has no PyTorch.*finds no module torch"):
        find(str(environment), TORCH, ENVIRON)


def test_without_numpy_it_says_what_would_install_it(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "e")], check=True)
    with pytest.raises(NotUsable, match=r"has no NumPy.*uv pip install --python .*/e/bin/python"):
        find(str(tmp_path / "e"), NUMPY, ENVIRON)
    with_pip = saying(tmp_path / "p" / "bin" / "python", has_numpy=False, has_pip=True)
    with pytest.raises(NotUsable, match="-m pip install numpy"):
        find(str(with_pip), NUMPY, ENVIRON)
    of_conda = saying(tmp_path / "c" / "bin" / "python", has_numpy=False, conda=True)
    with pytest.raises(NotUsable, match=r"conda install --prefix .*/c numpy"):
        find(str(of_conda), NUMPY, ENVIRON)


def test_what_an_older_python_is_refused_with(tmp_path):
    python = saying(tmp_path / "bin" / "python", version="3.8.18")
    with pytest.raises(NotUsable, match=r"is Python 3\.8\.18\. Expected 3\.10 or newer"):
        find(str(python), NUMPY, ENVIRON)


def test_a_numpy_that_draws_other_data(tmp_path):
    python = saying(tmp_path / "bin" / "python", packages={"numpy": "1.21.6"})
    with pytest.raises(NotUsable, match=r"has NumPy 1\.21\.6.*Expected 1\.22 or newer"):
        find(str(python), NUMPY, ENVIRON)


def test_a_broken_numpy_is_told_with_its_words(tmp_path):
    python = saying(tmp_path / "bin" / "python", numpy_fault="ImportError: undefined symbol")
    with pytest.raises(NotUsable, match=r"cannot be imported .*undefined symbol"):
        find(str(python), NUMPY, ENVIRON)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kill -SEGV $$", "ended by SIGSEGV"),
        ("exit 3", "ended with status 3"),
        ("exec yes", "wrote more than"),
        ("sleep 60", "no answer within"),
        ("sleep 60 & echo 'metalbench: {'", "no answer within"),
        ("echo 'metalbench: [1]'", "does not answer as a Python does"),
        ("echo 'metalbench: {}'", "is Python .* Expected 3.10"),
        ("printf 'metalbench: \\377{'", "does not answer as a Python does"),
    ],
)
def test_what_is_no_python(tmp_path, monkeypatch, text, message):
    monkeypatch.setattr(bounded_answer, "ANSWER_S", 0.5)
    with pytest.raises(NotUsable, match=message):
        find(str(program(tmp_path / "odd", text)), NUMPY, ENVIRON)


def test_words_that_are_no_facts_are_not_believed(tmp_path):
    python = saying(
        tmp_path / "bin" / "python", executable=7, prefix=[], packages=["x"], conda="yes"
    )
    found = find(str(python), NUMPY, ENVIRON)
    assert (found.python, found.prefix) == (python, tmp_path)
    assert (found.packages, found.conda) == ((), False)


def test_a_folder_without_a_python(tmp_path):
    with pytest.raises(NotUsable, match="holds no Python"):
        locate(str(tmp_path))
    (tmp_path / "pyvenv.cfg").touch()
    with pytest.raises(NotUsable, match="whose Python is gone"):
        locate(str(tmp_path))


def test_a_project_is_told_from_its_environment(tmp_path):
    program(tmp_path / ".venv" / "bin" / "python", "")
    with pytest.raises(NotUsable, match=r"holds one: .*/\.venv"):
        locate(str(tmp_path))


def test_an_installation_may_have_numbered_programs_alone(tmp_path):
    for name in ("python3.9", "python3.12", "python3.12-config"):
        program(tmp_path / "bin" / name, "")
    assert locate(str(tmp_path)).name == "python3.12"


def test_a_tilde_and_a_program_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    python = program(tmp_path / "bin" / "python3.12", "")
    assert locate("~/bin/python3.12") == locate("python3.12") == python
    with pytest.raises(NotUsable, match=r"no program python3\.13"):
        locate("python3.13")


@given(st.text(max_size=300))
def test_any_path_is_found_or_refused(text):
    with contextlib.suppress(NotUsable):
        locate(f"./{text}")


@pytest.mark.parametrize("word", ["~/dev", "./dev", "/opt/dev", ".venv", "a/b", "python3.12"])
def test_what_is_a_path(word):
    assert is_path(word)


@pytest.mark.parametrize("word", ["metal", "dev", "", "cuda", "pythonic"])
def test_what_is_a_word(word):
    assert not is_path(word)


def test_how_a_worker_starts_in_each(tmp_path):
    new = find(str(saying(tmp_path / "a" / "bin" / "python")), NUMPY, ENVIRON)
    old = saying(tmp_path / "b" / "bin" / "python", version="3.10.4", conda=True)
    older = find(str(old), NUMPY, ENVIRON)
    assert new.start[0] == "-P"
    assert "-P" not in older.start
    assert new.variables({"PATH": "/usr/bin"})["PATH"] == f"{tmp_path}/a/bin:/usr/bin"
    assert new.variables({})["VIRTUAL_ENV"] == str(tmp_path / "a")
    assert older.variables({})["CONDA_PREFIX"] == str(tmp_path / "b")
