"""Runs of an interrupted bisection that count again, and those that do not."""

from pathlib import Path

import msgspec
import pytest

from bench import version
from bench.bisect import earlier
from bench.bisect.earlier import Earlier
from bench.plan import request as requests
from bench.plan.options import RunOptions
from bench.plan.request import Request
from bench.schema import End, Record, Run
from tests.helpers import builders

CASE = "square/64"


@pytest.fixture
def wanted(tmp_path: Path) -> Request:
    return RunOptions(
        framework="torch,jax",
        suite="matmul",
        case=CASE,
        device="cpu",
        precision="float32",
        preset="smoke",
        out=tmp_path,
    ).request()


def left(wanted: Request, name: str, *, ended: bool = True, **changed: object) -> Path:
    """A run in OUT that was asked for so, but for what was changed."""
    first = builders.run()[0]
    assert isinstance(first, Run)
    contenders = tuple(each for each in first.contenders if each.spec in ("torch", "jax"))
    facts = {
        "contenders": contenders,
        "cases": requests.check(wanted, requests.planned(wanted)),
        "settings": wanted.settings,
        "version": version.version(),
        "commit": version.commit(),
        **changed,
    }
    head = msgspec.structs.replace(first, **facts)
    lines: list[Record] = [head, *([End(at_s=1.0)] if ended else [])]
    return builders.write(wanted.out / name / "records.jsonl", lines)


def found(wanted: Request) -> Earlier:
    return earlier.find(wanted, requests.check(wanted, requests.planned(wanted)))


def test_runs_of_the_same_pair_count_and_one_that_broke_off_goes_on(wanted: Request) -> None:
    assert found(wanted) == Earlier()
    first, second = left(wanted, "a"), left(wanted, "b")
    left(wanted, "c", ended=False)
    assert found(wanted) == Earlier((first, second), broken_off=True)


def test_other_work_versions_and_settings_do_not(wanted: Request) -> None:
    left(wanted, "a", version="0.0.1")
    left(wanted, "b", cases=())
    left(wanted, "c", settings={**wanted.settings, "seed": 7})
    left(wanted, "d", contenders=())
    (wanted.out / "e").mkdir()
    (wanted.out / "e" / "records.jsonl").write_text("no record\n", encoding="utf-8")
    assert found(wanted) == Earlier()
