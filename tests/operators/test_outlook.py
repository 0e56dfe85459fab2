"""Outlooks: when what is due leaves in truth, and what holds it until then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.operators.outlook import Held, Outlook, outlook
from tests.builders import NOW, minutes

LATER, LAST = NOW + minutes(5), NOW + minutes(9)
RATE = Rate(calls=60, seconds=60.0, daily=3, resets="America/Chicago")
MIDNIGHT = datetime(2026, 11, 23, 6, tzinfo=UTC)
"""In Chicago, the next after NOW."""
USED_UP = Lane(tokens=6, tokens_at=NOW, day="2026-11-22", today=3)
EMPTY = Lane(tokens_at=NOW)


class TestOutlook:
    @pytest.mark.parametrize(
        ("lane", "due", "held", "at"),
        [
            pytest.param(Lane(), NOW - minutes(3), None, NOW, id="overdue"),
            pytest.param(Lane(), LATER, "schedule", LATER, id="schedule"),
            pytest.param(Lane(held_until=LATER), NOW, "asked_to_wait", LATER, id="asked"),
            pytest.param(Lane(open_until=LATER), NOW, "breaker", LATER, id="breaker"),
            pytest.param(Lane(open_until=LATER), LAST, "schedule", LAST, id="later-than-breaker"),
            pytest.param(
                Lane(open_until=LATER, held_until=LAST), NOW, "asked_to_wait", LAST, id="both"
            ),
            pytest.param(Lane(paused_at=NOW), LATER, "paused", None, id="paused"),
            pytest.param(
                Lane(disabled="gone", paused_at=NOW), NOW, "disabled", None, id="disabled"
            ),
        ],
    )
    def test_lane(self, lane, due, held, at):
        """The last of what holds it says when it leaves; what a person must end has no time."""
        assert Outlook(held, at) == outlook(lane, None, due, NOW, urgent=True)

    def test_quota(self):
        """Where the day's calls are used up, it leaves at the next midnight of the quota."""
        assert Outlook(Held.QUOTA, MIDNIGHT) == outlook(USED_UP, RATE, NOW, NOW, urgent=True)

    def test_budget(self):
        """Where the budget is used up, it leaves as soon as that has filled; urgent ones first."""
        urgent, usual = (outlook(EMPTY, RATE, NOW, NOW, urgent=yes) for yes in (True, False))

        assert ("budget", "budget") == (urgent.held_by, usual.held_by)
        assert urgent.next
        assert usual.next
        assert NOW < urgent.next < usual.next < NOW + minutes(1)

    @given(
        due=st.integers(-900, 900),
        held=st.integers(-900, 900),
        opened=st.integers(-900, 900),
        today=st.integers(0, 4),
    )
    def test_never_past(self, due, held, opened, today):
        """It never leaves in the past, nor before any of what holds it, and says why if later."""
        lane = replace(EMPTY, held_until=NOW + minutes(held), open_until=NOW + minutes(opened))
        lane = replace(lane, day="2026-11-22", today=today)

        told = outlook(lane, RATE, NOW + minutes(due), NOW, urgent=True)

        assert told.next
        assert told.next >= max(NOW, NOW + minutes(due), lane.rests_until)
        assert (told.next > NOW) is (told.held_by is not None)
