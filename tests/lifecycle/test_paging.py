"""Positions: lists are read on from where they were read to, with overlap only from their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.cursor import FIRST, OVERLAP
from leadshare.lifecycle.paging import Position, cursor_of, midway, positions
from leadshare.times import from_text, to_text

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
times = st.integers(0, 10**6).map(lambda seconds: NOW - timedelta(seconds=seconds))
places = st.one_of(
    st.builds(lambda at: Position(to_text(at)), times),
    st.builds(midway, times, st.sampled_from(["", "00Q000000000001AAA"])),
)


@given(st.lists(places, min_size=1, max_size=6))
def test_cursor(lists):
    """A cursor holds the positions of all lists."""
    assert lists == positions(cursor_of(lists), len(lists))


def test_first():
    """Who has asked nothing yet begins at the same time with all; a new list begins so, too."""
    assert [Position()] * 3 == positions("", 3)
    assert [Position(to_text(NOW)), Position()] == positions(to_text(NOW), 2)
    assert NOW - FIRST == Position().since(NOW)


@given(times)
def test_since(at):
    """From its end a list is read on with overlap, midway without."""
    assert at - OVERLAP == Position(to_text(at)).since(NOW)
    assert at == midway(at).since(NOW)


@given(places, st.none() | times, st.none() | times)
def test_ended(before, newest, answered):
    """It moves on to the newest change, and to when it was answered, and never back."""
    after = before.ended(newest, answered, NOW)

    assert not after.midway
    told = [at for at in (newest, answered) if at]
    assert max([from_text(before.at), *told]) == from_text(after.at)


def test_ahead():
    """A source whose clock is ahead does not take the position there."""
    ahead = NOW + timedelta(days=1)

    assert Position(to_text(NOW)) == Position().ended(ahead, ahead, NOW)
