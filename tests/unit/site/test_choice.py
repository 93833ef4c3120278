"""Which figures count: what is trusted more, then what is newer; no name that is none of ours."""

import pytest

from reports.site import choice
from reports.site.figures import Result
from tests.helpers import gallery


def only(cells, runs):
    (machine,) = choice.machines(cells, runs)
    return machine


def test_each_machine_has_its_figures_and_the_newest_comes_first():
    found = gallery.machines()
    assert [machine.family for machine in found] == ["Apple", "NVIDIA", "no GPU"]
    assert [len(machine.figures) for machine in found] == [19, 19, 13]
    first = found[0].figures[0]
    assert (first.case, first.framework, first.device_kind) == ("matmul/square/64", "torch", "cpu")
    assert found[0].versions == {"jax": ("0.10.2",), "tf": ("2.21.0",), "torch": ("2.6.0",)}


def test_of_two_runs_as_trusted_the_newer_counts_and_of_one_run_the_faster_way():
    old = gallery.run(0, sha256=gallery.digest("old"), received_at="2026-01-01T00:00:00+00:00")
    new = gallery.run(0)
    rows = [
        gallery.row(old, "torch", 1.0),
        gallery.row(new, "torch", 3.0, execution="compile"),
        gallery.row(new, "torch", 2.0),
    ]
    machine = only(gallery.table(rows), [old, new])
    assert [(each.time_s, each.sha256) for each in machine.figures] == [(2.0, new.sha256)]
    assert [each.sha256 for each in machine.runs] == [new.sha256, old.sha256]


def test_parts_of_a_table_come_to_the_same_in_any_order():
    runs = [gallery.run(0), gallery.run(0, sha256=gallery.digest("x"), received_at="2020-01-01")]
    rows = [gallery.row(run, name, 1.0) for run in runs for name in ("torch", "jax")]
    parts = [gallery.table([row])[0] for row in rows]
    whole = choice.machines(gallery.table(rows), runs)
    assert choice.machines(parts, runs) == whole
    assert choice.machines(parts[::-1], runs) == whole
    assert len(whole[0].figures) == 2


def test_a_run_that_is_trusted_less_takes_no_place():
    trusted = gallery.run(0, received_at="2026-01-01T00:00:00+00:00")
    other = gallery.run(0, sha256=gallery.digest("x"), rank=0, tier="valid", label="Not so", gpu="")
    rows = [gallery.row(trusted, "torch", 5.0), gallery.row(other, "torch", 1.0)]
    machine = only(gallery.table(rows), [trusted, other])
    assert [each.time_s for each in machine.figures] == [5.0]
    assert machine.label == trusted.label


def test_a_run_with_something_against_it_is_listed_and_gives_no_figure():
    doubted = gallery.run(0, against=True, reason="faster than physics allows")
    machine = only(gallery.table([gallery.row(doubted, "torch", 1.0)]), [doubted])
    assert machine.figures == ()
    assert machine.runs[0].reason == "faster than physics allows"


def test_a_result_with_something_against_it_is_no_figure_and_each_has_its_own_tier():
    results = {
        ("jax/cpu", "matmul/square/64"): Result("signed", True),
        ("torch/cpu", "matmul/square/64"): Result("confirmed", False),
    }
    rows = [gallery.row(gallery.run(0), name, 1.0) for name in ("torch", "jax", "tf")]
    for against, expected in ((False, {"tf": "signed"}), (True, {})):
        machine = only(gallery.table(rows), [gallery.run(0, results=results, against=against)])
        told = {each.framework: machine.runs[0].tier_of(each) for each in machine.figures}
        assert told == {"torch": "confirmed"} | expected


@pytest.mark.parametrize(
    "differing",
    [
        {"machine_id": "../../etc/x"},
        {"machine_id": "abc"},
        {"machine_id": "ABCDEF012345"},
        {"machine_id": "0123456789ab\n"},
        {"sha256": "0" * 63},
        {"sha256": "<script>"},
    ],
)
def test_what_is_no_name_of_ours_is_left_out(differing):
    run = gallery.run(0, **differing)
    assert choice.machines(gallery.table([gallery.row(run, "torch", 1.0)]), [run]) == ()


@pytest.mark.parametrize("time_s", [float("nan"), float("inf"), 0.0, -1.0, 1e300])
def test_what_is_no_time_is_no_figure(time_s):
    run = gallery.run(0)
    assert only(gallery.table([gallery.row(run, "torch", time_s)]), [run]).figures == ()


def test_whose_figure_it_is_the_run_decides():
    run, other = gallery.run(0), gallery.run(1)
    row = gallery.row(run, "torch", 1.0) | {"machine_id": other.machine_id}
    one, two = choice.machines(gallery.table([row]), [run, other])
    assert (len(one.figures), len(two.figures)) == (1, 0)


def test_texts_are_bounded_and_those_without_a_figure_are_counted(monkeypatch):
    run = gallery.run(0, label="x" * 10_000, reason="\x1b[2Jgone")
    rows = [gallery.row(run, f"adapter {at}", 1.0, version="9" * 10_000) for at in range(9)]
    monkeypatch.setattr(choice, "MOST_FIGURES", 4)
    machine = only(gallery.table(rows), [run])
    assert (len(machine.figures), machine.more) == (4, 5)
    assert len(machine.label) < 100
    assert len(machine.figures[0].version) < 100
    assert machine.runs[0].reason == "[2Jgone"
