"""Lanes: lease, rate budget, breaker and hold of a destination's stream of deliveries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leadshare.core import lane as lanes
from leadshare.core.delivery import Accepted, Deferred, Outcome, Rejected, Reply
from leadshare.core.lane import LONGEST_REST, SHORTEST_REST, TRIP, UNBOUND, Lane, Rate
from tests.builders import NOW, minutes

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
FAILED = Reply((Deferred("timeout"),), failing=True)
TAKEN = Reply((Accepted("r-1"),), 200)


def failed(times: int, now: datetime = NOW) -> Lane:
    """A lane after so many failing calls in a row, the last now."""
    lane = Lane()
    for before in reversed(range(times)):
        lane = lanes.after(lane, FAILED, now - before * LONGEST_REST)
    return lane


class TestLease:
    HELD = Lane(holder="other", leased_until=NOW + SECOND)

    @pytest.mark.parametrize(
        "lane",
        [
            pytest.param(Lane(), id="free"),
            pytest.param(replace(HELD, holder="me"), id="my-own"),
            pytest.param(replace(HELD, leased_until=NOW), id="just-run-out"),
            pytest.param(replace(HELD, leased_until=NOW - MINUTE), id="long-run-out"),
            pytest.param(replace(HELD, holder=""), id="let-go-early"),
        ],
    )
    def test_take(self, lane):
        """
        A lane that nobody else holds now is leased to whoever takes it.
        """
        taken = lanes.take(lane, "me", NOW, MINUTE)

        assert replace(lane, holder="me", leased_until=NOW + MINUTE) == taken

    def test_held(self):
        """
        A lane that another holds is not to be had.
        """
        assert lanes.take(self.HELD, "me", NOW, MINUTE) is None

    def test_renew(self):
        """
        A renewed lease runs from now, for the same holder.
        """
        renewed = lanes.renew(self.HELD, NOW, MINUTE)

        assert ("other", NOW + MINUTE) == (renewed.holder, renewed.leased_until)

    def test_release(self):
        """
        A lane that was let go is anybody's at once, and remembers all else.
        """
        lane = replace(failed(6), holder="other", leased_until=NOW + MINUTE)

        released = lanes.release(lane)

        assert lanes.take(released, "me", NOW, MINUTE) is not None
        assert failed(6) == released


class TestBreaker:
    def test_trips(self):
        """
        The fifth failing call in a row opens the breaker for half a minute.
        """
        four, five = failed(TRIP - 1), failed(5)

        assert ("closed", True) == (four.breaker, lanes.rests_until(four) < NOW)
        assert ("open", NOW + 30 * SECOND) == (five.breaker, lanes.rests_until(five))

    def test_doubles(self):
        """
        Each probe that fails doubles the rest, up to a quarter of an hour.
        """
        rests = [(lanes.rests_until(failed(n)) - NOW).total_seconds() for n in range(5, 13)]

        assert [30, 60, 120, 240, 480, 900, 900, 900] == rests
        assert (SHORTEST_REST, LONGEST_REST) == (30 * SECOND, 15 * MINUTE)

    def test_together(self):
        """
        Calls that left together and fail together open it once, for half a minute.
        """
        lane = Lane()
        for number in range(64):
            lane = lanes.after(lane, FAILED, NOW + number * timedelta(milliseconds=10))

        assert (TRIP, NOW + 30 * SECOND) == (
            lane.failures,
            lanes.rests_until(lane) - (TRIP - 1) * timedelta(milliseconds=10),
        )

    def test_probe_at_once(self):
        """
        A probe that fails the moment that the rest is over counts.
        """
        lane = failed(TRIP)

        probed = lanes.after(lane, FAILED, lanes.rests_until(lane))

        assert TRIP + 1 == probed.failures
        assert MINUTE == lanes.rests_until(probed) - lanes.rests_until(lane)

    def test_never_overflows(self):
        """
        A destination that is dead for weeks is still probed every quarter of an hour.
        """
        lane = replace(Lane(), failures=100_000)

        assert NOW + LONGEST_REST == lanes.rests_until(lanes.after(lane, FAILED, NOW))

    def test_probes(self):
        """
        While open, one call at a time may leave.
        """
        assert UNBOUND == lanes.calls_allowed(failed(4), None, NOW)
        assert 1 == lanes.calls_allowed(failed(5), None, NOW + MINUTE)

    def test_closes(self):
        """
        One call that succeeds closes it, and forgets the failures.
        """
        lane = lanes.after(failed(9), TAKEN, NOW + MINUTE)

        assert (0, "closed") == (lane.failures, lane.breaker)
        assert lanes.rests_until(lane) < NOW
        assert UNBOUND == lanes.calls_allowed(lane, None, NOW)

    def test_in_a_row(self):
        """
        Failures count in a row only.
        """
        lane = lanes.after(lanes.after(failed(4), TAKEN, NOW), FAILED, NOW)

        assert (1, "closed") == (lane.failures, lane.breaker)

    @pytest.mark.parametrize(
        ("outcomes", "accepted_at"),
        [
            pytest.param([Accepted()], NOW, id="accepted"),
            pytest.param([Rejected("bad"), Accepted()], NOW, id="one-of-two"),
            pytest.param([Rejected("bad")], Lane().accepted_at, id="rejected"),
            pytest.param([Deferred("locked")], Lane().accepted_at, id="deferred"),
        ],
    )
    def test_accepted_at(self, outcomes: list[Outcome], accepted_at):
        """
        A lane remembers when anything was accepted last.
        """
        assert accepted_at == lanes.after(Lane(), Reply(tuple(outcomes)), NOW).accepted_at


class TestHold:
    THROTTLED = Reply((Deferred("throttled", counts=False),), 429, hold=10 * MINUTE)

    def test_holds(self):
        """
        What the destination asks for holds the lane, and counts as no failure.
        """
        lane = lanes.after(Lane(), self.THROTTLED, NOW)

        assert NOW + 10 * MINUTE == lanes.rests_until(lane)
        assert (0, "closed") == (lane.failures, lane.breaker)

    def test_longer_wins(self):
        """
        A shorter wish does not cut a longer one.
        """
        lane = lanes.after(Lane(), self.THROTTLED, NOW)
        lane = lanes.after(lane, replace(self.THROTTLED, hold=SECOND), NOW)

        assert NOW + 10 * MINUTE == lanes.rests_until(lane)

    def test_with_failure(self):
        """
        A failing call that asks for a rest is both.
        """
        lane = lanes.after(failed(4), replace(FAILED, hold=10 * MINUTE), NOW)

        assert NOW + 10 * MINUTE == lanes.rests_until(lane)
        assert "open" == lane.breaker

    def test_success_does_not_end_it(self):
        """
        A call that was on its way and succeeds does not cut the wish of another.
        """
        lane = lanes.after(lanes.after(Lane(), self.THROTTLED, NOW), TAKEN, NOW)

        assert NOW + 10 * MINUTE == lanes.rests_until(lane)


class TestGone:
    GONE = Reply((Deferred("gone", counts=False),), 410, gone=True)

    def test_disables(self):
        """
        A destination that asks never to be called again is disabled, and stays so.
        """
        lane = lanes.after(Lane(), self.GONE, NOW)

        assert "gone" == lane.disabled
        assert "gone" == lanes.after(lane, TAKEN, NOW).disabled

    def test_enable(self):
        """
        A person's word takes away all that holds a lane back, but not its lease.
        """
        lane = replace(failed(9), disabled="gone", held_until=NOW + MINUTE, holder="other")

        enabled = lanes.enable(lane)

        assert ("", 0, "closed") == (enabled.disabled, enabled.failures, enabled.breaker)
        assert lanes.rests_until(enabled) < NOW
        assert "other" == enabled.holder


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
        """
        In no window of the budget's length do more calls leave than it allows.
        """
        rate, waits = drawn
        lane, now, left = Lane(), NOW, []
        for wait, wanted in waits:
            now += timedelta(seconds=wait)
            for _ in range(wanted):
                if lanes.calls_allowed(lane, rate, now) < 1:
                    break
                lane = lanes.spend(lane, rate, now)
                left.append(now)

        window = timedelta(seconds=rate.seconds)
        for start in left:
            assert rate.calls >= sum(start <= at < start + window for at in left)

    @pytest.mark.parametrize("calls", [1, 2, 3, 10, 60, 1000])
    def test_never_starves(self, calls):
        """
        Over a hundred windows about as many leave as are allowed: two of five at the least.
        """
        rate = Rate(calls=calls, seconds=60)
        lane, now, left = Lane(), NOW, 0
        while now < NOW + 100 * MINUTE:
            while lanes.calls_allowed(lane, rate, now) > 0:
                lane = lanes.spend(lane, rate, now)
                left += 1
            now += timedelta(seconds=7)

        assert 0.4 * calls * 100 <= left <= calls * 101

    def test_bound(self):
        """
        A rested lane may send a tenth of its budget at once: two at the least, where it has four.
        """
        allowed = [lanes.calls_allowed(Lane(), Rate(calls=c, seconds=60), NOW) for c in (100, 4, 3)]

        assert [10, 2, 1] == allowed

    def test_reserve(self):
        """
        What is not urgent leaves a fifth of that alone, and one call at the least.
        """
        rates = [Rate(calls=calls, seconds=60) for calls in (100, 45, 4, 1)]
        usual = [lanes.calls_allowed(Lane(), rate, NOW, urgent=False) for rate in rates]

        assert [8, 3, 1, 1] == usual

    def test_urgent_finds_a_call(self):
        """
        However much waits that is not urgent, something urgent can leave at once.
        """
        rate, lane, now = Rate(calls=45, seconds=20), Lane(), NOW
        for _ in range(500):
            now += timedelta(milliseconds=100)
            while lanes.calls_allowed(lane, rate, now, urgent=False) > 0:
                lane = lanes.spend(lane, rate, now)

            assert lanes.calls_allowed(lane, rate, now) >= 1

    def test_daily(self):
        """
        The day's quota ends the calls until midnight in its own time zone.
        """
        rate = Rate(calls=100, seconds=1, daily=3, resets="America/Chicago")
        lane = Lane()
        for _ in range(3):
            lane = lanes.spend(lane, rate, NOW)

        midnight = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
        assert 0 == lanes.calls_allowed(lane, rate, midnight - SECOND)
        assert 3 == lanes.calls_allowed(lane, rate, midnight)

    def test_each_day_anew(self):
        """
        The first call of a day is its first, whatever yesterday's count.
        """
        rate = Rate(calls=100, seconds=1, daily=3)
        lane = Lane(day=rate.day(NOW), today=3)

        lane = lanes.spend(lane, rate, NOW + timedelta(days=1))

        assert 1 == lanes.calls_today(lane, rate, NOW + timedelta(days=1))

    @pytest.mark.parametrize("urgent", [True, False])
    @pytest.mark.parametrize("calls", [1, 4, 45, 1000])
    def test_wait(self, calls, urgent):
        """
        Who waits as long as told may call then, and could not have called much earlier.
        """
        rate, lane = Rate(calls=calls, seconds=20), Lane()
        while lanes.calls_allowed(lane, rate, NOW, urgent=urgent) > 0:
            lane = lanes.spend(lane, rate, NOW)
        wait = lanes.seconds_until_call(lane, rate, NOW, urgent=urgent)
        then = NOW + timedelta(seconds=wait)

        assert lanes.calls_allowed(lane, rate, then, urgent=urgent) >= 1
        early = then - timedelta(milliseconds=3)
        assert 0 == lanes.calls_allowed(lane, rate, early, urgent=urgent)
        assert lanes.calls_within(lane, rate, NOW, wait, urgent=urgent) >= 1
        assert 0 == lanes.calls_within(lane, rate, NOW, wait / 2, urgent=urgent)

    def test_no_wait(self):
        """
        Nothing is waited for where a call may leave, or no budget says otherwise.
        """
        rate = Rate(calls=4, seconds=20)

        assert 0 == lanes.seconds_until_call(Lane(), rate, NOW, urgent=False)
        assert 0 == lanes.seconds_until_call(Lane(), None, NOW, urgent=False)

    def test_wait_for_tomorrow(self):
        """
        A used-up day is not waited for in a tick.
        """
        rate = Rate(calls=100, seconds=1, daily=1)
        lane = lanes.spend(Lane(), rate, NOW)

        assert float("inf") == lanes.seconds_until_call(lane, rate, NOW, urgent=True)
        assert 0 == lanes.calls_within(lane, rate, NOW, 60, urgent=True)

    def test_slower_and_faster(self):
        """
        A throttled call slows the lane for all; a quiet window gives a tenth back each.
        """
        rate = Rate(calls=100, seconds=10)
        throttled = Reply((Deferred("throttled", counts=False),), 429)
        slow = lanes.after(lanes.after(Lane(), throttled, NOW), throttled, NOW)
        window = timedelta(seconds=rate.seconds)

        assert pytest.approx(0.49) == slow.pace
        assert slow.pace == lanes.spend(slow, rate, NOW + window - SECOND).pace
        assert pytest.approx(0.59) == lanes.spend(slow, rate, NOW + window).pace

    def test_pace_slows(self):
        """
        At half the pace, half as many calls leave.
        """
        rate = Rate(calls=1000, seconds=100)
        empty = Lane(tokens_at=NOW, paced_at=NOW)
        full = lanes.calls_allowed(empty, rate, NOW + 10 * SECOND)
        half = lanes.calls_allowed(replace(empty, pace=0.5), rate, NOW + 10 * SECOND)

        assert (90, 45) == (full, half)

    def test_never_stops(self):
        """
        However often it is throttled, a lane keeps a tenth of its budget.
        """
        lane, throttled = Lane(), Reply((Deferred("throttled", counts=False),), 429)
        for _ in range(50):
            lane = lanes.after(lane, throttled, NOW)

        assert lanes.SLOWEST == lane.pace

    def test_no_budget(self):
        """
        Without a budget nothing is spent, and more may leave than a tick can send.
        """
        assert Lane() == lanes.spend(Lane(), None, NOW)
        assert UNBOUND == lanes.calls_allowed(Lane(), None, NOW)

    def test_clock_back(self):
        """
        A clock that jumps back gives no calls away.
        """
        rate = Rate(calls=3, seconds=60)
        lane = lanes.spend(Lane(), rate, NOW)

        back = lanes.calls_allowed(lane, rate, NOW - MINUTE)

        assert 0 == back

    def test_probe_within_budget(self):
        """
        A probe, too, waits for the budget.
        """
        rate = Rate(calls=1, seconds=60)
        spent = lanes.spend(failed(5), rate, NOW)

        assert 0 == lanes.calls_allowed(spent, rate, NOW + SECOND)
        assert 1 == lanes.calls_allowed(spent, rate, NOW + MINUTE)

    @pytest.mark.parametrize(
        "told",
        [
            pytest.param({"calls": 0, "seconds": 60}, id="no-calls"),
            pytest.param({"calls": 5, "seconds": 0}, id="no-time"),
            pytest.param({"calls": 5, "seconds": 60, "burst": 5}, id="unknown-key"),
            pytest.param({"calls": 5, "seconds": 60, "resets": "Mars/Olympus"}, id="no-zone"),
            pytest.param({"calls": 5, "seconds": 60, "daily": 0}, id="no-day"),
        ],
    )
    def test_wrong(self, told):
        """
        A budget that allows nothing, or says more than is known, is refused.
        """
        with pytest.raises(ValidationError):
            Rate.model_validate(told)


class TestProof:
    def test_stays(self):
        """
        A proof stays when a later preflight proves nothing.
        """
        lane = lanes.landed(Lane(), NOW)

        assert NOW == lanes.checked(lane, "[]", NOW + MINUTE, proven=False).proven_at
        assert NOW + MINUTE == lanes.checked(lane, "[]", NOW + MINUTE, proven=True).proven_at


class TestErrors:
    def test_counted(self):
        """
        Each reason is counted by record, what was accepted is not.
        """
        reply = Reply((Deferred("http_503"), Accepted(), Rejected("bad"), Deferred("http_503")))
        lane = lanes.after(lanes.after(Lane(), reply, NOW), reply, NOW + 2 * 60 * MINUTE)

        assert {"http_503": 4, "bad": 2} == lanes.errors_of(lane, NOW + 2 * 60 * MINUTE)

    def test_bounded(self):
        """
        Whatever a destination calls its reasons, a day of them fits in the row; none is lost.
        """
        lane = Lane()
        for hour in range(48):
            for number in range(100):
                reply = Reply((Rejected(f"{hour} {number} " + "\N{SNOWMAN}" * 900),))
                lane = lanes.after(lane, reply, NOW + 60 * hour * MINUTE)

        told = lanes.errors_of(lane, NOW + 60 * 47 * MINUTE)
        assert len(lane.errors) < 2**15
        assert 24 * 100 == sum(told.values())
        assert 24 * 88 == told["others"]

    def test_forgotten(self):
        """
        After a day they are forgotten, in what is told and in the row.
        """
        old = lanes.after(Lane(), Reply((Rejected("old"),)), NOW)
        later = NOW + timedelta(hours=24)

        assert {} == lanes.errors_of(old, later)
        assert "old" not in lanes.after(old, Reply((Rejected("new"),)), later).errors


class TestRow:
    @given(
        st.builds(
            Lane,
            holder=st.text(),
            leased_until=st.integers(0, 10**6).map(minutes).map(NOW.__add__),
            held_until=st.integers(0, 10**6).map(minutes).map(NOW.__add__),
            failures=st.integers(0, 10**6),
            open_until=st.integers(0, 10**6).map(minutes).map(NOW.__add__),
            disabled=st.sampled_from(["", "gone"]),
            tokens=st.floats(-10, 10**6),
            tokens_at=st.integers(0, 10**6).map(minutes).map(NOW.__add__),
            accepted_at=st.integers(0, 10**6).map(minutes).map(NOW.__add__),
        )
    )
    def test_round_trip(self, lane):
        """
        A lane written to its row and back is the same lane.
        """
        assert lane == lanes.from_row(lanes.to_row(lane))

    def test_older_row(self):
        """
        A row of an older release lacks columns; they have their defaults.
        """
        assert Lane(failures=3) == lanes.from_row({"failures": 3, "of_a_newer_release": 1})
