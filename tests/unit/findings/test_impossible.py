"""What no device can do: above its bound is suspect, beyond physics is untimed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from bench.schema import Gpu, Record, Run
from reports import content
from reports.frame import Results, read
from tests.helpers import builders
from tests.unit.findings.test_untimed import GPU, run, told, untimed

change = msgspec.structs.replace


@pytest.fixture
def results(tmp_path: Path) -> Callable[[Sequence[Record]], Results]:
    count = itertools.count()
    return lambda lines: read([builders.write(tmp_path / f"{next(count)}.jsonl", lines)])


@pytest.mark.parametrize(
    ("times", "status"), [(0.9, "ok"), (1.2, "ok"), (1.3, "untimed"), (1e3, "untimed")]
)
def test_more_than_the_clock_may_make_up_for_is_impossible(
    results, times: float, status: str
) -> None:
    """67 TFLOP/s is its peak, 1.2 times that may be a higher clock, and 1.5 times is none's."""
    fast = replace(GPU, overhead_s=0.0, noise=0.0, flop_per_s=times * 1.2 * 67e12, bytes_per_s=1e30)
    found = results(run(fast))
    large = found.cells["flop"] > 1e6  # what takes less than a picosecond is no record
    assert set(found.cells.loc[large, "status"]) == {status}
    assert bool(told(found, "suspect")) == (times > 1 and status == "ok")
    for finding in told(found, "untimed"):
        assert "is not credible: it reaches" in finding.what
        assert "at 1.2 times its rated clock (NVIDIA's H100 datasheet" in finding.what


def unlisted(name: str, **facts: object) -> Callable[[Sequence[Record]], list[Record]]:
    """The same run on a machine with a GPU that no row describes."""

    def changed(lines: Sequence[Record]) -> list[Record]:
        head, *rest = lines
        assert isinstance(head, Run)
        machine = change(head.machine, gpus=(Gpu(name=name, **facts),))  # type: ignore[arg-type]
        return [change(head, machine=machine), *rest]

    return changed


@pytest.mark.parametrize(
    ("name", "facts", "honest", "not_honest"),
    [
        ("Apple M9 Max", {"vendor": "Apple", "cores": 40}, 4e13, 1.1e14),
        ("AMD Radeon RX 9999", {"vendor": "AMD", "cores": 96}, 6e13, 1.2e14),
        ("Apple M9 Max", {"vendor": "Apple"}, 4e13, 17e15),
        ("NVIDIA R200", {"vendor": "NVIDIA"}, 1.3e14, 17e15),
    ],
)
def test_a_gpu_that_no_row_describes_is_not_its_own_roof(
    results, name: str, facts: dict[str, object], honest: float, not_honest: float
) -> None:
    """Physics bounds it by its cores, or as it bounds any GPU."""
    for flop_per_s in (honest, not_honest):
        fast = replace(GPU, device_name=name, overhead_s=0.0, noise=0.0, bytes_per_s=1e30)
        lines = unlisted(name, **facts)(run(replace(fast, flop_per_s=flop_per_s)))
        found = results(lines)
        large = found.cells["flop"] > 1e6
        status = "ok" if flop_per_s == honest else "untimed"
        assert set(found.cells.loc[large, "status"]) == {status}
        assert not told(found, "suspect")
        for finding in told(found, "untimed"):
            assert "derived: " in finding.what


def test_convolutions_may_save_four_times_the_flop_before(results) -> None:
    fast = replace(GPU, overhead_s=0.0, noise=0.0, flop_per_s=30 * 1.2 * 67e12, bytes_per_s=1e30)
    head, *lines = run(fast)
    assert isinstance(head, Run)
    cases = tuple(change(case, convolutions=True) for case in head.cases)
    found = results([change(head, cases=cases), *lines])
    assert not untimed(found)
    assert told(found, "suspect")


def test_a_cheat_is_not_the_measured_roof(results) -> None:
    """Neither what is untimed nor what is suspect of being too fast."""
    told = set()
    honest = replace(GPU, noise=0.0)
    for times in (0.0, 3.0, 30.0):
        cheat = replace(honest, spec="./cheat.py", overhead_s=0.0, flop_per_s=times * 67e12)
        models = (honest, replace(cheat, bytes_per_s=1e30)) if times else (honest,)
        made = content.make(results(run(*models)))
        (roofline,) = (each for each in made.chapters if each.key == "roofline")
        told.add(roofline.parts[0].text[0])
    assert len(told) == 1
