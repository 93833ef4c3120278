"""Versions that were asked for: their companions, their Python, and what is refused before it is
downloaded. The real uv asks a package index that is served here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.environments import (
    building,
    manager,
    platforms,
    requirements,
    resolved,
    stamped_folder,
)
from bench.environments.manager import BuildFailed, NoSuchVersion, Unavailable
from bench.environments.platforms import Platform
from bench.environments.requirements import Name, parse
from bench.machine import privacy
from tests.helpers.package_index import Index, served, write_wheel

UPLOADED = {
    "numpy-1.26.0": "2023-09-16T00:00:00.000000Z",
    "numpy-1.26.9": "2024-02-05T00:00:00.000000Z",
    "numpy-2.0.0": "2024-06-16T00:00:00.000000Z",
    "jax-0.4.24": "2024-02-01T00:00:00.000000Z",
    "jax-0.5.0": "2025-01-01T00:00:00.000000Z",
    "torch-2.2.2": "2024-03-27T00:00:00.000000Z",
    "jax-0.6.0": "2025-01-01T00:00:00.000000Z",
    "jaxlib-0.4.23": "2023-12-01T00:00:00.000000Z",
    "jaxlib-0.6.0": "2025-01-01T00:00:00.000000Z",
}


@pytest.fixture
def wheels(bare_checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels; what is not on the loopback does not answer."""
    for version in ("1.26.0", "1.26.9", "2.0.0"):
        write_wheel(tmp_path / "index", "numpy", version)
    for version in ("0.4.24", "0.6.0"):
        write_wheel(tmp_path / "index", "jax", version, requires=["jaxlib", "numpy"])
    for version in ("0.4.23", "0.6.0"):
        write_wheel(tmp_path / "index", "jaxlib", version)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    return tmp_path / "index"


@pytest.fixture
def index(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """The usual index, which tells times of upload."""
    with served(wheels, UPLOADED) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
        yield index


def on(monkeypatch: pytest.MonkeyPatch, where: Platform) -> None:
    monkeypatch.setattr(platforms, "here", lambda: where)


def built(name: str | Name, index: str = "") -> dict[str, str]:
    """Version by package of the environment, built if need be."""
    parsed = parse(name) if isinstance(name, str) else name
    manager.ensure(parsed, print, index)
    packages: dict[str, str] = stamp(str(parsed))["packages"]
    return packages


def stamp(name: str) -> dict[str, Any]:
    return stamped_folder.stamp(manager.root() / name)


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
    assert requirements.bounds("torch", "2.2.2") == ["numpy<2"]
    assert requirements.bounds("torch", "2.3.0") == []
    assert requirements.bounds("torch", "nightly") == []


# --- other places ---------------------------------------------------------------------------


def test_a_build_of_a_day_comes_from_the_index_named(index: Index, tmp_path: Path) -> None:
    write_wheel(tmp_path / "own", "jax", "0.7.0.dev20261120", requires=["jaxlib", "numpy"])
    write_wheel(tmp_path / "own", "jaxlib", "0.7.0.dev20261120")
    with served(tmp_path / "own") as own:
        found = built("jax==0.7.0.dev20261120", own.url)
    assert found["jax"] == "0.7.0.dev20261120"
    assert found["numpy"] == "2.0.0"  # the usual index has what that one lacks
    taken = len(index.asked)
    assert built("jax==0.7.0.dev20261120")["jax"] == "0.7.0.dev20261120"
    assert len(index.asked) == taken  # without the word, it stays as it was built


def test_a_folder_of_wheels_serves_as_an_index(index: Index, tmp_path: Path) -> None:
    write_wheel(tmp_path / "own", "numpy", "2.5.0.dev1")
    assert built("numpy==2.5.0.dev1", str(tmp_path / "own")) == {"numpy": "2.5.0.dev1"}


def test_a_password_of_the_index_is_written_nowhere(index: Index, tmp_path: Path) -> None:
    write_wheel(tmp_path / "own", "numpy", "2.5.0.dev1")
    with served(tmp_path / "own") as own:
        built("numpy==2.5.0.dev1", own.url.replace("//", "//somebody:secret@"))
    home = manager.root() / "numpy==2.5.0.dev1"
    for name in (stamped_folder.STAMP, "pylock.toml"):
        assert "secret" not in (home / name).read_text(encoding="utf-8")
    assert "secret" not in privacy.scrub(own.url.replace("//", "//somebody:secret@"))


def test_a_nightly_is_the_newest_build_and_of_the_day(index: Index, tmp_path: Path) -> None:
    for day in ("20261119", "20261120"):
        version = f"0.7.0.dev{day}"
        write_wheel(tmp_path / "own", "jax", version, requires=[f"jaxlib<={version}", "numpy"])
        write_wheel(tmp_path / "own", "jaxlib", version)
    with served(tmp_path / "own") as own:
        found = built("jax==nightly", own.url)
    assert found["jax"] == found["jaxlib"] == "0.7.0.dev20261120"
    assert found["numpy"] == "2.0.0"


def test_a_version_that_does_not_exist_names_some_that_do(index: Index) -> None:
    with pytest.raises(NoSuchVersion, match=r"no jax 9\.9\..*: 0\.6\.0, 0\.4\.24\."):
        built("jax==9.9")
    assert index.downloaded == []


def test_a_wheel_is_installed_with_what_it_needs(index: Index, tmp_path: Path) -> None:
    file = write_wheel(tmp_path / "a b", "jax", "0.7.0a0+gitabc", requires=["jaxlib", "numpy"])
    name = Name("jax", "0.7.0a0+gitabc", "0123456789ab", file)
    found = built(name)
    assert found == {"jax": "0.7.0a0+gitabc", "jaxlib": "0.6.0", "numpy": "2.0.0"}
    listed = next(each for each in manager.listing() if each.name == str(name))
    assert (listed.state, listed.versions["jax"]) == ("ready", "0.7.0a0+gitabc")
    assert parse(str(name)) == name


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


# --- names ----------------------------------------------------------------------------------


def test_what_nobody_publishes_every_night_is_refused() -> None:
    assert str(parse("jax==nightly")) == "jax==nightly"
    with pytest.raises(ValueError, match="no nightly of mlx"):
        parse("mlx==nightly")


def test_a_nightly_s_lines_have_its_own_names() -> None:
    files = Path(__file__).resolve().parents[3] / "requirements"
    lines = requirements.lines(files, parse("tf==nightly"), Platform("Linux", "x86_64"))
    assert 'tf-nightly-cpu>=0.dev0 ; sys_platform == "linux"' in lines
