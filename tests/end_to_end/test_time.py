"""A run whose time is limited: what fits is measured, what does not is left out and named."""

from bench import schema


def left_out(done):
    return [r for r in done.of(schema.Skipped, "") if r.no_time]


def test_what_the_time_does_not_hold_is_left_out_and_said_so(bench):
    done = bench(
        *("--framework", "null,numpy", "--suite", "matmul,hackintosh,ops"),
        *("--preset", "quick", "--time", "20s"),
    )
    assert done.code == 0, done.err
    out = left_out(done)
    assert out, "everything fitted"
    assert all(r.reason.endswith(" left of the run's 20 s") for r in out)
    assert not {(r.contender, r.case) for r in out} & {
        (r.contender, r.case) for r in done.of(schema.Cell, "")
    }
    assert done.cells("numpy") & {"matmul/square/64", "hackintosh/product_only/100"}
    assert any(isinstance(r, schema.End) for r in done.records)
