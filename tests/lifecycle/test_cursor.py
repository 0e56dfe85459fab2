"""Cursors: they overlap, never go back, and never lie ahead of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.cursor import FIRST, OVERLAP, since, up_to
from leadshare.times import from_text, to_text

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
days = st.integers(-20, 20).map(lambda days: NOW + timedelta(days=days))


def test_first():
    assert NOW - FIRST == since("", NOW)
    assert to_text(NOW - FIRST) == up_to(None, "", NOW)


def test_overlap():
    assert NOW - OVERLAP == since(to_text(NOW), NOW + timedelta(days=1))


@given(days, st.none() | days)
def test_bounds(last, newest):
    """A change that is told with a time of next week does not hide what comes until then."""
    after = from_text(up_to(newest, to_text(last), NOW))

    assert after <= NOW
    assert after >= min(last, NOW)
    assert after == min(max(newest or last, last), NOW)
