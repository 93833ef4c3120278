"""What a framework warns of: heard once, bounded, and told to the report."""

from __future__ import annotations

import warnings
from pathlib import Path

import msgspec
import pytest

from bench.schema import Verified
from bench.worker.warnings_log import LONGEST, MOST, WarningLog
from reports import content
from reports.frame import read
from tests.helpers import builders

FELL_BACK = (
    "The operator 'aten::linalg_svd' is not currently supported on the MPS backend and will fall "
    "back to run on the CPU. This may have performance implications."
)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> WarningLog:
    monkeypatch.setattr(warnings, "showwarning", lambda *_: None)
    listening = WarningLog()
    monkeypatch.setattr(warnings, "showwarning", listening._hear)
    return listening


def test_each_text_is_heard_once_and_taken_once(heard: WarningLog) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        for text in (FELL_BACK, FELL_BACK, "another\n one"):
            warnings.showwarning(UserWarning(text), UserWarning, "file.py", 1)
    assert heard.take() == [FELL_BACK, "another one"]
    assert heard.take() == []


def test_what_is_heard_is_bounded(heard: WarningLog) -> None:
    for number in range(2 * MOST):
        warnings.showwarning(UserWarning(f"{number}" * 3000), UserWarning, "file.py", 1)
    warnings.showwarning(UserWarning(FELL_BACK), UserWarning, "file.py", 1)
    told = heard.take()
    assert len(told) == MOST
    assert FELL_BACK in told
    assert max(map(len, told)) == LONGEST


def test_a_cell_that_fell_back_is_partly_cpu_in_the_report(tmp_path: Path) -> None:
    records = [
        msgspec.structs.replace(record, warnings=(FELL_BACK, "another"))
        if isinstance(record, Verified) and record.case == "matmul/square/1024"
        else record
        for record in builders.run()
    ]
    made = content.make(read([builders.write(tmp_path / "records.jsonl", records)]))
    found = [finding for finding in made.findings if "partly CPU" in finding.what]
    assert found
    assert all("aten::linalg_svd ran there" in finding.what for finding in found)
    assert all("matmul/square/1024" in finding.where for finding in found)
    assert {case for finding in found for _, _, case in finding.cells} == {"matmul/square/1024"}
