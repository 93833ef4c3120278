"""The Makefile: what a person types reaches the command line as typed, and is never executed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SHOW = "import json, sys; print(json.dumps(sys.argv[1:]))"


def make(tmp_path: Path, *words: str) -> list[str]:
    """The arguments with which make would have called `./metalbench`."""
    show = tmp_path / "show.py"
    show.write_text(SHOW, encoding="utf-8")
    ended = subprocess.run(
        ["make", "-s", *words, "PYTHON=true", f"HOST={sys.executable} {show}"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(ended.stdout)
    return found


def test_only_what_is_set_becomes_a_flag(tmp_path: Path) -> None:
    assert make(tmp_path, "bench") == ["run"]
    words = make(tmp_path, "bench", "FRAMEWORK=torch,jax==0.4.38", "PRESET=smoke", "THREADS=2")
    expected = "run --framework torch,jax==0.4.38 --preset smoke --threads 2"
    assert words == expected.split()
    assert make(tmp_path, "bench", "DATA_DIR=~/my data") == ["run", "--data-dir", "~/my data"]


@pytest.mark.parametrize(
    "value",
    [
        "a b",
        "it's",
        'say "x"',
        "a$b",
        "$$HOME",
        "c#d",
        "e\\",
        "*",
        "a;touch {}",
        "$(touch {})",
        "`touch {}`",
        "$(shell touch {})",
        "a' ; touch {} '",
        "a|touch {}",
    ],
)
def test_a_value_arrives_as_typed_and_runs_nothing(tmp_path: Path, value: str) -> None:
    trap = tmp_path / "trap"
    typed = value.format(trap)
    assert make(tmp_path, "bench", f"OUT={typed}") == ["run", "--out", typed]
    assert not trap.exists()


def test_results_are_paths_with_patterns_expanded(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    words = make(tmp_path, "report", f"RESULTS={tmp_path}/t* {tmp_path}/one/ no-such;place")
    assert words == ["report", f"{tmp_path}/two", f"{tmp_path}/one/", "no-such;place"]


def test_help_names_every_verb() -> None:
    shown = subprocess.run(
        ["make", "-s", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^\.PHONY: (.*)", makefile, re.MULTILINE)[0].split()) - {"dev"}
    assert set(re.findall(r"^ +make (\w+)", shown, re.MULTILINE)) == verbs


def test_published_figures_are_left_out_only_when_asked(tmp_path: Path) -> None:
    assert make(tmp_path, "report", "PUBLISHED=no") == ["report", "--no-published"]
    assert make(tmp_path, "open") == ["open"]
    assert make(tmp_path, "open", "OUT=a b") == ["open", "a b"]
    assert make(tmp_path, "report", "PUBLISHED=yes") == ["report"]
    words = make(tmp_path, "report", "BASELINE=Apple M1 Max", "OUT=a b")
    assert words == ["report", "--out", "a b", "--baseline", "Apple M1 Max"]


def test_the_doctor_gets_a_machine_and_what_is_to_run(tmp_path: Path) -> None:
    assert make(tmp_path, "doctor") == ["doctor"]
    words = make(tmp_path, "doctor", "MACHINE=my mac.json", "PRESET=full", "SUITE=mlp,cnn")
    assert words == ["doctor", "--machine", "my mac.json", "--preset", "full", "--suite", "mlp,cnn"]


def test_both_sides_of_a_comparison_arrive_as_typed(tmp_path: Path) -> None:
    words = make(tmp_path, "compare", "A=a b", "B=-c", "FAIL_ON=slower:3%", "THRESHOLD=2%")
    assert words == ["compare", "--fail-on", "slower:3%", "--threshold", "2%", "--", "a b", "-c"]
    words = make(tmp_path, "compare", "A=a", "FORMAT=markdown", "ACROSS=machines,settings")
    assert words == ["compare", "--across", "machines,settings", "--markdown", "-", "--", "a"]
    assert make(tmp_path, "compare", "OUT=a b") == ["compare", "--out", "a b", "--"]
    assert make(tmp_path, "compare") == ["compare", "--"]


@pytest.mark.parametrize("verb", ["bench", "pitfalls", "sustain", "bisect", "history"])
def test_a_run_gets_the_machines_name(tmp_path: Path, verb: str) -> None:
    assert make(tmp_path, verb, "LABEL=mini-3")[-2:] == ["--label", "mini-3"]


def test_a_fleet_gets_its_machines_and_what_is_measured(tmp_path: Path) -> None:
    words = make(tmp_path, "fleet", "HOSTS=my fleet.toml", "SUITE=mlp", "TIME=5m", "RESUME=yes")
    expected = ["--hosts", "my fleet.toml", "--suite", "mlp", "--time", "5m", "--resume"]
    assert words == ["fleet", *expected]
    words = make(tmp_path, "fleet", "HOSTS=local:4", "STORE=s3://a/b", "DEVICE=cpu")
    assert words == ["fleet", "--hosts", "local:4", "--device", "cpu", "--store", "s3://a/b"]


def test_an_export_gets_one_run_and_a_format(tmp_path: Path) -> None:
    words = make(tmp_path, "export", "RESULTS=my run", "FORMAT=bmf", "OUT=a b.json")
    assert words == ["export", "--format", "bmf", "--out", "a b.json", "--", "my run"]
    trap = tmp_path / "trap"
    typed = f"$(shell touch {trap})"
    assert typed in make(tmp_path, "export", f"RESULTS={typed}", f"FORMAT={typed}")
    assert not trap.exists()


@pytest.mark.parametrize("name", ["A", "B", "FAIL_ON", "FORMAT", "OUT"])
@pytest.mark.parametrize("value", ["$(shell touch {})", "`touch {}`", "a' ; touch {} '"])
def test_a_comparison_runs_nothing_that_was_typed(tmp_path: Path, name: str, value: str) -> None:
    trap = tmp_path / "trap"
    typed = value.format(trap)
    assert any(typed in word for word in make(tmp_path, "compare", f"{name}={typed}"))
    assert not trap.exists()


def test_time_and_tables(tmp_path: Path) -> None:
    assert make(tmp_path, "bench", "TIME=5m", "VERBOSE=yes") == ["run", "--time", "5m", "--verbose"]
    assert make(tmp_path, "report", "VERBOSE=yes") == ["report", "--verbose"]
    assert make(tmp_path, "report", "VERBOSE=no") == ["report"]


def test_a_try_is_one_command(tmp_path: Path) -> None:
    words = make(tmp_path, "try")
    assert words[:3] == ["run", "--framework", "torch,jax,mlx,numpy"]
    assert words[words.index("--time") + 1] == "40s"


def test_pitfalls_take_a_time_of_their_own(tmp_path: Path) -> None:
    words = make(tmp_path, "pitfalls", "FRAMEWORK=torch", "PRECISION=float16")
    assert words[:3] == ["run", "--suite", "pitfalls"]
    assert words[words.index("--time") + 1] == "2m"
    assert words[-4:] == ["--framework", "torch", "--precision", "float16"]
    assert "--time 5m" in " ".join(make(tmp_path, "pitfalls", "TIME=5m"))


def test_a_question_arrives_as_typed(tmp_path: Path) -> None:
    sql = "select \"case\", '$HOME' from cells where chip = 'Apple M4'"
    words = make(tmp_path, "query", "STORE=s3://lab/my runs", f"SQL={sql.replace('$', '$$')}")
    assert words[:3] == ["query", "--store", "s3://lab/my runs"]
    words = make(tmp_path, "report", "STORE=runs", "WHERE=chip = 'Apple M4'")
    assert words == ["report", "--store", "runs", "--where", "chip = 'Apple M4'"]
    trap = tmp_path / "trap"
    assert f"$(shell touch {trap})" in make(tmp_path, "query", f"SQL=$(shell touch {trap})")
    assert not trap.exists()
    assert make(tmp_path, "bench", "STORE=runs") == ["run", "--store", "runs"]


def test_a_misspelt_option_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    command = ["make", "-s", "list", f"FRAMWORK=$(shell touch {trap})", "PYTHON=true", "HOST=true"]
    ended = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "unknown option FRAMWORK. Expected one of FRAMEWORK SUITE" in ended.stderr
    assert not trap.exists()


def test_a_switch_is_not_expanded(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    assert make(tmp_path, "report", f"PUBLISHED=$(shell touch {trap})") == ["report"]
    assert not trap.exists()
