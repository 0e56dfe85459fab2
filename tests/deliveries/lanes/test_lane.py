"""Lanes: lease, breaker and hold of a destination's stream."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.deliveries.delivery import Accepted, Deferred, Outcome, Rejected, Reply
from leadshare.deliveries.lanes import budget
from leadshare.deliveries.lanes.budget import UNBOUND
from leadshare.deliveries.lanes.lane import LONGEST_REST, SHORTEST_REST, TRIP, Lane
from leadshare.store import lease
from leadshare.store.lease import read_row
from tests.builders import NOW, minutes
from tests.deliveries.lanes.failing import FAILED, MINUTE, SECOND, failed

TAKEN = Reply((Accepted("r-1"),), 200)


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
            pytest.param(replace(HELD, leased_until=NOW + 2 * MINUTE + SECOND), id="no-lease"),
            pytest.param(replace(HELD, leased_until=NOW + timedelta(days=1)), id="clock-ahead"),
        ],
    )
    def test_take(self, lane):
        """A lane that nobody else holds now is leased to whoever takes it."""
        taken = lease.acquire(lane, "me", NOW, MINUTE)

        assert replace(lane, holder="me", leased_until=NOW + MINUTE) == taken

    @pytest.mark.parametrize("ahead", [SECOND, MINUTE, 2 * MINUTE])
    def test_held(self, ahead):
        """A lane that another holds is not to be had, be its clock or its setting another."""
        held = replace(self.HELD, leased_until=NOW + ahead)

        assert lease.acquire(held, "me", NOW, MINUTE) is None

    def test_renew(self):
        """A renewed lease runs from now, for the same holder."""
        renewed = lease.renew(self.HELD, NOW, MINUTE)

        assert ("other", NOW + MINUTE) == (renewed.holder, renewed.leased_until)

    def test_release(self):
        """A lane that was let go is anybody's at once, and remembers all else."""
        lane = replace(failed(6), holder="other", leased_until=NOW + MINUTE)

        released = lease.release(lane)

        assert lease.acquire(released, "me", NOW, MINUTE) is not None
        assert failed(6) == released


class TestBreaker:
    def test_trips(self):
        """The fifth failing call in a row opens the breaker for half a minute."""
        four, five = failed(TRIP - 1), failed(5)

        assert ("closed", True) == (four.breaker, four.rests_until < NOW)
        assert ("open", NOW + 30 * SECOND) == (five.breaker, five.rests_until)

    def test_doubles(self):
        """Each probe that fails doubles the rest, up to a quarter of an hour."""
        rests = [(failed(n).rests_until - NOW).total_seconds() for n in range(5, 13)]

        assert [30, 60, 120, 240, 480, 900, 900, 900] == rests
        assert (SHORTEST_REST, LONGEST_REST) == (30 * SECOND, 15 * MINUTE)

    def test_together(self):
        """Calls that left together and fail together open it once, for half a minute."""
        lane = Lane()
        for number in range(64):
            lane = lane.after(FAILED, NOW + number * timedelta(milliseconds=10))

        assert (TRIP, NOW + 30 * SECOND) == (
            lane.failures,
            lane.rests_until - (TRIP - 1) * timedelta(milliseconds=10),
        )

    def test_probe_at_once(self):
        """A probe that fails the moment that the rest is over counts."""
        lane = failed(TRIP)

        probed = lane.after(FAILED, lane.rests_until)

        assert TRIP + 1 == probed.failures
        assert MINUTE == probed.rests_until - lane.rests_until

    def test_never_overflows(self):
        """A destination that is dead for weeks is still probed every quarter of an hour."""
        lane = replace(Lane(), failures=100_000)

        assert NOW + LONGEST_REST == lane.after(FAILED, NOW).rests_until

    def test_probes(self):
        """While open, one call at a time may leave."""
        assert UNBOUND == budget.calls_allowed(failed(4), None, NOW)
        assert 1 == budget.calls_allowed(failed(5), None, NOW + MINUTE)

    def test_closes(self):
        """One call that succeeds closes it, and forgets the failures."""
        lane = failed(9).after(TAKEN, NOW + MINUTE)

        assert (0, "closed") == (lane.failures, lane.breaker)
        assert lane.rests_until < NOW
        assert UNBOUND == budget.calls_allowed(lane, None, NOW)

    def test_in_a_row(self):
        """Failures count in a row only."""
        lane = failed(4).after(TAKEN, NOW).after(FAILED, NOW)

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
        """A lane remembers when anything was accepted last."""
        assert accepted_at == Lane().after(Reply(tuple(outcomes)), NOW).accepted_at


class TestHold:
    THROTTLED = Reply((Deferred("throttled", counts=False),), 429, hold=10 * MINUTE)

    def test_holds(self):
        """What the destination asks for holds the lane, and counts as no failure."""
        lane = Lane().after(self.THROTTLED, NOW)

        assert NOW + 10 * MINUTE == lane.rests_until
        assert (0, "closed") == (lane.failures, lane.breaker)

    def test_longer_wins(self):
        """A shorter wish does not cut a longer one."""
        lane = Lane().after(self.THROTTLED, NOW)
        lane = lane.after(replace(self.THROTTLED, hold=SECOND), NOW)

        assert NOW + 10 * MINUTE == lane.rests_until

    def test_with_failure(self):
        """A failing call that asks for a rest is both."""
        lane = failed(4).after(replace(FAILED, hold=10 * MINUTE), NOW)

        assert NOW + 10 * MINUTE == lane.rests_until
        assert "open" == lane.breaker

    def test_success_does_not_end_it(self):
        """A call that was on its way and succeeds does not cut the wish of another."""
        lane = Lane().after(self.THROTTLED, NOW).after(TAKEN, NOW)

        assert NOW + 10 * MINUTE == lane.rests_until


class TestGone:
    GONE = Reply((Deferred("gone", counts=False),), 410, gone=True)

    def test_disables(self):
        """A destination that asks never to be called again is disabled, and stays so."""
        lane = Lane().after(self.GONE, NOW)

        assert "gone" == lane.disabled
        assert "gone" == lane.after(TAKEN, NOW).disabled

    def test_enable(self):
        """A person's word takes away all that holds a lane back, but not its lease."""
        lane = replace(failed(9), disabled="gone", held_until=NOW + MINUTE, holder="other")

        enabled = lane.enabled()

        assert ("", 0, "closed") == (enabled.disabled, enabled.failures, enabled.breaker)
        assert enabled.rests_until < NOW
        assert "other" == enabled.holder


class TestProof:
    def test_stays(self):
        """A proof stays when a later preflight proves nothing."""
        lane = Lane().found(NOW)

        assert NOW == lane.checked("[]", NOW + MINUTE, proven=False).proven_at
        assert NOW + MINUTE == lane.checked("[]", NOW + MINUTE, proven=True).proven_at


class TestErrors:
    def test_counted(self):
        """The reasons of each call are counted in the lane, whatever else comes of it."""
        reply = Reply((Deferred("http_503"), Accepted(), Rejected("bad")), gone=True)
        lane = Lane().after(reply, NOW)

        assert {"http_503": 1, "bad": 1} == lane.errors_last_day(NOW)


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
        """A lane written to its row and back is the same lane."""
        assert lane == read_row(Lane, lease.to_row(lane))

    def test_older_row(self):
        """A row of an older release lacks columns; they have their defaults."""
        assert Lane(failures=3) == read_row(Lane, {"failures": 3, "of_a_newer_release": 1})
