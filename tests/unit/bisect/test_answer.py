"""The sentences of a bisection."""

from bench.bisect import answer
from bench.bisect.oracle import Told
from bench.bisect.search import Decision, Found
from bench.statistics.estimates import Estimate


def ratio(value):
    return Estimate(value, (value - 0.004, value + 0.004), repeats=6, starts=6)


def sentences(found, told, **more):
    return " ".join(
        answer.found(found, lambda *pair: told[pair], "torch", 0.03, wrong=False, **more)
    )


def history(step, whole, between=(), word="slower"):
    decisions = (Decision("1", "9", "slower"), Decision("1", "5", "same"))
    found = Found(decisions, "5", "6" if not between else "8", between)
    told = {
        ("1", "9"): Told("1", "9", "slower", ratio(whole)),
        ("5", found.bad): Told("5", found.bad, word, ratio(step)),
    }
    return sentences(found, told)


def test_a_release_is_named_with_its_interval():
    text = history(1.05, 1.05)
    assert text.startswith("torch became slower in 6; 5 was not.")
    assert "6 against 5: 1.050x (95 %: 1.046 to 1.054), 6 starts." in text
    assert "Looked at: 9, 5." in text
    assert "came later" not in text


def test_what_is_left_of_the_whole_is_told():
    assert "The rest came later: GOOD=6 BAD=9 finds it." in history(1.05, 1.4)


def test_a_slow_growth_is_no_step():
    assert "grown by little over several releases" in history(1.01, 1.05, word="same")


def test_a_range_is_named_with_what_is_not_known():
    text = history(1.05, 1.05, between=("6", "7"))
    assert text.startswith("torch became slower after 5, in 8 or before it. Of 6, 7 it cannot")


def test_each_decision_has_a_line():
    assert answer.line(Told("1", "2", "slower", ratio(1.05)), wrong=False) == (
        "2: slower than 1, 1.050x (95 %: 1.046 to 1.054), 6 starts"
    )
    assert answer.line(Told("1", "2", "untestable", reason="no wheel"), wrong=False) == (
        "2: skipped. no wheel"
    )
    assert answer.line(Told("1", "2", "wrong", reason="far off"), wrong=True) == "2: wrong: far off"
    by_cpu = Told("1", "2", "same", ratio(1.0), by_cpu=True)
    assert answer.line(by_cpu, wrong=False).endswith("6 starts, by CPU time")


def test_nothing_to_find_is_told_apart_from_nothing_known():
    same = answer.nothing(Told("1", "2", "same", ratio(1.0)), "torch", 0.03, wrong=False)
    assert same.startswith("torch 2 is not slower than 1 by 3 % or more: 1.000x")
    unknown = answer.nothing(Told("1", "2", "unknown", ratio(1.0)), "torch", 0.03, wrong=False)
    assert unknown.startswith("it cannot be told whether")
