"""What `bisect` and `history` take and refuse, before anything is built or measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.__main__ import app
from bench.commands import history
from bench.commands.bisect import at_version
from bench.environments import manager
from bench.environments.requirements import Name
from bench.plan.options import RunOptions


def refused(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 2
    return done.output


USUAL = ("bisect", "--framework", "torch", "--good", "2.8.0", "--bad", "2.9.0")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--suite", "mlp"), "one case is needed"),
        (("--suite", "mlp", "--case", "nonesuch"), "no such case"),
        (("--suite", "mlp", "--case", "train/64", "--good", "2.10"), "must be the older"),
        (("--suite", "mlp", "--case", "train/64", "--bad", "new"), "bad version"),
        (("--suite", "mlp", "--case", "train/64", "--framework", "torch==2"), "without a version"),
        (("--suite", "mlp", "--case", "train/64", "--framework", "torch,jax"), "one framework"),
        (("--suite", "mlp", "--case", "train/64", "--device", "all"), "one device"),
        (("--suite", "mlp", "--case", "train/64", "--slower", "much"), "not a percentage"),
        (("--suite", "mlp", "--case", "train/64", "--disk", "some"), "not an amount"),
        (("--suite", "mlp", "--case", "train/64", "--starts", "1"), "at least 3 starts"),
    ],
)
def test_what_is_refused(words: tuple[str, ...], message: str) -> None:
    assert message in refused(*USUAL, *words)


def test_the_execution_stays() -> None:
    assert at_version("torch@compile", "2.8.0") == "torch==2.8.0@compile"
    assert at_version("./mine.py", "1.3") == "./mine.py==1.3"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Releases that an index would tell."""
    versions = ["2.7.0", "2.7.1", "2.8.0"]

    def releases(name: Name, above: str, index: str = "") -> list[str]:
        return versions

    monkeypatch.setattr(manager, "releases", releases)
    return versions


def test_a_range_stands_for_its_releases(published: list[str]) -> None:
    asked = RunOptions(
        framework="torch==2.6:2.9.0@compile",
        suite="mlp",
        device="cpu",
        precision="float32",
        preset="smoke",
        out=Path("results"),
    )
    assert history.specs(asked, 1) == [
        f"torch=={version}@compile" for version in ("2.6", *published, "2.9.0")
    ]
    assert history.specs(asked, 3) == [
        f"torch=={version}@compile" for version in ("2.6", "2.8.0", "2.9.0")
    ]


def test_too_many_releases_are_refused_with_what_helps(published: list[str]) -> None:
    published[:] = [f"2.7.{number}" for number in range(150)]
    words = ("history", "--framework", "torch==2.6:2.9", "--suite", "mlp")
    assert "EVERY=4" in refused(*words)


def test_a_history_takes_the_machines_name(published: list[str]) -> None:
    words = ("history", "--framework", "torch==2.6:2.9", "--suite", "mlp")
    assert "no label for a machine" in refused(*words, "--label", "my machine")


@pytest.mark.parametrize("framework", ["torch", "torch==2.6", "torch==2.6:2.9,jax", "torch:2:3"])
def test_what_is_no_range_is_refused(framework: str) -> None:
    assert "no range of versions" in refused("history", "--framework", framework)
