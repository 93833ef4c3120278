"""Which Pythons of a machine would do in place of an environment that cannot be built."""

from pathlib import Path

import pytest

from bench.contenders import discovery
from bench.contenders import spec as contenders
from bench.contenders.discovery import ContenderSelection
from bench.environments import interpreters_here, manager
from bench.environments.interpreters_here import MOST_TOLD, having
from frameworks import FRAMEWORKS


def holding(home: Path, *modules: str) -> Path:
    for module in modules:
        (home / "lib" / "python3.12" / "site-packages" / module).mkdir(parents=True)
    return home


def test_those_of_conda_pyenv_and_the_one_in_use(tmp_path: Path) -> None:
    conda = holding(tmp_path / "miniforge3" / "envs" / "dev", "torch", "numpy")
    listed = holding(tmp_path / "elsewhere", "torch", "numpy")
    used = holding(tmp_path / "used", "torch", "numpy")
    holding(tmp_path / ".pyenv" / "versions" / "3.12.1", "torch")  # without NumPy
    (tmp_path / ".conda").mkdir()
    (tmp_path / ".conda" / "environments.txt").write_text(f"{listed}\nnonsense\n{conda}\n")
    found = having(FRAMEWORKS["torch"], {"VIRTUAL_ENV": str(used)}, tmp_path)
    assert [each for each in found if tmp_path in each.parents] == [used, conda, listed][:MOST_TOLD]
    assert conda not in having(FRAMEWORKS["jax"], {}, tmp_path)


def test_what_cannot_be_built_is_told_what_would_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(name: object, say: object) -> Path:
        raise manager.BuildFailed("no answer from the package index.")

    wanted = ContenderSelection(
        specs=contenders.parse(["torch"]),
        device="cpu",
        precisions=("float32",),
        threads=None,
        timeout_s=10.0,
    )
    for found, told in (
        ([tmp_path / "my env"], f"FRAMEWORK='torch:{tmp_path}/my env'."),
        ([], "FRAMEWORK=torch:PATH."),
    ):
        monkeypatch.setattr(interpreters_here, "having", lambda *_, found=found: found)
        (absent,) = discovery.discover(wanted, offline, lambda line: None).absent
        assert absent.reason.startswith("no answer from the package index.")
        assert absent.reason.endswith(told)
