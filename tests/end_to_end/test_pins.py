"""Every pin resolves to wheels on every platform, which uv can tell without being there."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import requirements, uv
from bench.platforms import PYTHONS, Platform, Unavailable, check

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Target:
    """A platform, in uv's words."""

    where: Platform
    triple: str


TARGETS = (
    Target(Platform("Darwin", "arm64", "15.0"), "aarch64-apple-darwin"),
    Target(Platform("Darwin", "x86_64", "14.0"), "x86_64-apple-darwin"),
    Target(Platform("Linux", "x86_64"), "x86_64-manylinux_2_35"),
    Target(Platform("Linux", "x86_64", nvidia=True), "x86_64-manylinux_2_35"),
)


@pytest.mark.parametrize("name", [*requirements.NAMES, *requirements.SPARE])
@pytest.mark.parametrize("target", TARGETS, ids=["arm-mac", "intel-mac", "linux", "linux-nvidia"])
def test_an_environment_resolves_to_wheels(name: str, target: Target, tmp_path: Path) -> None:
    try:
        check(name, target.where)
    except Unavailable as reason:
        pytest.skip(str(reason))
    tool = CHECKOUT / ".venv" / "boot" / "bin" / "uv"
    found = tool if tool.exists() else shutil.which("uv")
    if found is None:
        pytest.skip("needs uv, which `make setup` puts under .venv/boot")
    wanted = requirements.lines(CHECKOUT / "requirements", requirements.parse(name), target.where)
    listed = tmp_path / "wanted.txt"
    listed.write_text("\n".join(wanted), encoding="utf-8")
    python = PYTHONS[target.where.system, target.where.machine][0]
    ended = subprocess.run(
        [
            found,
            "pip",
            "compile",
            "--only-binary",
            ":all:",
            "--no-python-downloads",
            "--python-version",
            python,
            "--python-platform",
            target.triple,
            listed,
        ],
        env=uv.variables(os.environ, target.where)
        | {"MACOSX_DEPLOYMENT_TARGET": target.where.release or "15.0"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, uv.explain(ended.stderr, name)
