"""Versions from other places than the usual index: INDEX, wheels, nightlies."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.environments import manager, requirements, stamped_folder
from bench.environments.manager import BuildFailed, NoSuchVersion
from bench.environments.platforms import Platform
from bench.environments.requirements import Name, parse
from bench.machine import privacy
from tests.helpers.package_index import Index, served, write_wheel
from tests.unit.environments.conftest import built


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


def test_releases_between_two_are_listed_without_both(index: Index) -> None:
    assert manager.releases(parse("jax==0.6.0"), "0.4.0") == ["0.4.24"]
    assert manager.releases(parse("jax==0.4.24"), "0.4.0") == []
    assert index.downloaded == []


def test_an_index_that_does_not_answer_is_told(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    with pytest.raises(BuildFailed, match="no answer from the package index"):
        manager.releases(parse("jax==0.6.0"), "0.4.0")


def test_a_package_of_ones_own_has_versions(index: Index, tmp_path: Path) -> None:
    for version in ("1.2", "1.3", "1.4"):
        write_wheel(tmp_path / "own", "my-engine", version)
    name = parse("numpy+my-engine==1.3")
    found = built(name, str(tmp_path / "own"))
    assert found == {"my-engine": "1.3", "numpy": "2.0.0"}
    newest = parse("numpy+my-engine==1.4")
    assert manager.releases(newest, "1.2", str(tmp_path / "own")) == ["1.3"]
    assert str(name) in {state.name for state in manager.listing()}


# --- names ----------------------------------------------------------------------------------


def test_what_nobody_publishes_every_night_is_refused() -> None:
    assert str(parse("jax==nightly")) == "jax==nightly"
    with pytest.raises(ValueError, match="no nightly of mlx"):
        parse("mlx==nightly")


def test_a_nightly_s_lines_have_its_own_names() -> None:
    files = Path(__file__).resolve().parents[3] / "requirements"
    lines = requirements.lines(files, parse("tf==nightly"), Platform("Linux", "x86_64"))
    assert 'tf-nightly-cpu>=0.dev0 ; sys_platform == "linux"' in lines
