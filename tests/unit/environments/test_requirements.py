"""Names of environments, the requirement lines behind them, and what a platform cannot have."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import boot
from bench.environments import platforms, requirements, uv
from bench.environments.platforms import Platform, Unavailable, check, tensorflow_metal
from frameworks import FRAMEWORKS

CHECKOUT = Path(__file__).resolve().parents[3]
BEFORE_ANY_ENVIRONMENT = (
    CHECKOUT / "bench" / "boot.py",
    *sorted((CHECKOUT / "bench" / "environments").glob("*.py")),
    CHECKOUT / "frameworks" / "__init__.py",
    CHECKOUT / "suites" / "__init__.py",
    CHECKOUT / "suites" / "errors.py",
    CHECKOUT / "suites" / "data" / "__init__.py",
    CHECKOUT / "suites" / "data" / "cache_files.py",
    CHECKOUT / "suites" / "data" / "folder_sums.py",
    CHECKOUT / "suites" / "data" / "outside_file.py",
)

ARM_MAC = Platform("Darwin", "arm64", "15.2")
OLD_ARM_MAC = Platform("Darwin", "arm64", "13.6")
INTEL_MAC = Platform("Darwin", "x86_64", "14.7")
OLD_INTEL_MAC = Platform("Darwin", "x86_64", "12.7.6")
LINUX = Platform("Linux", "x86_64")
LINUX_NVIDIA = Platform("Linux", "x86_64", nvidia=True)


@pytest.mark.parametrize(
    "text", ["numpy", "host", "jax==0.4.38", "torch==2.13.0+cpu", "numpy+my-engine==1.3"]
)
def test_a_name_reads_back_as_it_was_written(text: str) -> None:
    assert str(requirements.parse(text)) == text


def test_a_variant_is_found_under_the_word_that_contenders_have() -> None:
    assert requirements.parse("jax:metal") == requirements.parse("jax-metal")


NO_NAMES = (
    *("numpy+==1", "numpy+a", "numpy+a/b==1", "numpy+A==1", "numpy+a==", "host+a==1"),
    *("jax:mps", "torch:metal", "jax:metal==1", "jax:", ":metal"),
    *("", "nonesuch", "boot", "JAX==1", "jax[cuda]==1", "jax>=1", "jax==1 ; x", "jax==1\n"),
    *("jax==", "jax==.", "jax==../../etc", "jax==1/2", "../jax==1", "host==1", "jax==" + "1" * 64),
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
    assert Path(str(name)).name == str(name) == text.replace(":", "-")
    assert not text.startswith(".")


EVERYWHERE = (ARM_MAC, OLD_ARM_MAC, INTEL_MAC, OLD_INTEL_MAC, LINUX, LINUX_NVIDIA)


def lines_of(name: str, where: Platform) -> list[str]:
    return requirements.lines(CHECKOUT / "requirements", requirements.parse(name), where)


@pytest.mark.parametrize("where", EVERYWHERE, ids=str)
@pytest.mark.parametrize("name", [*requirements.NAMES, *requirements.SPARE])
def test_every_environment_has_lines_pinned_exactly(name: str, where: Platform) -> None:
    lines = lines_of(name, where)
    assert lines
    assert all(line.partition(";")[0].count("==") == 1 for line in lines)


def test_a_contender_pins_its_framework_and_frees_the_rest() -> None:
    name = requirements.parse("jax==0.4.38")
    lines = requirements.lines(CHECKOUT / "requirements", name, LINUX)
    assert 'jax==0.4.38 ; sys_platform == "linux"' in lines
    assert 'jaxlib<=0.4.38 ; sys_platform == "linux"' in lines
    cuda = requirements.lines(CHECKOUT / "requirements", name, LINUX_NVIDIA)
    assert cuda == ["jax[cuda13]==0.4.38", "jaxlib<=0.4.38", "numpy"]


def test_a_mac_before_macos_14_has_files_of_its_own() -> None:
    assert "torch==2.8.0" in lines_of("torch", OLD_ARM_MAC)
    assert "mlx==0.29.3" in lines_of("mlx", OLD_ARM_MAC)
    assert not [line for line in lines_of("jax", OLD_ARM_MAC) if "jax-mps" in line]
    assert not [line for line in lines_of("dev-jax", OLD_ARM_MAC) if "jax-mps" in line]
    assert "tensorflow-metal==0.8.0" in lines_of("tf", OLD_INTEL_MAC)
    assert lines_of("torch", OLD_INTEL_MAC) == lines_of("torch", INTEL_MAC)
    assert lines_of("tf", OLD_ARM_MAC) == lines_of("tf", ARM_MAC)


def test_an_unknown_release_of_macos_counts_as_new() -> None:
    unknown = Platform("Darwin", "arm64")
    assert unknown.flavour == ""
    for name in (*requirements.NAMES, *requirements.SPARE):
        check(name, unknown)


@pytest.mark.parametrize("release", ["10.16", "16.0", "16"])
def test_a_disguise_is_no_release(release: str) -> None:
    where = Platform("Darwin", "arm64", release)
    assert (where.flavour, where.before(12), where.before(26)) == ("", False, False)
    check("numpy", where)


@pytest.mark.parametrize(
    ("sw_vers", "python", "anew", "release"),
    [
        ("26.1", "16.0", "", "26.1"),
        ("26.1", "10.16", "", "26.1"),
        ("", "15.2", "", "15.2"),
        ("", "16.0", "26.1", "26.1"),
        ("", "10.16", "12.7.6", "12.7.6"),
        ("junk", "10.15.7", "", "10.15.7"),
        ("16.0", "16.0", "16.0", ""),
        ("", "", "", ""),
    ],
)
def test_macos_is_asked_until_it_drops_its_disguise(
    sw_vers: str, python: str, anew: str, release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(command: list[str], environment: dict[str, str]) -> str:
        if command[0] == "/usr/bin/sw_vers":
            assert environment == {}
            return sw_vers
        assert environment == {"SYSTEM_VERSION_COMPAT": "0"}
        return anew

    monkeypatch.setattr(platforms, "_said", said)
    monkeypatch.setattr(platforms.platform, "mac_ver", lambda: (python, ("", "", ""), ""))
    assert platforms.macos() == release
    where = Platform("Darwin", "arm64", platforms.macos())
    assert (
        uv.variables({"MACOSX_DEPLOYMENT_TARGET": ""}, where).get("MACOSX_DEPLOYMENT_TARGET", "")
        == release
    )
    assert ("MACOSX_DEPLOYMENT_TARGET" in uv.variables({}, where)) is bool(release)


def test_a_command_that_is_not_there_or_fails_says_nothing() -> None:
    for command in (["/usr/bin/no-such-command"], [sys.executable, "-c", "print(1); exit(1)"]):
        assert platforms._said(command, {}) == ""
    assert platforms._said([sys.executable, "-c", "print(1)"], {}) == "1"


@pytest.mark.parametrize(
    ("name", "where", "reason"),
    [
        ("mlx", INTEL_MAC, "Intel Macs"),
        ("mlx", Platform("Darwin", "arm64", "12.7"), "macOS 13 or newer. Received: macOS 12.7"),
        ("jax-metal", LINUX, "macOS alone"),
        ("jax-metal", Platform("Darwin", "arm64", "14.3"), "needs macOS 14.4"),
        ("tf", Platform("Darwin", "arm64", "11.6"), "needs macOS 12 or newer"),
        ("numpy", Platform("Windows", "AMD64"), "Received: Windows AMD64"),
        ("numpy", Platform("Linux", "aarch64"), "Linux x86_64. Received: Linux aarch64"),
        ("tf==2.20.0", ARM_MAC, r"2\.12 to 2\.19, as in tf==2\.18\.1"),
        ("tf==2.20", ARM_MAC, "no tensorflow-metal loads in TensorFlow 2.20"),
        ("tf==2", ARM_MAC, "no tensorflow-metal loads in TensorFlow 2 "),
        ("tf==2.16.2", INTEL_MAC, r"2\.12 to 2\.13, as in tf==2\.13\.1"),
        ("tf==2.13.1", OLD_INTEL_MAC, r"built for 14.*tf==2\.12\.1.*macOS 12\.7\.6"),
    ],
)
def test_what_a_platform_can_never_have(name: str, where: Platform, reason: str) -> None:
    parsed = requirements.parse(name)
    with pytest.raises(Unavailable, match=reason):
        check(parsed.base, where, parsed.version)


@pytest.mark.parametrize("where", EVERYWHERE, ids=str)
def test_the_default_tensorflow_has_the_plugin_that_loads_in_it(where: Platform) -> None:
    if where.system != "Darwin":
        return
    of_here = [line for line in lines_of("tf", where) if where.machine in line or ";" not in line]
    pins = dict(line.partition(" ;")[0].split("==") for line in of_here)
    assert tensorflow_metal(pins["tensorflow"], where) == pins["tensorflow-metal"]


@pytest.mark.parametrize(
    ("name", "plugin"),
    [
        ("tf==2.13.1", "tensorflow-metal==1.0.0"),
        ("tf==2.16.2", "tensorflow-metal==1.1.0"),
        ("tf==2.18.1", "tensorflow-metal==1.2.0"),
        ("jax==0.11.1", "jax-mps "),
        ("jax==0.4.38", None),
    ],
)
def test_a_contender_has_the_plugin_that_goes_with_it(name: str, plugin: str | None) -> None:
    metal = [line for line in lines_of(name, ARM_MAC) if "-metal" in line or "-mps" in line]
    assert [line.startswith(plugin or "") for line in metal if "arm64" in line] == (
        [True] if plugin else []
    )


def test_a_framework_without_a_gpu_somewhere_has_one_elsewhere() -> None:
    assert platforms.without_gpu(INTEL_MAC) == ("jax",)
    assert platforms.without_gpu(ARM_MAC) == platforms.without_gpu(LINUX_NVIDIA) == ()
    for names in platforms.CPU_ALONE.values():
        assert all(FRAMEWORKS[name].on_gpu for name in names)


@pytest.mark.parametrize("arguments", [[], ["all"], ["numpy"]])
def test_nothing_is_made_on_an_unsupported_platform(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(boot, "here", lambda: Platform("Linux", "aarch64"))
    monkeypatch.setattr(boot, "_boot", lambda: pytest.fail("it began to make environments"))
    assert boot.main(arguments) == 1
    assert "Received: Linux aarch64" in capsys.readouterr().err


NEEDED_OF_SUITES = (
    "suites.errors",
    *(f"suites.data.{name}" for name in ("cache_files", "folder_sums", "outside_file")),
)
"""They are among the files looked at."""


@pytest.mark.parametrize("path", BEFORE_ANY_ENVIRONMENT, ids=lambda path: "/".join(path.parts[-2:]))
def test_boot_needs_python_3_9_and_its_standard_library_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    imported = {
        name if name in NEEDED_OF_SUITES else name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else _names(node))
    }
    # The probe runs in a Python of the user's own, which it asks for its NumPy.
    asked = {"numpy"} if path.name == "interpreter_probe.py" else set()
    assert imported <= sys.stdlib_module_names | {"bench", "frameworks", *NEEDED_OF_SUITES} | asked
    assert not too_new(tree)


def test_a_dataclass_that_python_3_9_cannot_make_is_found() -> None:
    assert too_new(ast.parse("@dataclass(frozen=True, kw_only=True)\nclass A: ..."))


def too_new(tree: ast.AST) -> list[str]:
    """Options of dataclasses that came after Python 3.9, which is no error of syntax."""
    words = (node.arg or "" for node in ast.walk(tree) if isinstance(node, ast.keyword))
    return [word for word in words if word in ("kw_only", "slots", "match_args")]


def _names(node: ast.Import) -> list[str]:
    return [alias.name for alias in node.names]
