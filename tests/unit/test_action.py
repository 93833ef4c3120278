"""The GitHub Action: what is typed runs nothing; its limits reach the job, comments are one.

Its steps run as in a runner's bash, with a command line and a `gh` that only note their words.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.patience import PATIENT_S

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}

NOTING = f"""#!{sys.executable}
import json, os, pathlib, sys
words = sys.argv[1:]
with open(os.environ["NOTED"], "a") as file:
    file.write(json.dumps(words) + "\\n")
flags = dict(word.split("=", 1) for word in words if word.startswith("--") and "=" in word)
if words[0] == "run":
    run = pathlib.Path(flags["--out"]) / "20261120-101500-ab12"
    run.mkdir()
    (run / "summary.md").write_text("the summary")
elif words[0] == "compare":
    pathlib.Path(flags["--markdown"]).write_text("**the comparison**")
if words[:2] == ["api", "--paginate"] and os.environ.get("OLDER"):
    print(os.environ["OLDER"])
sys.exit(int(os.environ.get(words[0].upper() + "_EXITS", "0")))
"""

HOSTILE = [
    "$(touch {})",
    "`touch {}`",
    "'; touch {}; '",
    '"; touch {}; "',
    "a\n touch {}",
    "--help; touch {}",
    "*",
    "$HOME",
]


class Runner:
    """A runner's folders and variables."""

    def __init__(self, folder: Path) -> None:
        self.noted, self.output = folder / "noted", folder / "output"
        self.summary, self.trap = folder / "summary", folder / "trap"
        for name in ("action", "bin", "temp", "work"):
            (folder / name).mkdir()
        for file in (folder / "action" / "metalbench", folder / "bin" / "gh"):
            file.write_text(NOTING, encoding="utf-8")
            file.chmod(0o755)
        for file in (self.noted, self.output, self.summary):
            file.touch()
        self.work = folder / "work"
        self.variables = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "NOTED": str(self.noted),
            "GITHUB_ACTION_PATH": str(folder / "action"),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_REPOSITORY": "someone/something",
            "RUNNER_TEMP": str(folder / "temp"),
        }

    def step(self, name: str, **given: str) -> int:
        """The exit code of a step, with these for the variables it takes from inputs."""
        assert set(given) - {"RUN_EXITS", "COMPARE_EXITS", "OLDER"} <= set(STEPS[name]["env"])
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
            cwd=self.work,
            env=self.variables | dict.fromkeys(STEPS[name]["env"], "") | given,
            capture_output=True,
            timeout=PATIENT_S,
            check=False,
        ).returncode

    def measured(self, **given: str) -> str:
        """The run's folder, after the first two steps."""
        assert self.step("Measure", **{"A": "torch", "B": "torch@compile"} | given) == 0
        return self.outputs["folder"]

    @property
    def words(self) -> list[list[str]]:
        """What each command that ran was given."""
        return [json.loads(line) for line in self.noted.read_text().splitlines()]

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_no_script_holds_an_expression() -> None:
    assert not [name for name, step in STEPS.items() if "${{" in step.get("run", "")]
    assert all(step["shell"] == "bash" for step in STEPS.values() if "run" in step)


@pytest.mark.parametrize("text", HOSTILE)
def test_inputs_arrive_as_typed_and_run_nothing(runner: Runner, text: str) -> None:
    typed = text.format(runner.trap)
    names = ("A", "B", "SUITE", "DEVICE", "PRESET", "TIME", "STARTS")
    folder = runner.measured(**dict.fromkeys(names, typed))
    runner.step("Compare", FAIL_ON=typed, FOLDER=folder)
    runner.step("Comment", GH_TOKEN=typed, NUMBER="7", FOLDER=folder, WHAT=typed)
    run, compare, *_ = runner.words
    for flag in ("suite", "device", "preset", "time", "starts"):
        assert f"--{flag}={typed}" in run
    assert f"--framework={typed},{typed}" in run
    assert f"--fail-on={typed}" in compare
    assert compare[-2:] == ["--", folder]
    assert f"--out={folder}" in compare, "the page is uploaded with all else"
    assert not runner.trap.exists()
    assert set(runner.outputs) == {"folder", "code"}


@pytest.mark.parametrize("sides", [("torch,jax", "jax"), ("torch", ""), ("", "torch")])
def test_each_side_is_one_contender(runner: Runner, sides: tuple[str, str]) -> None:
    assert runner.step("Measure", A=sides[0], B=sides[1]) == 2
    assert runner.words == []


def test_what_is_not_given_is_left_to_the_command_line(runner: Runner) -> None:
    runner.measured()
    (words,) = runner.words
    assert words[:2] == ["run", "--framework=torch,torch@compile"]
    assert [word.partition("=")[0] for word in words[2:]] == ["--out"]


@pytest.mark.parametrize("code", [0, 1])
def test_the_exit_code_of_the_comparison_is_the_verdict(runner: Runner, code: int) -> None:
    """A run in which something failed (1) is compared too: the comparison says what."""
    folder = runner.measured(RUN_EXITS="1")
    assert runner.step("Compare", FOLDER=folder, COMPARE_EXITS=str(code)) == 0
    assert runner.outputs["code"] == str(code)
    assert runner.summary.read_text() == "**the comparison**\n---\n\nthe summary\n"
    assert runner.step("Verdict", CODE=runner.outputs["code"]) == code


def test_what_could_not_be_measured_or_compared_ends_the_job_at_once(runner: Runner) -> None:
    assert runner.step("Measure", A="torch", B="jax", RUN_EXITS="2") == 2
    assert runner.outputs == {}
    folder = runner.measured()
    assert runner.step("Compare", FOLDER=folder, COMPARE_EXITS="2") == 2
    assert runner.summary.read_text() == ""


@pytest.mark.parametrize(
    ("older", "called"),
    [
        ("", ["POST", "repos/someone/something/issues/7/comments"]),
        ("41", ["PATCH", "repos/someone/something/issues/comments/41"]),
    ],
)
def test_a_comment_is_written_once_and_then_changed(
    runner: Runner, older: str, called: list[str]
) -> None:
    folder = Path(runner.measured())
    (folder / "comment.md").write_text("x" * 100_000, encoding="utf-8")
    given = {"NUMBER": "7", "FOLDER": str(folder), "WHAT": 'ci/job --> "|', "OLDER": older}
    assert runner.step("Comment", **given) == 0
    asked, written = runner.words[-2:]
    assert written[3:5] == called
    assert written[5:] == ["-F", f"body=@{folder}/posted.md"]
    posted = (folder / "posted.md").read_text(encoding="utf-8")
    (mark,) = re.findall(r"\A<!-- metalbench [0-9]+ -->", posted)
    assert mark in asked[-1], "the query looks for the same mark"
    assert len(posted) < 65_536, "what a comment may hold"


@pytest.mark.skipif(not shutil.which("jq"), reason="no jq, which `gh` has inside")
def test_the_query_finds_the_mark_of_a_bot_alone(runner: Runner) -> None:
    folder = Path(runner.measured())
    (folder / "comment.md").touch()
    runner.step("Comment", NUMBER="7", FOLDER=str(folder), WHAT="x")
    asked, _ = runner.words[-2:]
    mark = (folder / "posted.md").read_text(encoding="utf-8").splitlines()[0]
    comments = [
        {"id": 1, "user": {"type": "User"}, "body": mark},
        {"id": 2, "user": {"type": "Bot"}, "body": f"said: {mark}"},
        {"id": 3, "user": {"type": "Bot"}, "body": f"{mark}\nolder"},
    ]
    found = subprocess.run(
        ["jq", asked[-1]], input=json.dumps(comments), capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["3"]


def test_the_page_describes_every_input() -> None:
    page = (ROOT / "docs" / "action.md").read_text(encoding="utf-8")
    assert not [name for name in ACTION["inputs"] if f"`{name}`" not in page]
    assert not [name for name in ACTION["outputs"] if f"`{name}`" not in page]
