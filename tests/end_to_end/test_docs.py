"""The examples of docs/adding.md run as written."""

import re

import pytest

from bench import schema
from frameworks import FRAMEWORKS
from tests.end_to_end.conftest import ROOT

PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
EXAMPLES = {
    re.match(r'"""(\w+\.py): ', code)[1]: code
    for code in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
}


@pytest.fixture
def example(tmp_path):
    """Write an example of the page under its name; returns its path."""

    def write(name):
        path = tmp_path / name
        path.write_text(EXAMPLES[name], encoding="utf-8")
        return str(path)

    return write


def test_both_examples_are_complete_and_short():
    lengths = {name: len(code.splitlines()) for name, code in EXAMPLES.items()}
    assert set(lengths) == {"reuse.py", "pebble.py"}
    assert lengths["reuse.py"] < 70
    assert lengths["pebble.py"] < 30


def test_the_adapter_runs_and_is_verified(bench, example):
    path = example("reuse.py")
    done = bench("--framework", path, "--suite", "matmul,hackintosh,mlp", "--preset", "smoke")
    assert done.code == 0, done.out
    (run,) = (record for record in done.records if isinstance(record, schema.Run))
    reasons = {record.case: record.reason for record in done.of(schema.Skipped, path)}
    assert done.cells(path) | set(reasons) == {case.case for case in run.cases}
    assert {"matmul/square/64", "hackintosh/product_only/100", "mlp/forward/64"} <= done.cells(path)
    assert reasons["mlp/train/64"] == "reuse has no random numbers and no training step"
    assert all(record.passed for record in done.of(schema.Verified, path))


def test_the_suite_runs_on_all_frameworks_without_touching_an_adapter(bench, example):
    frameworks = ",".join(FRAMEWORKS)
    done = bench("--framework", frameworks, "--suite", example("pebble.py"), "--preset", "smoke")
    assert done.code == 0, done.out
    assert done.cells("numpy") == {"pebble/forward/16"}
    for framework in set(FRAMEWORKS) - {"numpy"}:
        assert done.cells(framework) == {"pebble/forward/16", "pebble/train/16"}
    assert all(record.passed for record in done.of(schema.Verified, ""))
