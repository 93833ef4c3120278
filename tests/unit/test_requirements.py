"""Names of environments, the requirement lines behind them, and what a platform cannot have."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import frameworks
from bench import requirements
from bench.platforms import Platform, Unavailable, check, pythons

CHECKOUT = Path(__file__).resolve().parents[2]
BEFORE_ANY_ENVIRONMENT = ("boot", "environments", "folders", "platforms", "requirements", "uv")

ARM_MAC = Platform("Darwin", "arm64", "15.2")
INTEL_MAC = Platform("Darwin", "x86_64", "14.7")
LINUX = Platform("Linux", "x86_64")
LINUX_NVIDIA = Platform("Linux", "x86_64", nvidia=True)


@pytest.mark.parametrize("text", ["numpy", "host", "dev", "jax==0.4.38", "torch==2.13.0+cpu"])
def test_a_name_reads_back_as_it_was_written(text: str) -> None:
    assert str(requirements.parse(text)) == text


NO_NAMES = (
    *("", "nonesuch", "boot", "JAX==1", "jax[cuda]==1", "jax>=1", "jax==1 ; x", "jax==1\n"),
    *("jax==", "jax==.", "jax==../../etc", "jax==1/2", "../jax==1", "host==1", "jax==" + "1" * 60),
)


@pytest.mark.parametrize("text", NO_NAMES)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no such environment"):
        requirements.parse(text)


@given(st.text() | st.from_regex(r"(jax|torch)==[0-9a-z.+/\-]{1,20}", fullmatch=True))
def test_a_name_never_leaves_its_folder(text: str) -> None:
    try:
        name = requirements.parse(text)
    except ValueError:
        return
    assert Path(str(name)).name == str(name) == text
    assert not text.startswith(".")


def test_the_frameworks_are_those_of_the_one_list() -> None:
    assert tuple(requirements.FRAMEWORKS) == frameworks.NAMES
    for name, facts in frameworks.FRAMEWORKS.items():
        assert facts.package in requirements.FRAMEWORKS[name]


@pytest.mark.parametrize("where", [ARM_MAC, INTEL_MAC, LINUX, LINUX_NVIDIA])
@pytest.mark.parametrize("name", [*requirements.NAMES, *requirements.SPARE])
def test_every_environment_has_lines_pinned_exactly(name: str, where: Platform) -> None:
    lines = requirements.lines(CHECKOUT / "requirements", requirements.parse(name), where)
    assert lines
    assert all(line.partition(";")[0].count("==") == 1 for line in lines)


def test_a_contender_pins_its_framework_and_frees_the_rest() -> None:
    name = requirements.parse("jax==0.4.38")
    lines = requirements.lines(CHECKOUT / "requirements", name, LINUX)
    assert 'jax==0.4.38 ; sys_platform == "linux"' in lines
    assert 'jaxlib ; sys_platform == "linux"' in lines
    cuda = requirements.lines(CHECKOUT / "requirements", name, LINUX_NVIDIA)
    assert cuda == ["jax[cuda13]==0.4.38", "jaxlib", "numpy"]


def test_mlx_is_unavailable_on_intel_macs_and_all_is_on_other_systems() -> None:
    check("mlx", ARM_MAC)
    with pytest.raises(Unavailable, match="Intel Macs"):
        check("mlx", INTEL_MAC)
    with pytest.raises(Unavailable, match="Received: Windows AMD64"):
        pythons(Platform("Windows", "AMD64"))


@pytest.mark.parametrize("module", BEFORE_ANY_ENVIRONMENT)
def test_boot_needs_python_3_9_and_its_standard_library_only(module: str) -> None:
    text = (CHECKOUT / "bench" / f"{module}.py").read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else _names(node))
    }
    assert imported <= sys.stdlib_module_names | {"bench"}


def _names(node: ast.Import) -> list[str]:
    return [alias.name for alias in node.names]
