"""Who keeps the CPU busy, from two readings of `ps`: by base names alone, whoever runs them."""

from __future__ import annotations

import os
import random

import pytest

from bench.machine import captures, processes
from bench.machine.description import Heavy
from bench.machine.processes import busiest, parse
from tests.unit.machine.test_leaks import DAMAGES, SECRETS

BEFORE = """\
    1   3:14.07 /sbin/launchd
  312 125:00.10 /System/Library/PrivateFrameworks/SkyLight.framework/Resources/WindowServer
  400   0:10.00 /System/Library/Frameworks/CoreServices.framework/Support/mds_stores
  401   0:01.00 /System/Library/Frameworks/CoreServices.framework/Support/mds_stores
  500   1:00.00 /Applications/Google Chrome.app/Contents/MacOS/Google Chrome
  501   0:00.50 -zsh
  600   9:00.00 /Users/mary/bin/marys-macbook
  700   0:02.00 /usr/libexec/old
"""
AFTER = """\
    1   3:14.07 /sbin/launchd
  312 125:00.30 /System/Library/PrivateFrameworks/SkyLight.framework/Resources/WindowServer
  400   0:10.50 /System/Library/Frameworks/CoreServices.framework/Support/mds_stores
  401   0:01.25 /System/Library/Frameworks/CoreServices.framework/Support/mds_stores
  500   1:00.02 /Applications/Google Chrome.app/Contents/MacOS/Google Chrome
  501   0:00.70 -zsh
  600   9:00.45 /Users/mary/bin/marys-macbook
  700   0:09.00 /usr/libexec/new
  800   1:00.00 /usr/libexec/born
"""


@pytest.fixture(autouse=True)
def mary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes.privacy, "names", lambda: [("mary", "<user>")])


def test_two_readings_tell_who_is_busy() -> None:
    assert busiest(parse(BEFORE), parse(AFTER), 0.5) == (
        Heavy(name="mds_stores", count=2, cpu_share=1.5),
        Heavy(name="another program", count=1, cpu_share=0.9),
        Heavy(name="WindowServer", count=1, cpu_share=0.4),
        Heavy(name="zsh", count=1, cpu_share=0.4),
    )


def test_this_process_is_left_out() -> None:
    before, after = ({os.getpid(): ("/usr/bin/python3", used)} for used in (1.0, 2.0))
    assert busiest(before, after, 0.5) == ()


@pytest.mark.parametrize(
    ("time", "seconds"),
    [("0:00.07", 0.07), ("125:00.10", 7500.1), ("1:02:03", 3723), ("2-01:00:00", 176400)],
)
def test_times_are_read_in_all_their_forms(time: str, seconds: float) -> None:
    assert parse(f"  7 {time} /bin/a b") == {7: ("/bin/a b", pytest.approx(seconds))}  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("text", ["", "junk", "1 2 3", "ps: illegal option", "x 0:01.00 /bin/a"])
def test_junk_is_no_reading(text: str) -> None:
    assert parse(text) == {}


def test_damaged_readings_break_nothing_and_keep_no_secret() -> None:
    chance = random.Random(0)
    for _ in range(2000):
        text = chance.choice(DAMAGES)(AFTER, chance)
        told = str(busiest(parse(BEFORE), parse(text), 0.5))
        assert not [secret for secret in SECRETS if secret in told]


def test_on_a_mac_ps_is_asked_since_psutil_may_not_read_what_others_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readings = iter((BEFORE, AFTER))
    monkeypatch.setattr(processes.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(captures, "of_processes", lambda: next(readings))
    assert processes.heavy()[0].name == "mds_stores"
