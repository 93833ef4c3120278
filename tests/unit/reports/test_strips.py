"""Strips of blocks in the terminal: nothing grave is left out, and right is not called wrong."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from reports.answer import strips
from reports.front import places
from reports.front.places import Bar, Place
from tests.helpers.rankings import Section, case


@given(
    st.dictionaries(st.sampled_from(list(strips.BLOCKS)), st.integers(0, 500)), st.integers(1, 90)
)
def test_a_strip_leaves_out_no_kind_that_is_there(cases: dict[Place, int], room: int) -> None:
    drawn = strips.strip(cases, min(1.0, room / max(sum(cases.values()), 1)))
    assert len(drawn) <= room + len(strips.BLOCKS)
    there = {strips.BLOCKS[name] for name, count in cases.items() if count}
    assert set(drawn) == there


def test_a_legend_tells_what_is_grave_before_what_is_plain() -> None:
    bars = [Bar(who, who, dict.fromkeys(strips.BLOCKS, 1), False) for who in ("torch", "jax")]
    head, *_ = strips.table(bars, 80, 9)
    assert "? untimed  x wrong" in head
    assert "slower" not in head


def test_a_contender_that_was_right_is_not_counted_as_wrong() -> None:
    """A clock that nobody believes says nothing against the answer."""
    section = Section(matmul__square=[case("torch", jax=(1.02, "unresolved"))])
    bars = places.bars(section, {"jax": Counter(untimed=2, wrong=1), "torch": Counter()})  # type: ignore[arg-type]
    (jax,) = [bar for bar in bars if bar.label == "jax"]
    assert (jax.counts["untimed"], jax.counts["bad"]) == (2, 1)
