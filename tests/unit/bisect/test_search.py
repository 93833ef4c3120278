"""The search by itself, with oracles that know the truth, doubt, or cannot answer."""

import math

from hypothesis import given
from hypothesis import strategies as st

from bench.bisect.search import MOST_UNKNOWN, Word, most_decisions, search


def oracle(flags, unknown=(), untestable=()):
    """Answers by a flag for each version, `True` for slower; versions are their numbers."""
    asked = []

    def decide(base, other):
        asked.append(int(other))
        assert base == "0"
        assert asked.count(int(other)) == 1  # nothing is asked twice
        if int(other) in unknown:
            return "unknown"
        if int(other) in untestable:
            return "untestable"
        return "slower" if flags[int(other)] else "same"

    return decide, asked


def found(flags, unknown=(), untestable=()):
    decide, asked = oracle(flags, unknown, untestable)
    answer = search([str(number) for number in range(len(flags))], decide)
    assert [int(each.other) for each in answer.decisions] == asked
    return answer


@given(st.integers(2, 400), st.data())
def test_any_planted_step_is_found_in_few_decisions(count, data):
    step = data.draw(st.integers(1, count - 1))
    answer = found([number >= step for number in range(count)])
    assert (answer.good, answer.bad, answer.between) == (str(step - 1), str(step), ())
    assert len(answer.decisions) <= most_decisions(count) <= math.ceil(math.log2(count)) + 1


@given(st.integers(2, 50))
def test_where_the_last_is_not_slower_nothing_else_is_asked(count):
    answer = found([False] * count)
    assert (answer.bad, answer.last_word, len(answer.decisions)) == (None, "same", 1)


def test_a_doubtful_last_version_is_no_slower_one():
    answer = found([False, True, True], unknown={2})
    assert (answer.bad, answer.last_word) == (None, "unknown")


@given(st.lists(st.booleans(), max_size=60))
def test_of_any_history_two_neighbours_are_named_that_really_differ(middle):
    flags = [False, *middle, True]
    answer = found(flags)
    assert answer.bad is not None
    good, bad = int(answer.good), int(answer.bad)
    assert (flags[good], flags[bad], bad - good) == (False, True, 1)


@given(st.lists(st.sampled_from(["slower", "same", "unknown", "untestable"]), max_size=40))
def test_what_cannot_be_told_is_gone_round_and_named(middle):
    words = ["same", *middle, "slower"]
    flags = [word == "slower" for word in words]
    places = {word: {at for at, own in enumerate(words) if own == word} for word in words}
    answer = found(flags, places.get("unknown", ()), places.get("untestable", ()))
    assert answer.bad is not None
    good, bad = int(answer.good), int(answer.bad)
    assert not flags[good]
    assert flags[bad]
    assert words[good] == "same"
    assert [int(each) for each in answer.between] == list(range(good + 1, bad))
    told = sum(each.word == "unknown" for each in answer.decisions)
    assert told <= MOST_UNKNOWN
    if told < MOST_UNKNOWN:  # all that is left is what nothing could be told of
        assert all(words[int(each)] in ("unknown", "untestable") for each in answer.between)


def test_neighbours_need_one_decision():
    answer = found([False, True])
    assert (answer.good, answer.bad, len(answer.decisions)) == ("0", "1", 1)


def test_another_word_may_be_what_is_looked_for():
    words: list[Word] = ["same", "slower", "wrong", "wrong"]
    answer = search(list("0123"), lambda _, other: words[int(other)], worse="wrong")
    assert (answer.good, answer.bad) == ("1", "2")
