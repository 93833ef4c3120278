"""A cell's one-off figures: what was kept from an earlier process makes no true first step."""

import types

import pytest

from bench.schema import Verified
from reports.verdicts.status import ending

KEY = ("run", "contender", "case")


def first_step_s(*kept):
    """Of a cell verified as often, with first steps of 1, 2, ... seconds."""
    looks = [
        Verified(
            contender="contender",
            case="case",
            phase="before",
            passed=True,
            checks=(),
            first_step_s=float(number),
            first_step_kept=each,
        )
        for number, each in enumerate(kept, start=1)
    ]
    gathered = types.SimpleNamespace(verified={KEY: looks}, finished={}, unmeasured={})
    return ending(gathered, KEY, None)["first_step_s"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kept", "seconds"),
    [
        ([], None),
        ([False], 1.0),
        ([True], None),
        ([False, False], 2.0),
        ([False, True], 1.0),
        ([True, False], 2.0),
    ],
)
def test_the_newest_true_first_step_counts(kept, seconds):
    assert first_step_s(*kept) == seconds
