"""Visits: who enters a lane, what is rung for, and what of another's writing is taken over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.visit import Nudge, enter, leave, nudges, rejoin, ring
from leadshare.store.keys import HOUSE, due_key
from leadshare.times import EPOCH
from tests.builders import LEAD, NOW, minutes

LEASE = timedelta(seconds=60)
RUNG = Lane(rung=0b01, until=NOW)
WISH = Nudge("crm", 0b10, NOW + minutes(1))


class TestNudges:
    def test_of_the_house(self):
        """What belongs to no destination is the tick's alone: nobody is nudged for it."""
        keys = [due_key(lane, "1", NOW, LEAD, "remind") for lane in (HOUSE, "desk")]

        assert [Nudge("desk", 1, NOW)] == nudges("0", keys, NOW)


class TestRing:
    def test_adds(self):
        """What was rung for before stays, and the later time is what counts."""
        both = Lane(rung=0b11, until=WISH.until)

        assert both == ring(RUNG, WISH)
        assert both == ring(ring(Lane(), WISH), Nudge("crm", RUNG.rung, RUNG.until))


class TestEnter:
    def test_free(self):
        """Who enters looks for what was rung for, too, and nobody else has to."""
        entered = enter(RUNG, WISH, "me", NOW, LEASE)

        assert (Lane("me", NOW + LEASE), Nudge("crm", 0b11, WISH.until)) == entered

    @pytest.mark.parametrize(("left", "is_open"), [(1, False), (0, True)])
    def test_lease(self, left, is_open):
        """Nobody else enters while a lease runs; once it is over, its holder is dead."""
        lane = Lane("another", NOW + timedelta(milliseconds=left))

        assert is_open == (enter(lane, WISH, "me", NOW, LEASE) is not None)


class TestRejoin:
    def test_rung(self):
        """The visit goes on as it stands, with what was rung for meanwhile, and nobody else has
        to.
        """
        mine, saved = Lane("me", tokens=3), Lane("me", tokens=5)

        assert (mine, Nudge("", WISH.mask, WISH.until)) == rejoin(mine, saved, ring(saved, WISH))

    @pytest.mark.parametrize(
        "ordered",
        [
            pytest.param({"disabled": "by hand"}, id="disabled"),
            pytest.param({"held_until": NOW}, id="held"),
            pytest.param({"failures": 0, "open_until": EPOCH}, id="breaker-closed"),
        ],
    )
    def test_ordered(self, ordered):
        """What people ordered meanwhile stands, over what the visit has come to."""
        saved = Lane("me", failures=5, open_until=NOW)
        mine = Lane("me", failures=6, open_until=NOW + minutes(1), held_until=NOW + minutes(9))

        joined, _ = rejoin(mine, saved, replace(saved, **ordered))

        assert replace(mine, **ordered) == joined


class TestLeave:
    def test_done(self):
        """A lane is left free, and rung for nothing."""
        assert Lane() == leave(Lane("me", NOW + LEASE), Nudge("crm", 0, NOW))

    def test_not_done(self):
        """What is left is rung for, so that whoever comes next looks for it."""
        left = leave(Lane("me", NOW + LEASE), WISH)

        assert Lane(rung=WISH.mask, until=WISH.until) == left
