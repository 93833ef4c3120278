"""The workflow of continuous integration: actions pinned, time bounded, every framework covered."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import frameworks

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / ".github" / "workflows" / "ci.yml"
TEXT = PATH.read_text(encoding="utf-8")
JOBS: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["jobs"]
MATRIX = "${{ fromJSON(needs.frameworks.outputs.names) }}"


def unpinned(text: str) -> Iterator[str]:
    """Actions that are not named by a full commit with the version in a comment, nor our own."""
    for line in re.findall(r"^\s*(?:- )?uses: (.*)$", text, re.MULTILINE):
        if line != "./" and not re.fullmatch(
            r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line
        ):
            yield line


def commits(text: str) -> dict[str, set[str]]:
    """The commits and versions under which each action appears."""
    found: dict[str, set[str]] = {}
    for action, pin in re.findall(r"uses: ([\w./-]+)@(.*)", text):
        found.setdefault(action, set()).add(pin)
    return found


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_every_action_is_pinned_by_commit() -> None:
    assert TEXT.count("uses:") == 1 + len(re.findall(r"@[0-9a-f]{40} # v", TEXT))
    assert not list(unpinned(TEXT))
    every = [ROOT / "action.yml", *(ROOT / ".github").rglob("*.y*ml")]
    assert PATH in every
    text = "\n".join(path.read_text(encoding="utf-8") for path in every)
    assert "uses: actions/upload-artifact" in every[0].read_text(encoding="utf-8")
    assert list(unpinned(text)) == []
    assert {action: len(pins) for action, pins in commits(text).items() if len(pins) > 1} == {}


def test_an_action_by_its_tag_is_found() -> None:
    names = ("a/b@v4", f"c/d@{'0' * 40}", f"e/f@{'0' * 40} # v1.2.3", "./", "./x")
    text = "".join(f"- uses: {name}\n" for name in names)
    assert list(unpinned(text)) == ["a/b@v4", f"c/d@{'0' * 40}", "./x"]


def test_every_job_is_bounded_in_time_and_rights() -> None:
    assert {name for name, job in JOBS.items() if not job.get("timeout-minutes")} == set()
    assert yaml.safe_load(TEXT)["permissions"] == {"contents": "read"}


def test_the_matrix_is_the_list_of_frameworks() -> None:
    job = JOBS["framework"]
    assert job["needs"] == "frameworks"
    assert job["strategy"]["matrix"]["framework"] == MATRIX
    left_out = {each["framework"] for each in job["strategy"]["matrix"]["exclude"]}
    assert left_out < set(frameworks.NAMES)


def test_the_first_job_prints_that_list(tmp_path: Path) -> None:
    (command,) = commands(JOBS["frameworks"])
    output = tmp_path / "output"
    subprocess.run(
        ["bash", "-ec", command],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "GITHUB_OUTPUT": str(output)},
        check=True,
        capture_output=True,
    )
    name, _, value = output.read_text(encoding="utf-8").strip().partition("=")
    assert (name, tuple(yaml.safe_load(value))) == ("names", tuple(frameworks.NAMES))


def test_no_framework_is_named_but_to_leave_it_out() -> None:
    job = {**JOBS["framework"], "strategy": None}
    named = re.findall(rf"\b(?:{'|'.join(frameworks.NAMES)})\b", yaml.safe_dump(job))
    assert named == []


def test_each_layer_of_tests_is_run_and_says_what_was_slow() -> None:
    run = [line for job in JOBS.values() for line in commands(job) if "-m pytest" in line]
    layers = {found[0] for line in run if (found := re.search(r"tests/\w+", line))}
    assert layers == {"tests/unit", "tests/conformance", "tests/end_to_end"}
    assert all("--durations=10" in line for line in run)


def test_our_own_action_is_tried_with_inputs_that_it_has() -> None:
    (given,) = (step["with"] for step in JOBS["action"]["steps"] if step.get("uses") == "./")
    known = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert set(given) <= set(known)
    assert {name for name, each in known.items() if each.get("required")} <= set(given)


def test_the_pins_are_asked_for_every_week() -> None:
    # YAML 1.1 reads the key `on` as true.
    triggers = yaml.safe_load(TEXT)[True]
    assert len(triggers["schedule"]) == 1
    assert commands(JOBS["pins"])[-1].endswith("-m scripts.pins")
    on_schedule = {name for name, job in JOBS.items() if "!= 'schedule'" not in job.get("if", "")}
    assert on_schedule == {"pins", "framework"}  # the latter waits for a job that is skipped


# --- hosted Macs --------------------------------------------------------------------------------

MACS: dict[str, Any] = yaml.safe_load((PATH.parent / "macs.yml").read_text(encoding="utf-8"))
SMOKE = MACS["jobs"]["smoke"]


def test_both_kinds_of_macs_are_measured_in_bounded_time() -> None:
    systems = {each["processor"]: each["system"] for each in SMOKE["strategy"]["matrix"]["include"]}
    assert systems == {"arm64": "macos-15", "x86_64": "macos-15-intel"}
    assert set(systems.values()) < set(JOBS["check"]["strategy"]["matrix"]["system"])
    assert SMOKE["timeout-minutes"] <= 45
    assert MACS["permissions"] == {"contents": "read"}


def test_what_was_found_is_kept_whatever_happens() -> None:
    upload = SMOKE["steps"][-1]
    assert upload["if"] == "always()"
    assert upload["with"]["path"].split() == ["results/", "machine.json"]


def test_no_command_holds_what_somebody_typed() -> None:
    assert not [line for line in commands(SMOKE) if "${{" in line]


@pytest.mark.parametrize("typed", [{}, {"FRAMEWORK": "torch,$(touch x)", "SUITE": "mlp; touch x"}])
def test_the_step_that_measures_runs_what_was_asked(tmp_path: Path, typed: dict[str, str]) -> None:
    (command,) = (line for line in commands(SMOKE) if "--preset smoke" in line)
    (tmp_path / "metalbench").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 1\n')
    (tmp_path / "metalbench").chmod(0o755)
    names = {"PATH": "/usr/bin:/bin", "FRAMEWORK": "", "SUITE": "", **typed}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=tmp_path,
        env=names,
        capture_output=True,
        text=True,
        check=True,
    )
    words = [word for name, value in typed.items() for word in (f"--{name.lower()}", value)]
    assert (
        done.stdout
        == "\n".join(
            ["run", "--preset", "smoke", "--time", "15m", *words, "the run's exit code: 1"]
        )
        + "\n"
    )
    assert not (tmp_path / "x").exists()
