"""Times that cannot be true are told from honest ones on a busy machine."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.schema import Slice
from bench.verification import credibility
from bench.verification.credibility import of_clock, of_samples


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
        "others_cpu_s": 0.0,
        "audit_s": 16 * 5e-5 + 1e-4,
        "audit_steps": 16,
    }
    return Slice(**{**usual, **changed})


def of_audits(slices):
    """On a machine of two cores."""
    return credibility.of_audits(slices, 2)


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
    assert credibility.SAMPLES in failed_of(lying, taken())


def test_time_that_sampling_hides_is_missed_in_the_slice():
    lying = taken(samples_s=(2.5e-6,) * 10, sampled_s=0.0025)
    assert credibility.PARTS in failed_of(lying, lying, lying)


def test_parts_longer_than_the_whole_are_no_parts():
    assert credibility.PARTS in failed_of(taken(apart_s=0.2))


def test_one_slice_that_was_held_up_is_no_evidence():
    held_up = taken(wall_s=0.5, host_s=0.6)
    assert failed_of(held_up, taken(), held_up) == set()


@pytest.mark.parametrize("rate", [0.1, 0.87, 1.2])
def test_a_clock_that_runs_wrong_shows_in_every_slice(rate):
    wrong = [taken(wall_s=rate * 0.0915) for _ in range(3)]
    assert failed(of_clock(wrong)) == {credibility.CLOCK}


def test_old_slices_without_the_hosts_clock_tell_nothing():
    old = taken(host_s=None, wall_s=None, audit_s=None, audit_steps=None)
    assert of_clock([old]) == of_audits([old]) == []
    assert failed(of_samples([old])) == set()


def test_slow_steps_with_fresh_inputs_show_that_answers_were_remembered():
    lying = taken(samples_s=(3e-7,) * 10, latencies_s=(4e-7,), audit_s=16 * 5e-5)
    assert failed(of_audits([lying, lying])) == {credibility.AUDITED}


def test_one_audit_in_time_is_enough():
    slow = taken(audit_s=0.01)
    assert failed(of_audits([slow, slow])) == {credibility.AUDITED}
    assert failed(of_audits([slow, slow, taken()])) == set()


def test_fresh_inputs_are_fetched_from_memory():
    """2 MB at a step of 50 us, which takes 130 us with inputs that are in no cache; ten times as
    long as claimed it does not take for that."""
    cold_s = 2e6 / credibility.COLD_BYTES_PER_S["cpu"]
    for step_s, found in ((13e-5, set()), (6e-4, {credibility.AUDITED})):
        audited = [taken(audit_s=16 * step_s)] * 3
        assert failed(of_audits(audited)) == {credibility.AUDITED}
        assert failed(credibility.of_audits(audited, 2, cold_s)) == found


def test_one_audit_alone_must_be_far_off():
    none = {"audit_s": None, "audit_steps": None}
    slow = taken(audit_s=0.004)
    assert failed(of_audits([slow, slow])) == {credibility.AUDITED}
    assert failed(of_audits([slow, taken(**none)])) == set()
    assert failed(of_audits([taken(audit_s=0.01), taken(**none)])) == {credibility.AUDITED}


def test_long_tails_of_a_busy_machine_are_expected_of_audits_too():
    """Its median step takes 50 us, but one in ten takes 2 ms: 16 of them hardly take 16 medians."""
    busy = taken(
        samples_s=(5e-5,) * 9 + (2e-3,), sampled_s=100 * (9 * 5e-5 + 2e-3), audit_s=16 * 2.4e-4
    )
    assert failed(of_audits([busy, busy, busy])) == set()


def test_an_audit_that_hardly_got_a_processor_is_not_held_against_it():
    """NumPy's product of order 256 while nine programs wanted two cores: steps fit in what the
    system lends at once, the three audits of 45 ms more did not."""
    audit = {"audit_s": 0.054, "host_s": 1.0, "samples_s": (1.1e-3,) * 10, "audit_steps": 8}
    claimed = {"sampled_s": 1.1, "latencies_s": (1.2e-3,) * 8}
    for others_s, found in ((1.9, set()), (1.0, {credibility.AUDITED})):
        busy = taken(**audit, **claimed, others_cpu_s=others_s)
        assert failed(of_audits([busy, busy, busy])) == found


LATE, ON_TIME = (0.0118, 0.001), (0.0002, 0.001)
CALM, CROWD = taken(), taken(host_s=1.0, others_cpu_s=1.9)


def test_looks_in_a_crowd_count_only_where_none_is_innocent():
    """MLX, which had waited, beside eleven programs on two cores."""
    assert [credibility.in_a_crowd(each, 2) for each in (CALM, CROWD)] == [False, True]
    assert not credibility.in_a_crowd(taken(others_cpu_s=None), 2)
    late_in_a_crowd = [(LATE, True)] * 4
    assert credibility.without_the_crowds([*late_in_a_crowd, (ON_TIME, True)]) == [ON_TIME]
    assert credibility.without_the_crowds([*late_in_a_crowd, (ON_TIME, False)]) == [ON_TIME]
    assert credibility.without_the_crowds(late_in_a_crowd) == [LATE] * 4
    calm = [(LATE, False), (LATE, False), (ON_TIME, False)]
    assert credibility.without_the_crowds(calm) == [LATE, LATE, ON_TIME]


def test_a_mean_above_the_median_is_no_noise():
    """Rounds agree to 1 %, and two steps in twenty take 30 times as long: the mean allows 4 times
    the median, an audit twice that. Taken as noise too, it would allow 17 times."""
    samples_s = (5e-5,) * 18 + (1.5e-3,) * 2
    each = {"samples_s": samples_s, "sampled_s": 100 * sum(samples_s)}
    for over, found in ((7.9, set()), (8.6, {credibility.AUDITED})):
        audited = taken(**each, audit_s=over * 16 * 5e-5)
        assert failed(of_audits([audited, audited, audited])) == found


def test_honest_rounds_that_differ_tenfold_are_not_accused():
    """NumPy's transformer beside others on two cores: single steps of 0.107, 1.075 and 0.112 s,
    and two audits of two steps in 1.76 and 5.8 s."""
    audits = ((0.107, 5.81, 18.2, 19.0), (1.075, 1.76, 3.82, 3.28), (0.112, None, 0.113, 0.0))
    told = [
        taken(
            samples_s=(step_s,),
            latencies_s=(step_s,),
            steps_per_sample=1,
            sampled_s=step_s,
            audit_s=audit_s,
            audit_steps=2 if audit_s else None,
            host_s=host_s,
            others_cpu_s=others_s,
        )
        for step_s, audit_s, host_s, others_s in audits
    ]
    (check,) = of_audits(told)
    assert check.error < 0.5 * check.limit


@pytest.mark.parametrize(("others_cpu_s", "found"), [(None, True), (0.0, True), (0.09, False)])
def test_audits_beside_other_programs_may_take_twice_as_long(others_cpu_s, found):
    slow = taken(audit_s=2.5 * (16 * 5e-5 + 1e-4), others_cpu_s=others_cpu_s)
    assert failed(of_audits([slow, slow])) == ({credibility.AUDITED} if found else set())
    slower = taken(audit_s=3.5 * (16 * 5e-5 + 1e-4), others_cpu_s=others_cpu_s)
    assert failed(of_audits([slower, slower])) == {credibility.AUDITED}


@given(
    st.lists(st.floats(1e-4, 10.0), min_size=2, max_size=9),
    st.lists(st.floats(1.0, 100.0), min_size=9, max_size=9),
)
def test_no_audit_may_take_nine_times_the_median(rounds_s, tails):
    """However far the rounds and the samples are apart; beside other programs, thirteen times."""
    middle_s, latency_s = statistics.median(rounds_s), 1e-4
    for others_cpu_s, most in ((0.0, 9), (0.09, 13)):
        audit_s = most * 16 * middle_s + 3 * (latency_s + credibility.FLOOR_S)
        told = [
            taken(
                samples_s=(each,) * 3,
                sampled_s=300 * each * tail,
                latencies_s=(latency_s,),
                audit_s=audit_s,
                others_cpu_s=others_cpu_s,
            )
            for each, tail in zip(rounds_s, tails, strict=False)
        ]
        assert failed(of_audits(told)) == {credibility.AUDITED}


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
        assert failed_of(lying, lying) >= {credibility.EVEN}


def test_where_every_sample_is_interrupted_parts_say_nothing():
    """Of 67 times as much time as the median says, on two cores that two programs keep busy."""
    each = parted(even_step_s=None, sampled_s=67 * 0.05, wall_s=0.0415 + 67 * 0.05, host_s=None)
    assert failed_of(each, each) == set()


def test_work_that_most_steps_leave_to_a_few_is_found():
    lying = parted(even_step_s=1.5e-4)
    assert failed_of(lying, lying) == {credibility.EVEN}
    assert not failed_of(*[parted(even_step_s=1.5e-4, others_cpu_s=1.0)] * 2), "a busy machine"
    assert failed_of(lying, parted()) == set()


def test_where_nobody_knows_what_others_did_the_machine_is_not_quiet():
    """Up to sixteen times the median is accepted then, as on a busy machine."""
    for unknown in ({"others_cpu_s": None}, {"host_s": None, "wall_s": None}):
        uneven = parted(even_step_s=1.5e-4, **unknown)
        assert credibility.EVEN not in failed(of_samples([uneven, uneven]))
        lying = parted(even_step_s=17 * 5e-5, **unknown)
        assert credibility.EVEN in failed(of_samples([lying, lying]))


def test_steps_that_are_parts_were_timed_once():
    once = parted(steps_per_part=1, wall_s=0.0905, host_s=0.0915)
    assert failed_of(once, once) == set()
    assert credibility._told_s(once) == pytest.approx(0.09)


def test_the_mean_of_parted_samples_is_that_of_all_their_time():
    """Audits hit what disturbs the samples too, where the median does not show it."""
    busy = parted(sampled_s=0.15, wall_s=0.1915, host_s=None, audit_s=16 * 3 * 5e-5)
    assert failed_of(busy, busy) == set()


def test_the_worst_of_each_name_is_kept():
    found = [
        credibility.about_time("a", 1.0, 2.0),
        credibility.about_time("b", 0.0, 0.0),
        credibility.about_time("a", 3.0, 2.0),
        credibility.about_time("a", 2.0, 2.0),
    ]
    assert [(check.name, check.error) for check in credibility.worst(found)] == [
        ("a", 3.0),
        ("b", 0.0),
    ]
