"""Which environments a bisection gives up."""

from hypothesis import given
from hypothesis import strategies as st

from bench.bisect.keeping import Held, to_remove

HELD = [Held("a", 0, 10), Held("p", 15, 10), Held("h", 7, 10), Held("l", 11, 10)]


def removed(room, near=9, needed=("a",)):
    return [each.version for each in to_remove(HELD, near, needed, room)]


def test_the_farthest_goes_first_and_what_is_needed_stays():
    assert removed(40) == []
    assert removed(30) == ["p"]
    assert removed(20) == ["p", "h"]  # as far as l, and older
    assert removed(0) == ["p", "h", "l"]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=12), st.integers(0, 99))
def test_no_more_is_removed_than_must_be(pairs, room):
    held = [Held(str(at), place, size) for at, (place, size) in enumerate(pairs)]
    gone = to_remove(held, 10, {"0"}, room)
    left = sum(each.size_bytes for each in held) - sum(each.size_bytes for each in gone)
    assert "0" not in {each.version for each in gone}
    if gone:
        assert left + gone[-1].size_bytes > room
    assert left <= room or len(gone) == len([each for each in held if each.version != "0"])
