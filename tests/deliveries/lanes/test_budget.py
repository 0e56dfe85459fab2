"""The budget of a lane: never more than the rate allows, and never nothing for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.deliveries.delivery import Deferred, Reply
from leadshare.deliveries.lanes import budget
from leadshare.deliveries.lanes.budget import UNBOUND
from leadshare.deliveries.lanes.lane import SLOWEST, Lane
from leadshare.deliveries.lanes.rate import Rate
from tests.builders import NOW
from tests.deliveries.lanes.failing import MINUTE, SECOND, failed


@st.composite
def flow(draw: st.DrawFn) -> tuple[Rate, list[tuple[float, int]]]:
    """A budget, and waits with the calls that are wanted after each."""
    seconds = draw(st.sampled_from([1.0, 10.0, 60.0, 300.0]))
    rate = Rate(calls=draw(st.integers(1, 60)), seconds=seconds)
    waits = st.floats(0, seconds * 1.5, allow_subnormal=False) | st.sampled_from([0.0, seconds])
    return rate, draw(st.lists(st.tuples(waits, st.integers(0, 30)), max_size=25))


class TestRate:
    @given(flow())
    def test_never_more(self, drawn):
        """In no window of the budget's length do more calls leave than it allows."""
        rate, waits = drawn
        lane, now, left = Lane(), NOW, []
        for wait, wanted in waits:
            now += timedelta(seconds=wait)
            for _ in range(wanted):
                if budget.calls_allowed(lane, rate, now) < 1:
                    break
                lane = budget.spend(lane, rate, now)
                left.append(now)

        window = timedelta(seconds=rate.seconds)
        for start in left:
            assert rate.calls >= sum(start <= at < start + window for at in left)

    @pytest.mark.parametrize("calls", [1, 2, 3, 10, 60, 1000])
    def test_never_starves(self, calls):
        """Over a hundred windows about as many leave as are allowed: two of five at the least."""
        rate = Rate(calls=calls, seconds=60)
        lane, now, left = Lane(), NOW, 0
        while now < NOW + 100 * MINUTE:
            while budget.calls_allowed(lane, rate, now) > 0:
                lane = budget.spend(lane, rate, now)
                left += 1
            now += timedelta(seconds=7)

        assert 0.4 * calls * 100 <= left <= calls * 101

    def test_bound(self):
        """A rested lane may send a tenth of its budget at once: two at the least, where it has
        four.
        """
        allowed = [
            budget.calls_allowed(Lane(), Rate(calls=c, seconds=60), NOW) for c in (100, 4, 3)
        ]

        assert [10, 2, 1] == allowed

    def test_reserve(self):
        """What is not urgent leaves a fifth of that alone, and one call at the least."""
        rates = [Rate(calls=calls, seconds=60) for calls in (100, 45, 4, 1)]
        usual = [budget.calls_allowed(Lane(), rate, NOW, urgent=False) for rate in rates]

        assert [8, 3, 1, 1] == usual

    def test_urgent_finds_a_call(self):
        """However much waits that is not urgent, something urgent can leave at once."""
        rate, lane, now = Rate(calls=45, seconds=20), Lane(), NOW
        for _ in range(500):
            now += timedelta(milliseconds=100)
            while budget.calls_allowed(lane, rate, now, urgent=False) > 0:
                lane = budget.spend(lane, rate, now)

            assert budget.calls_allowed(lane, rate, now) >= 1

    def test_daily(self):
        """The day's quota ends the calls until midnight in its own time zone."""
        rate = Rate(calls=100, seconds=1, daily=3, resets="America/Chicago")
        lane = Lane()
        for _ in range(3):
            lane = budget.spend(lane, rate, NOW)

        midnight = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
        assert 0 == budget.calls_allowed(lane, rate, midnight - SECOND)
        assert 3 == budget.calls_allowed(lane, rate, midnight)

    def test_each_day_anew(self):
        """The first call of a day is its first, whatever yesterday's count."""
        rate = Rate(calls=100, seconds=1, daily=3)
        lane = Lane(day=rate.day(NOW), today=3)

        lane = budget.spend(lane, rate, NOW + timedelta(days=1))

        assert 1 == budget.calls_today(lane, rate, NOW + timedelta(days=1))

    @pytest.mark.parametrize("urgent", [True, False])
    @pytest.mark.parametrize("calls", [1, 4, 45, 1000])
    def test_wait(self, calls, urgent):
        """Who waits as long as told may call then, and could not have called much earlier."""
        rate, lane = Rate(calls=calls, seconds=20), Lane()
        while budget.calls_allowed(lane, rate, NOW, urgent=urgent) > 0:
            lane = budget.spend(lane, rate, NOW)
        wait = budget.seconds_until_call(lane, rate, NOW, urgent=urgent)
        then = NOW + timedelta(seconds=wait)

        assert budget.calls_allowed(lane, rate, then, urgent=urgent) >= 1
        early = then - timedelta(milliseconds=3)
        assert 0 == budget.calls_allowed(lane, rate, early, urgent=urgent)
        assert budget.calls_within(lane, rate, NOW, wait, urgent=urgent) >= 1
        assert 0 == budget.calls_within(lane, rate, NOW, wait / 2, urgent=urgent)

    def test_no_wait(self):
        """Nothing is waited for where a call may leave, or no budget says otherwise."""
        rate = Rate(calls=4, seconds=20)

        assert 0 == budget.seconds_until_call(Lane(), rate, NOW, urgent=False)
        assert 0 == budget.seconds_until_call(Lane(), None, NOW, urgent=False)

    def test_wait_for_tomorrow(self):
        """A used-up day is not waited for in a tick."""
        rate = Rate(calls=100, seconds=1, daily=1)
        lane = budget.spend(Lane(), rate, NOW)

        assert float("inf") == budget.seconds_until_call(lane, rate, NOW, urgent=True)
        assert 0 == budget.calls_within(lane, rate, NOW, 60, urgent=True)

    def test_slower_and_faster(self):
        """A throttled call slows the lane for all; a quiet window gives a tenth back each."""
        rate = Rate(calls=100, seconds=10)
        throttled = Reply((Deferred("throttled", counts=False),), 429)
        slow = Lane().after(throttled, NOW).after(throttled, NOW)
        window = timedelta(seconds=rate.seconds)

        assert pytest.approx(0.49) == slow.pace
        assert slow.pace == budget.spend(slow, rate, NOW + window - SECOND).pace
        assert pytest.approx(0.59) == budget.spend(slow, rate, NOW + window).pace

    def test_pace_slows(self):
        """At half the pace, half as many calls leave."""
        rate = Rate(calls=1000, seconds=100)
        empty = Lane(tokens_at=NOW, paced_at=NOW)
        full = budget.calls_allowed(empty, rate, NOW + 10 * SECOND)
        half = budget.calls_allowed(replace(empty, pace=0.5), rate, NOW + 10 * SECOND)

        assert (90, 45) == (full, half)

    def test_never_stops(self):
        """However often it is throttled, a lane keeps a tenth of its budget."""
        lane, throttled = Lane(), Reply((Deferred("throttled", counts=False),), 429)
        for _ in range(50):
            lane = lane.after(throttled, NOW)

        assert SLOWEST == lane.pace

    def test_no_budget(self):
        """Without a budget nothing is spent, and more may leave than a tick can send."""
        assert Lane() == budget.spend(Lane(), None, NOW)
        assert UNBOUND == budget.calls_allowed(Lane(), None, NOW)

    def test_clock_back(self):
        """A clock that jumps back gives no calls away."""
        rate = Rate(calls=3, seconds=60)
        lane = budget.spend(Lane(), rate, NOW)

        back = budget.calls_allowed(lane, rate, NOW - MINUTE)

        assert 0 == back

    def test_probe_within_budget(self):
        """A probe, too, waits for the budget."""
        rate = Rate(calls=1, seconds=60)
        spent = budget.spend(failed(5), rate, NOW)

        assert 0 == budget.calls_allowed(spent, rate, NOW + SECOND)
        assert 1 == budget.calls_allowed(spent, rate, NOW + MINUTE)
