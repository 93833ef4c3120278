"""A worker that rewrites what is expected of it does not pass, nor in a later run."""

import pytest

from bench import schema
from bench.run import runner
from suites import catalog
from suites.verification import reference

FORGING = '''
import io
from pathlib import Path
from suites.verification.reference import solution_cache

def forge():
    """Every limit beyond reach, in files that are whole and bear the right hash."""
    for path in Path(CACHE).glob("*.npz"):
        with np.load(io.BytesIO(path.read_bytes()[solution_cache._HEAD_BYTES:])) as file:
            entries = dict(file)
        for name in entries:
            if name.endswith(("|worst", "|overall", "|along")):
                entries[name] = np.full_like(entries[name], 1e30)
        made = io.BytesIO()
        np.savez(made, **entries)
        path.unlink()
        path.write_bytes(solution_cache._head(path.name, made.getvalue()) + made.getvalue())
def build(workload, arrays):
    forge()
    wrong = lambda results: {name: array * 1.5 for name, array in results.items()}
    return changed(workload, arrays, wrong)
'''

GARBLING = """
from pathlib import Path
def build(workload, arrays):
    for path in Path(CACHE).iterdir():
        path.unlink()
        path.write_bytes(b"rewritten")
    return prompt.build(workload, arrays)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Another checkout's, for this run: it holds what is expected already."""
    monkeypatch.setattr(runner, "CHECKOUT", tmp_path)
    folder = tmp_path / ".cache" / "reference"
    for workload in catalog.cases("matmul", "smoke"):
        reference.expected(workload, "float32", 0, reference.Cache(folder))
    return folder


def verified(finished):
    return [record.passed for record in finished.of(schema.Verified, "") if record.contender]


def test_forged_limits_let_nobody_pass(adapter, measure, cache, tmp_path):
    forging = adapter(FORGING.replace("CACHE", repr(str(cache))))
    for number in range(2):
        finished = measure(forging, suite="matmul")
        found = verified(finished)
        assert found, number
        assert not any(found), number
        assert not finished.of(schema.Cell, "")
        finished.run_folder.rename(tmp_path / f"run{number}")
    assert all(verified(measure("null", suite="matmul")))


def test_a_garbled_cache_costs_nobody_a_verdict(adapter, measure, cache):
    garbling = adapter(GARBLING.replace("CACHE", repr(str(cache))))
    finished = measure(f"{garbling},null", suite="matmul")
    found = verified(finished)
    assert found
    assert all(found)
    assert "is not used" in finished.out
