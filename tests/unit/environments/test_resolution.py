"""Versions that were asked for: their companions, their Python, and what is refused before it is
downloaded. The real uv asks a package index that is served here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.environments import (
    building,
    manager,
    platforms,
    requirements,
    resolved,
)
from bench.environments.manager import BuildFailed, Unavailable
from bench.environments.platforms import Platform
from bench.environments.requirements import parse
from tests.helpers.package_index import Index, served, write_wheel
from tests.unit.environments.conftest import UPLOADED, built, stamp


def on(monkeypatch: pytest.MonkeyPatch, where: Platform) -> None:
    monkeypatch.setattr(platforms, "here", lambda: where)


# --- companions -----------------------------------------------------------------------------


def test_companions_are_of_the_version_s_time(index: Index) -> None:
    old = built("jax==0.4.24")
    assert old == {"jax": "0.4.24", "jaxlib": "0.4.23", "numpy": "1.26.9"}
    assert built("jax==0.6.0") == {"jax": "0.6.0", "jaxlib": "0.6.0", "numpy": "2.0.0"}
    assert stamp("jax==0.4.24")["until"] == "2024-02-08T00:00:00+00:00"


def test_the_lock_with_its_hashes_stays_in_the_environment(index: Index) -> None:
    built("numpy==1.26.0")
    text = (manager.root() / "numpy==1.26.0" / "pylock.toml").read_text(encoding="utf-8")
    assert "sha256" in text
    assert "2023-09-16" in text


def test_another_file_than_was_resolved_is_not_installed(
    index: Index, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install = resolved.Resolved.install

    def exchanged(self: resolved.Resolved, wanted: resolved.Wanted) -> list[str]:
        found = install(self, wanted)
        write_wheel(wheels, "numpy", "1.26.0", text="evil = True\n")
        return found

    monkeypatch.setattr(resolved.Resolved, "install", exchanged)
    with pytest.raises(BuildFailed, match="not the one that"):
        built("numpy==1.26.0")


def test_without_times_the_table_of_bounds_counts(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(wheels) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
        old = built("jax==0.4.24")
    assert old == {"jax": "0.4.24", "jaxlib": "0.4.23", "numpy": "1.26.9"}
    assert stamp("jax==0.4.24")["until"] == ""


def test_companions_without_times_are_not_missed(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = dict.fromkeys(("numpy", "jaxlib"), "2030-01-01T00:00:00.000000Z")
    with served(wheels, {**late, "jax-0.4.24": UPLOADED["jax-0.4.24"]}) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
        assert built("jax==0.4.24")["numpy"] == "1.26.9"
    assert stamp("jax==0.4.24")["until"] == ""


def test_every_bound_has_a_source_and_holds_below_its_version_alone() -> None:
    assert all(bound.source for bound in requirements.BOUNDS)
    assert requirements.bounds(parse("torch==2.2.2")) == ["numpy<2"]
    assert requirements.bounds(parse("torch==2.3.0")) == []
    assert requirements.bounds(parse("torch==nightly")) == []


# --- what would be downloaded in vain -------------------------------------------------------


@pytest.fixture
def with_cuda(wheels: Path) -> None:
    write_wheel(wheels, "torch", "2.2.2", requires=["nvidia-cublas-cu12; python_version > '3'"])
    write_wheel(wheels, "nvidia-cublas-cu12", "12.1")


@pytest.mark.usefixtures("with_cuda")
def test_cuda_is_not_downloaded_where_no_gpu_can_use_it(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, Platform("Linux", "x86_64"))
    with pytest.raises(Unavailable, match=r"without CUDA is not to be had.*INDEX=URL"):
        built("torch==2.2.2")
    assert index.downloaded == []


@pytest.mark.usefixtures("with_cuda")
def test_cuda_is_taken_where_there_is_a_gpu_or_who_asks_named_the_index(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, Platform("Linux", "x86_64"))
    assert built("torch==2.2.2", index.url)["nvidia-cublas-cu12"] == "12.1"
    on(monkeypatch, Platform("Linux", "x86_64", nvidia=True))
    assert "nvidia-cublas-cu12" in built("torch==2.2.2")


@pytest.mark.usefixtures("with_cuda")
def test_a_folder_with_the_build_for_the_cpu_is_enough(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, Platform("Linux", "x86_64"))
    write_wheel(tmp_path / "own", "torch", "2.2.2+cpu")
    found = built("torch==2.2.2", str(tmp_path / "own"))
    assert found == {"torch": "2.2.2+cpu", "numpy": "1.26.9"}


def test_what_the_disk_cannot_hold_is_not_downloaded(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(wheels, UPLOADED, {"numpy-2.0.0": 10**15}) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
        with pytest.raises(BuildFailed, match=r"it needs about 3,000,000,000 MB on the disk"):
            built("numpy==2.0.0")
        assert index.downloaded == []


def test_an_extra_is_asked_for_by_its_older_name(
    index: Index, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, Platform("Linux", "x86_64", nvidia=True))
    write_wheel(
        wheels,
        "jax",
        "0.5.0",
        requires=["jaxlib", "numpy", "jax-cuda12-plugin; extra == 'cuda12'"],
        extras=["cuda12"],
    )
    write_wheel(wheels, "jax-cuda12-plugin", "0.5.0")
    assert built("jax==0.5.0")["jax-cuda12-plugin"] == "0.5.0"
    with pytest.raises(Unavailable, match="no package with CUDA"):
        built("jax==0.6.0")  # it has none of the extras
    assert not any(name.startswith("jax-0.6") for name in index.downloaded)


# --- Pythons --------------------------------------------------------------------------------


def test_the_python_is_one_that_the_version_has_a_wheel_for(index: Index, wheels: Path) -> None:
    (wheels / "numpy-1.26.9-py3-none-any.whl").rename(wheels / "numpy-1.26.9-cp38-none-any.whl")
    with pytest.raises(BuildFailed, match=r"no wheel for this version of Python"):
        built("numpy==1.26.9")
    assert index.downloaded == []


def test_the_reason_is_that_of_a_python_which_has_wheels_and_is_not_here(
    index: Index, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    monkeypatch.setenv("PYENV_ROOT", str(wheels))
    monkeypatch.setenv("PATH", str(wheels))
    monkeypatch.setattr(platforms, "OTHER_PYTHONS", ("3.19",))
    (wheels / "numpy-1.26.9-py3-none-any.whl").rename(wheels / "numpy-1.26.9-cp319-none-any.whl")
    with pytest.raises(BuildFailed, match=r"Python 3\.19 is not installed"):
        built("numpy==1.26.9")
    assert index.downloaded == []


def test_pyenv_s_pythons_are_found_though_not_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert building.of_pyenv("3.10") is None
    for version in ("3.10.9", "3.10.13", "3.1.5"):
        program = tmp_path / "versions" / version / "bin" / f"python{version.rpartition('.')[0]}"
        program.parent.mkdir(parents=True)
        program.touch()
    found = building.of_pyenv("3.10")
    assert found is not None and found.parts[-3] == "3.10.13"
