"""The Makefile: what a person types reaches the command line as typed, and is never executed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from bench.__main__ import app
from tests.helpers.makefile import CHECKOUT, options, takes

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


def refused(*words: str) -> str:
    """What make says in place of calling anything; -n, for a `make clean` that is not refused.
    Tests may run under a make themselves, whose variables would tell this one so."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "-n", *words]
    ended = subprocess.run(
        command, cwd=CHECKOUT, env=own, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    return ended.stderr


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


# --- what each verb takes -------------------------------------------------------------------

MAKEFILE = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
TAKERS = [verb for verb, names in takes().items() if names]
SWITCHES = {"RESUME": "yes", "VERBOSE": "yes", "WRONG": "yes", "PUBLISHED": "no"}
BY_HAND = {"run": {"timeout", "records_only"}, "compare": {"of_a", "of_b", "json"}}
"""Parameters of a command that no option of make sets."""


def test_help_names_every_verb() -> None:
    rules = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    listed = re.search(r"^verbs = ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert listed
    assert {"help", *listed[1].replace("\\", "").split()} == rules
    assert {*takes(), "dev"} == rules
    assert set(re.findall(r"^([a-z]+)_takes =", MAKEFILE, re.MULTILINE)) == set(TAKERS)


def test_the_examples_of_help_are_taken() -> None:
    for verb, example in re.findall(r"^([a-z]+):.*## .*?\[(.*)", MAKEFILE, re.MULTILINE):
        assert set(re.findall(r"\b([A-Z_]+)=", example)) <= set(takes()[verb])


@pytest.mark.parametrize("verb", TAKERS)
def test_a_verb_takes_what_its_command_does(tmp_path: Path, verb: str) -> None:
    values = {name: f"./{name}" for name in takes()[verb]} | {"FORMAT": "markdown"} | SWITCHES
    typed = {name: values[name] for name in takes()[verb]}
    words = make(tmp_path, verb, *(f"{name}={value}" for name, value in typed.items()))
    assert {typed[name] for name in typed if name not in {*SWITCHES, "FORMAT"}} <= set(words)
    command = typer.main.get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    given, left, _ = command.make_parser(typer.Context(command)).parse_args(words[1:])
    assert not left
    every = {param.name for param in command.params} - BY_HAND.get(words[0], set())
    assert set(given) <= every
    assert verb in {"try", "pitfalls"} or set(given) == every
    for name, flag in ((name, name.lower()) for name in SWITCHES if name in typed):
        assert given[flag] is (typed[name] == "yes")


@pytest.mark.parametrize("verb", TAKERS)
def test_no_option_of_any_verb_is_expanded(tmp_path: Path, verb: str) -> None:
    trap = tmp_path / "trap"
    make(tmp_path, verb, *(f"{name}=$(shell touch {trap})" for name in takes()[verb]))
    assert not trap.exists()


@pytest.mark.parametrize("verb", sorted({*takes(), "dev"} - {"help"}))
def test_what_a_verb_does_not_take_is_refused(verb: str) -> None:
    names = takes().get(verb, ())
    expected = f"one of {' '.join(sorted(names))}" if names else "no option"
    name = max(options() - set(names))
    assert f"make {verb} takes no {name}. Expected {expected}." in refused(verb, f"{name}=x")


def test_of_several_verbs_one_must_take_it() -> None:
    command = ["make", "-n", "try", "report", "RESULTS=one", "FRAMEWORK=tf", "OUT=two"]
    ended = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    tried, reported = re.findall(r"\./metalbench .*", ended.stdout)
    assert "--framework 'tf'" in tried
    assert "--framework" not in reported
    said = refused("try", "report", "OUT=a", "MINUTES=1", "GOOD=2")
    assert "make try report takes no GOOD MINUTES. Expected one of BASELINE CASE" in said


def test_a_fleet_says_where_labels_stand() -> None:
    said = refused("fleet", "LABEL=mini-3")
    assert "make fleet takes no LABEL (labels stand in the hosts file). Expected" in said


@pytest.mark.parametrize("words", [["help"], []])
def test_without_a_verb_only_a_misspelt_option_is_refused(words: list[str]) -> None:
    command = ["make", "-s", *words, "SQL=x", "FRAMEWORK=tf"]
    ended = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert "make help" in ended.stdout
    assert "make takes no FRAMWORK. Expected one of A ACROSS" in refused(*words, "FRAMWORK=tf")


def test_a_misspelt_verb_is_what_make_complains_of() -> None:
    assert "No rule to make target" in refused("bech", "SUITE=mlp")


# --- single verbs ---------------------------------------------------------------------------


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


def test_a_try_can_be_narrowed(tmp_path: Path) -> None:
    words = make(tmp_path, "try", "FRAMEWORK=tf", "SUITE=mlp", "DEVICE=cpu", "TIME=10s")
    command = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    given, _, _ = command.make_parser(typer.Context(command)).parse_args(words[1:])
    narrowed = {"framework": "tf", "suite": "mlp", "device": "cpu", "time": "10s"}
    assert given == narrowed | {"preset": "smoke"}


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
    said = refused("doctor", f"SIUTE=$(shell touch {trap})")
    assert "make doctor takes no SIUTE. Expected one of MACHINE PASTE PRESET SUITE" in said
    assert not trap.exists()


def test_a_switch_is_not_expanded(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    assert make(tmp_path, "report", f"PUBLISHED=$(shell touch {trap})") == ["report"]
    assert not trap.exists()
