"""A drop that was planted is found; a steady machine is not accused, nor heat for a neighbour."""

from __future__ import annotations

import numpy as np
import pytest

from reports.sustain.pace import judged

SLICE_S = 1.2


def series(rng, minutes=10.0, noise=0.03):
    """Slices of a steady contender: heavy-tailed noise, and slow waves as of a shared machine."""
    count = int(60 * minutes / SLICE_S)
    at_s = SLICE_S * (np.arange(count) + 0.5)
    waves = 0.01 * np.sin(2 * np.pi * (at_s / rng.uniform(40, 400) + rng.random()))
    steps_s = 0.01 * np.exp(noise * rng.standard_t(3, count) + waves)
    steps_s[rng.random(count) < 0.05] *= rng.uniform(1.1, 3)
    return at_s, steps_s, np.full(count, 0.1)


def test_no_steady_machine_is_accused():
    rng = np.random.default_rng(1)
    made = [series(rng, minutes) for minutes in (2, 5, 10, 30) * 75]
    said = [judged(at_s, steps_s, others, 8)[0] for at_s, steps_s, others in made]
    assert set(said) <= {"steady", "unsure"}
    assert said.count("steady") > 200


@pytest.mark.parametrize("share", [0.6, 0.8, 0.9])
def test_a_drop_is_found_and_its_size(share):
    rng = np.random.default_rng(2)
    for _ in range(20):
        at_s, steps_s, others = series(rng)
        steps_s = steps_s / np.interp(at_s, [120, 240], [1.0, share])
        word, why, _, (remains, low, high) = judged(at_s, steps_s, others, 8)
        assert (word, why) == ("slows", "")
        assert low < remains < high
        assert remains == pytest.approx(share, rel=0.04)


def test_what_other_programs_did_is_not_taken_for_heat():
    at_s, steps_s, others = series(np.random.default_rng(3))
    late = at_s > 300
    word, why, *_ = judged(at_s, np.where(late, 1.4 * steps_s, steps_s), others + 2.0 * late, 8)
    assert word == "unsure"
    assert why == "other programs used 2.0 cores more at the end than at first"


def test_a_faster_end_is_no_drop():
    at_s, steps_s, others = series(np.random.default_rng(4))
    assert judged(at_s, np.where(at_s < 100, 1.5, 1.0) * steps_s, others, 8)[0] == "speeds up"


def test_too_little_work_tells_nothing():
    at_s, steps_s, others = series(np.random.default_rng(5), minutes=1.0)
    assert judged(at_s, steps_s, others, 8)[0] == "unsure"
    few = slice(None, None, 40)  # steps of most of a minute
    assert judged(at_s[few], steps_s[few], others[few], 8)[0] == "unsure"
