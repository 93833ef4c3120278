"""What is passed to uv, and its errors in words; the error texts were captured from uv itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.environments import uv
from bench.environments.platforms import Platform

CAPTURED = Path(__file__).resolve().parents[2] / "data" / "uv"

ARM_MAC = Platform("Darwin", "arm64", "15.2")
LINUX = Platform("Linux", "x86_64")


@pytest.mark.parametrize(
    ("captured", "name", "expected"),
    [
        ("no_version", "jax==9.9.9", ["the package index has no jax 9.9.9.", "another version"]),
        ("no_version_extra", "mlx==9.9.9", ["the package index has no mlx 9.9.9."]),
        ("no_version", "jax", ["UV_OFFLINE"]),
        ("refused", "jax", ["no answer", "HTTPS_PROXY", "/simple/jax/", "Connection refused"]),
        ("no_name", "jax", ["no answer", "index.invalid", "Name or service not known"]),
        ("switched_off", "jax", ["no answer", "jax was not found in the cache"]),
        ("no_wheel_python", "tf==2.4.0", ["tensorflow-cpu==2.4.0", "version of Python", "cp38"]),
        ("no_wheel_platform", "mlx", ["mlx==0.32.4", "operating system", "macosx_15_0_arm64"]),
        ("no_wheel_at_all", "numpy==1.19.0", ["numpy==1.19.0 has no wheel"]),
        ("needs_python", "jax==0.11.2", ["needs Python>=3.12", "another version"]),
        ("conflict", "jax", ["jaxlib==0.5.0", "uv failed"]),
        ("no_python", "jax", ["Python 3.14 is not installed", "Install Python 3.14"]),
        ("no_python_offline", "jax", ["Python 3.14 is not installed"]),
        ("pyenv_shim", "torch==1.12.1", ["Python 3.10 is not installed", "Install Python 3.10"]),
        ("hash_mismatch", "numpy", ["the file of numpy==2.4.6", "requirements/locks"]),
        ("disk_full", "numpy", ["the disk is full", "UV_CACHE_DIR", "numpy==2.4.6"]),
    ],
)
def test_uv_errors_become_what_is_wrong_and_what_helps(
    captured: str, name: str, expected: list[str]
) -> None:
    stderr = (CAPTURED / f"{captured}.txt").read_text(encoding="utf-8")
    message = uv.explain(stderr, name)
    assert message.startswith(f"environment {name}: ")
    assert all(words in message for words in expected), message
    assert "\n" not in message
    assert "warning" not in message
    assert len(message) < 900


@given(st.text())
def test_any_text_has_an_explanation(text: str) -> None:
    assert uv.explain(text, "numpy").startswith("environment numpy: ")


def test_what_another_python_could_cure_is_told_apart() -> None:
    cured = {
        path.stem
        for path in CAPTURED.glob("*.txt")
        if uv.Failed(path.read_text(encoding="utf-8")).wrong_python
    }
    assert cured == {"no_wheel_python", "needs_python"}


def test_uv_gets_the_users_variables_less_those_of_another_python() -> None:
    user = {"HTTPS_PROXY": "p", "VIRTUAL_ENV": "v", "PYTHONPATH": "x", "PIP_FIND_LINKS": "/a /b"}
    assert uv.variables(user, LINUX) == {
        "HTTPS_PROXY": "p",
        "PIP_FIND_LINKS": "/a /b",
        "UV_FIND_LINKS": "/a,/b",
    }
    assert uv.variables({**user, "UV_FIND_LINKS": "/c"}, LINUX)["UV_FIND_LINKS"] == "/c"
    assert uv.variables({}, ARM_MAC) == {"MACOSX_DEPLOYMENT_TARGET": "15.2"}
