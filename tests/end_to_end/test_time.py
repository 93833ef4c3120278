"""A run whose time is limited: what fits is measured, what does not is left out and named."""

from bench import schema
from tests.end_to_end.conftest import ADAPTER_HEAD


def left_out(done):
    return [r for r in done.of(schema.Skipped, "") if r.no_time]


def test_what_the_time_does_not_hold_is_left_out_and_said_so(bench):
    done = bench(
        *("--framework", "null,numpy", "--suite", "matmul,hackintosh"),
        *("--preset", "quick", "--time", "8s"),
    )
    assert done.code == 0, done.err
    out = left_out(done)
    assert out, "everything fitted"
    assert all(r.reason.startswith("no time: it ") for r in out)
    assert not {(r.contender, r.case) for r in out} & {
        (r.contender, r.case) for r in done.of(schema.Cell, "")
    }
    assert done.cells("numpy") & {"matmul/square/64", "hackintosh/product_only/100"}
    assert any(isinstance(r, schema.End) for r in done.records)


def test_time_that_is_left_goes_to_what_is_undecided(bench, tmp_path):
    """Two copies of one adapter cannot be told apart in six rounds; NumPy can at once."""
    for name in ("one.py", "other.py"):
        (tmp_path / name).write_text(ADAPTER_HEAD)
    both = f"{tmp_path}/one.py,{tmp_path}/other.py"
    done = bench(
        *("--framework", f"{both},numpy", "--suite", "mlp"),
        *("--preset", "quick", "--time", "120s"),
    )
    assert done.code == 0, done.err
    rounds = {}
    for cell in done.of(schema.Cell, ""):
        rounds[cell.contender.split("/cpu")[0][-8:], cell.case] = cell.rounds
    assert max(rounds.values()) > 6, rounds
    ends = [r for r in done.records if isinstance(r, schema.End)]
    assert len(ends) == 1
