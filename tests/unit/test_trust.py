"""Times that cannot be true are told from honest ones on a busy machine."""

import pytest

from bench import trust
from bench.schema import Slice
from bench.trust import of_audits, of_clock, of_samples


def taken(**changed):
    """An honest slice: 10 samples of 100 steps of 50 us, and an audit of 16 steps."""
    usual = {
        "contender": "c",
        "case": "s/n/1",
        "round": 0,
        "steps_per_sample": 100,
        "samples_s": (5e-5,) * 10,
        "latencies_s": (1e-4,) * 8,
        "warmed_s": 0.01,
        "sampled_s": 0.05,
        "apart_s": 0.03,
        "wall_s": 0.0915,
        "host_s": 0.0925,
        "audit_s": 16 * 5e-5 + 1e-4,
        "audit_steps": 16,
    }
    return Slice(**{**usual, **changed})


def failed(checks):
    assert all(check.about == "time" for check in checks)
    return {check.name for check in checks if check.error > check.limit}


JUDGES = (of_samples, of_clock, of_audits)


def failed_of(*slices):
    return set().union(*(failed(judge(slices)) for judge in JUDGES))


def test_honest_slices_pass():
    assert failed_of(taken(), taken(), taken()) == set()


def test_samples_divided_do_not_add_up():
    lying = taken(samples_s=(5e-5 / 20,) * 10)
    assert trust.SAMPLES in failed_of(lying, taken())


def test_time_that_sampling_hides_is_missed_in_the_slice():
    lying = taken(samples_s=(2.5e-6,) * 10, sampled_s=0.0025)
    assert trust.PARTS in failed_of(lying, lying, lying)


def test_parts_longer_than_the_whole_are_no_parts():
    assert trust.PARTS in failed_of(taken(apart_s=0.2))


def test_one_slice_that_was_held_up_is_no_evidence():
    held_up = taken(wall_s=0.5, host_s=0.6)
    assert failed_of(held_up, taken(), held_up) == set()


@pytest.mark.parametrize("rate", [0.1, 0.87, 1.2])
def test_a_clock_that_runs_wrong_shows_in_every_slice(rate):
    wrong = [taken(wall_s=rate * 0.0915) for _ in range(3)]
    assert failed(of_clock(wrong)) == {trust.CLOCK}


def test_old_slices_without_the_hosts_clock_tell_nothing():
    old = taken(host_s=None, wall_s=None, audit_s=None, audit_steps=None)
    assert of_clock([old]) == of_audits([old]) == []
    assert failed(of_samples([old])) == set()


def test_slow_steps_with_fresh_inputs_show_that_answers_were_remembered():
    lying = taken(samples_s=(3e-7,) * 10, latencies_s=(4e-7,), audit_s=16 * 5e-5)
    assert failed(of_audits([lying, lying])) == {trust.AUDITED}


def test_one_audit_in_time_is_enough():
    slow = taken(audit_s=0.01)
    assert failed(of_audits([slow, slow])) == {trust.AUDITED}
    assert failed(of_audits([slow, slow, taken()])) == set()


def test_one_audit_alone_must_be_far_off():
    none = {"audit_s": None, "audit_steps": None}
    slow = taken(audit_s=0.004)
    assert failed(of_audits([slow, slow])) == {trust.AUDITED}
    assert failed(of_audits([slow, taken(**none)])) == set()
    assert failed(of_audits([taken(audit_s=0.01), taken(**none)])) == {trust.AUDITED}


def test_long_tails_of_a_busy_machine_are_expected_of_audits_too():
    """Its median step takes 50 us, but one in ten takes 2 ms: 16 of them hardly take 16 medians."""
    busy = taken(
        samples_s=(5e-5,) * 9 + (2e-3,), sampled_s=100 * (9 * 5e-5 + 2e-3), audit_s=16 * 2.4e-4
    )
    assert failed(of_audits([busy, busy, busy])) == set()


def parted(**changed):
    """The same, each sample the median of parts of 4 steps, most of which nothing disturbs."""
    return taken(**{"steps_per_part": 4, "even_step_s": 5.05e-5, **changed})


@pytest.mark.parametrize("disturbed", [1.0, 1.3, 5.0])
def test_medians_of_parts_leave_out_what_disturbs_them(disturbed):
    each = parted(sampled_s=disturbed * 0.05, wall_s=0.0415 + disturbed * 0.05, host_s=None)
    assert failed_of(each, each, each) == set()


def test_medians_divided_do_not_add_up():
    for others_cpu_s in (0.0, 1.0):
        lying = parted(samples_s=(5e-5 / 20,) * 10, others_cpu_s=others_cpu_s)
        assert failed_of(lying, lying) >= {trust.EVEN}


def test_where_every_sample_is_interrupted_parts_say_nothing():
    """Of 67 times as much time as the median says, on two cores that two programs keep busy."""
    each = parted(even_step_s=None, sampled_s=67 * 0.05, wall_s=0.0415 + 67 * 0.05, host_s=None)
    assert failed_of(each, each) == set()


def test_work_that_most_steps_leave_to_a_few_is_found():
    lying = parted(even_step_s=1.5e-4)
    assert failed_of(lying, lying) == {trust.EVEN}
    assert not failed_of(*[parted(even_step_s=1.5e-4, others_cpu_s=1.0)] * 2), "a busy machine"
    assert failed_of(lying, parted()) == set()


def test_steps_that_are_parts_were_timed_once():
    once = parted(steps_per_part=1, wall_s=0.0905, host_s=0.0915)
    assert failed_of(once, once) == set()
    assert trust._told_s(once) == pytest.approx(0.09)


def test_the_mean_of_parted_samples_is_that_of_all_their_time():
    """Audits hit what disturbs the samples too, where the median does not show it."""
    busy = parted(sampled_s=0.15, wall_s=0.1915, host_s=None, audit_s=16 * 3 * 5e-5)
    assert failed_of(busy, busy) == set()


def test_the_worst_of_each_name_is_kept():
    found = [
        trust.about_time("a", 1.0, 2.0),
        trust.about_time("b", 0.0, 0.0),
        trust.about_time("a", 3.0, 2.0),
        trust.about_time("a", 2.0, 2.0),
    ]
    assert [(check.name, check.error) for check in trust.worst(found)] == [("a", 3.0), ("b", 0.0)]
