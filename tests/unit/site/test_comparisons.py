"""Strips, crossovers and kinds of machine: by hand-made figures whose ratios are known."""

from __future__ import annotations

import pytest

from reports.site import choice, crossings, models, strips
from tests.helpers import gallery


def machine(*rows, at: int = 0):
    run = gallery.run(at)
    made = [gallery.row(run, *each[:2], **each[2]) for each in rows]
    return choice.machines(gallery.table(made), [run])[0]


def squares(found, names=("torch", "jax", "tf")):
    strip = strips.of(found, ("matmul",), names)
    return {
        name: (it.standings[0].square.place, it.standings[0].square.words)
        for name, it in strip.items()
    }


def test_each_framework_stands_by_its_ratio_to_the_fastest_of_the_suite():
    found = machine(
        *(("torch", 1.0, {"size": size}) for size in (64, 128)),
        *(("jax", 3.0, {"size": size}) for size in (64, 128)),
        ("tf", 1.5, {"size": 64}),
    )
    assert squares(found) == {
        "torch": ("fastest", "fastest"),
        "jax": ("slower", "3.00x"),
        "tf": ("twice", "1.50x in 1 of 2 cases"),
    }


def test_of_few_cases_alone_nobody_leads():
    found = machine(
        ("torch", 2.0, {"size": 64}), ("torch", 2.0, {"size": 128}), ("jax", 1.0, {"size": 64})
    )
    assert squares(found)["torch"] == ("fastest", "fastest")
    assert squares(found)["jax"] == ("fastest", "0.500x in 1 of 2 cases")


def test_what_was_wrong_or_not_run_or_alone_is_said():
    bad = {"status": "wrong", "verified": False}
    untimed = {"status": "untimed", "verified": False}
    found = machine(("torch", 1.0, {}), ("jax", 1.0, bad), ("tf", 1.0, untimed))
    assert squares(found) == {
        "torch": ("alone", "nobody to compare"),
        "jax": ("bad", "wrong or failed"),
        "tf": ("untimed", "untimed"),
    }
    assert strips.of(found, ("mlp",), ("torch",))["torch"].words == "torch: mlp not run"


def both(size, cpu_s, gpu_s, **more):
    return (
        ("torch", cpu_s, {"size": size} | more),
        ("torch", gpu_s, {"size": size, "device_kind": "gpu"} | more),
    )


@pytest.mark.parametrize(
    ("pairs", "kind", "said"),
    [
        (((64, 1, 2), (256, 4, 2)), "crosses", "from about n = 128 on"),
        (((64, 2, 1), (256, 4, 2)), "gpu", "at every size, n = 64 to 256"),
        (((64, 1, 2), (256, 1, 2)), "cpu", "at no size, n = 64 to 256"),
        (((64, 2, 1), (256, 1, 2)), "undecided", "not decided, n = 64 to 256"),
        (((64, 1, 2), (256, 1.01, 1)), "undecided", "not decided, n = 64 to 256"),
    ],
)
def test_a_crossing_is_told_where_intervals_lie_apart(pairs, kind, said):
    found = machine(*(row for pair in pairs for row in both(*pair)))
    (crossed,) = crossings.of(found)
    assert (crossed.kind, crossed.said) == (kind, said)


def test_without_intervals_nothing_is_decided():
    none = {"low_s": None, "high_s": None}
    found = machine(*both(64, 1.0, 2.0, **none), *both(256, 4.0, 2.0, **none))
    assert crossings.of(found)[0].kind == "undecided"


def test_devices_of_two_runs_are_not_compared():
    one, two = gallery.run(0), gallery.run(0, sha256=gallery.digest("two"))
    rows = [gallery.row(one, "torch", 1.0, size=size) for size in (64, 256)]
    rows += [gallery.row(two, "torch", 1.0, size=size, device_kind="gpu") for size in (64, 256)]
    (found,) = choice.machines(gallery.table(rows), [one, two])
    assert crossings.of(found) == ()


def test_machines_of_a_family_are_told_together():
    several = [
        machine(*both(64, 1.0, ratio), *both(1024, 16.0, ratio), at=at)
        for at, ratio in enumerate((2.0, 4.0, 8.0, 0.5))
    ]
    (group,) = crossings.together(each for it in several for each in crossings.of(it))
    assert crossings.summary(group) == "from n = 256 on\n3 of 4 machines, 128 to 512"


def test_what_most_machines_show_is_told():
    several = [
        machine(*both(64, 1.0, 2.0), *both(1024, 1.0 + at // 2 * 7.0, 2.0), at=at)
        for at in range(3)
    ]
    (group,) = crossings.together(each for it in several for each in crossings.of(it))
    assert crossings.summary(group) == "at no size\n2 of 3 machines"


def test_kinds_of_machine_are_compared_in_what_two_of_them_did():
    fast = machine(("torch", 1.0, {}), ("torch", 9.0, {"size": 999}))
    slow = machine(("torch", 3.0, {}), at=3)
    found = models.compare({"fast": [fast], "slow": [slow, slow]}, ("matmul",))
    assert [(each.model, each.machines, each.said) for each in found] == [
        ("fast", 1, "1.00x in 1 case"),
        ("slow", 2, "3.00x in 1 case"),
    ]
    assert [each.squares[0].place for each in found] == ["fastest", "slower"]


def test_two_definitions_of_one_case_are_not_compared():
    other = {"definition_sha256": gallery.digest("another")}
    fast, slow = machine(("torch", 1.0, {})), machine(("torch", 3.0, other), at=3)
    found = models.compare({"fast": [fast], "slow": [slow]}, ("matmul",))
    assert [each.squares for each in found] == [(), ()]
    mixed = machine(("torch", 1.0, {}), ("jax", 3.0, other))
    assert squares(mixed)["jax"] == ("alone", "nobody to compare")


def test_a_kind_that_shares_nothing_has_no_place():
    found = models.compare({"one": [machine(("torch", 1.0, {}))]}, ("matmul",))
    assert (found[0].said, found[0].squares) == ("–", ())  # noqa: RUF001
