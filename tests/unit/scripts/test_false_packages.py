"""The locks refuse a false package of the pinned version; without a lock it would be installed."""

import shutil

import pytest

from scripts.attack import packages


@pytest.fixture
def wheel(tmp_path):
    if not (packages.CHECKOUT / ".venv" / "boot" / "bin" / "uv").exists():
        pytest.skip("needs uv, which `make setup` puts under .venv/boot")
    return packages.false_wheel(tmp_path / "wheels", "numpy", packages.pinned("numpy"))


@pytest.mark.parametrize("offered", ["index", "index with the true hash", "folder"])
def test_a_false_numpy_of_the_pinned_version_is_refused_in_a_sentence(tmp_path, wheel, offered):
    here = packages.checkout(tmp_path / "checkout")
    with packages.offering(wheel, offered, claimed=packages.locked("numpy")[0]) as variables:
        counts = packages.built(here, ["numpy"], variables)
    assert not counts.bad(), counts.notes


def test_without_the_lock_it_is_installed_and_the_attack_counts_it(tmp_path, wheel):
    here = packages.checkout(tmp_path / "checkout")
    shutil.rmtree(here / "requirements" / "locks")
    with packages.offering(wheel, "index", claimed="") as variables:
        counts = packages.built(here, ["numpy"], variables)
    assert counts.escapes == 1
