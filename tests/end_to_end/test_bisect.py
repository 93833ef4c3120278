"""A bisection from the command line, through releases of a package that is made here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.environments import manager, requirements
from scripts import bisect_rate
from tests.helpers.package_index import write_wheel
from tests.helpers.patience import PATIENT_S

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "metalbench-wrongpoke"
VERSIONS = [f"1.{number}" for number in range(5)]
WRONG_FROM = 3

MODULE = """\
__version__ = "{version}"


def matmul(a, b):
    return (a @ b) * {factor}
"""


@pytest.fixture
def wrongpoke(tmp_path: Path) -> Iterator[Path]:
    """An adapter of it, beside a folder of its releases; what was built of them goes again."""
    for number, version in enumerate(VERSIONS):
        text = MODULE.format(version=version, factor=1.5 if number >= WRONG_FROM else 1.0)
        write_wheel(tmp_path / "index", PACKAGE, version, text=text)
    usual = Path(bisect_rate.__file__).with_name("adapter.py").read_text(encoding="utf-8")
    path = tmp_path / "adapter.py"
    path.write_text(usual.replace("slowpoke", "wrongpoke"), encoding="utf-8")
    yield path
    for version in VERSIONS:
        manager.remove(requirements.parse(f"numpy+{PACKAGE}=={version}"))


def bisect(adapter: Path, *more: str, bad: str = VERSIONS[-1]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "bisect", "--framework", str(adapter)]
    command += ["--good", VERSIONS[0], "--bad", bad, "--suite", "matmul", "--case", "square/64"]
    command += ["--preset", "smoke", "--starts", "3", "--wrong", "--disk", "1M"]
    command += ["--index", str(adapter.parent / "index"), "--out", str(adapter.parent / "out")]
    done = subprocess.run(
        [*command, *more],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=PATIENT_S,
        check=False,
    )
    assert "Traceback" not in done.stderr
    if done.returncode == 1 and "cannot be installed" in done.stderr:
        pytest.skip(f"NumPy cannot be installed here: {done.stderr.strip()[-200:]}")
    return done


def test_the_release_that_became_wrong_is_named_and_nothing_is_measured_twice(
    wrongpoke: Path,
) -> None:
    done = bisect(wrongpoke)
    assert done.returncode == 0, done.stderr
    assert f"became wrong in {VERSIONS[WRONG_FROM]}; {VERSIONS[WRONG_FROM - 1]} was not" in (
        done.stdout
    )
    assert f"{PACKAGE}==1.4: removed" in done.stderr  # far from what was looked at next
    runs = sorted((wrongpoke.parent / "out").iterdir())
    again = bisect(wrongpoke, "--resume")
    assert again.stdout == done.stdout
    assert sorted((wrongpoke.parent / "out").iterdir()) == runs
    none = bisect(wrongpoke, bad=VERSIONS[WRONG_FROM - 1])
    assert none.returncode == 3, none.stderr
    assert "nothing to find" in none.stdout
