"""A visit's hold on a lane: who gets in, what is written, and what others do meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leadshare.deliveries.lanes.hold import TRIES, Hold, Lost
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.visit import ALL, Nudge
from leadshare.errors import Conflict
from leadshare.store.keys import LANE
from leadshare.store.lease import read_row, to_row
from leadshare.store.table import Change
from leadshare.times import EPOCH
from tests.builders import NOW, minutes
from tests.memory import MemoryTable

LEASE = timedelta(seconds=60)
WISH = Nudge("crm", 0b10, NOW)


class State(MemoryTable):
    """The lanes' table, with the one lane that these tests are about."""

    async def set(self, lane: Lane) -> None:
        """Write the lane down, whoever has it."""
        await self.write(LANE, [Change("upsert", "crm", to_row(lane))])

    def lane(self) -> Lane:
        """The lane as it is written down."""
        return read_row(Lane, self.rows[LANE, "crm"][0])


@pytest.fixture(name="state")
def _state():
    return State()


def hold(state: State, holder: str = "me", wanted: Nudge = WISH) -> Hold:
    """A visit's hold that is not entered yet."""
    return Hold(state, lambda: NOW, LEASE, holder, wanted)


async def always(_lane: Lane) -> bool:
    """Say that a lane is wanted however it stands."""
    return True


async def if_open(lane: Lane) -> bool:
    """Say whether anything may leave."""
    return lane.is_open(NOW)


class TestEnter:
    async def test_new(self, state):
        """A lane that has no row yet is entered, and its row says by whom and until when."""
        one = hold(state)

        entered = await one.enter(if_open)

        assert Lane("me", NOW + LEASE) == entered == state.lane() == one.found

    async def test_taken(self, state):
        """Who comes to a lane that another has rings for what is wanted, and goes."""
        await hold(state, "another").enter(if_open)

        assert await hold(state).enter(if_open) is None
        assert ("another", WISH.mask, WISH.until) == (
            state.lane().holder,
            state.lane().rung,
            state.lane().until,
        )

    @pytest.mark.parametrize(
        "lane", [Lane(disabled="gone"), Lane(held_until=NOW + minutes(1))], ids=["off", "rests"]
    )
    async def test_at_rest(self, state, lane):
        """A lane that is not wanted as it stands is left alone, after a reading."""
        await state.set(lane)

        assert await hold(state).enter(if_open) is None
        assert lane == state.lane()
        assert await hold(state).enter(always) is not None

    async def test_rung(self, state):
        """Whoever enters looks for what was rung for as well."""
        await state.set(Lane(rung=0b1, until=NOW + minutes(1)))
        one = hold(state)

        await one.enter(if_open)

        assert Nudge("crm", 0b11, NOW + minutes(1)) == one.wanted

    async def test_kept_changing(self, state, monkeypatch):
        """A lane that others keep changing is left to the next tick, after some readings."""
        tries = []

        async def conflict(*_: object) -> list[str]:
            tries.append(1)
            raise Conflict("changed")

        monkeypatch.setattr(state, "write", conflict)

        assert await hold(state).enter(always) is None
        assert TRIES == len(tries)


async def entered(one: Hold) -> Lane:
    """The lane of a hold that is entered."""
    lane = await one.enter(always)
    assert lane is not None
    return lane


class TestKeep:
    async def test_renewed(self, state):
        """What the visit has come to is written down, and its lease begins anew."""
        one = hold(state)
        lane = await entered(one)
        one.clock = lambda: NOW + minutes(0.5)

        kept = await one.keep(replace(lane, failures=2))

        assert Lane("me", NOW + minutes(0.5) + LEASE, failures=2) == kept == state.lane()

    async def test_rung_meanwhile(self, state):
        """What others rang for meanwhile is wanted from then on."""
        one = hold(state)
        lane = await entered(one)
        await hold(state, "another", Nudge("crm", 0b100)).enter(if_open)

        kept = await one.keep(replace(lane, failures=2))

        assert (2, 0) == (kept.failures, state.lane().rung)
        assert 0b110 == one.wanted.mask

    async def test_lost(self, state):
        """Once another has the lane, nothing is written over what that has come to."""
        one = hold(state)
        lane = await entered(one)
        await state.set(Lane("another", NOW + LEASE))

        with pytest.raises(Lost):
            await one.keep(lane)

        assert "another" == state.lane().holder


class TestLeave:
    async def test_free(self, state):
        """A lane is left free, and rung for what is still wanted."""
        one = hold(state)
        lane = await entered(one)

        assert await one.leave(lane) is None
        assert ("", EPOCH, WISH.mask) == (
            state.lane().holder,
            state.lane().leased_until,
            state.lane().rung,
        )

    async def test_rung_meanwhile(self, state):
        """Who was rung for since the last save is not left after all: it must look again."""
        one = hold(state)
        lane = await entered(one)
        await hold(state, "another", Nudge("crm", ALL)).enter(if_open)

        joined = await one.leave(lane)

        assert joined is not None
        assert ("me", "me", ALL) == (joined.holder, state.lane().holder, one.wanted.mask)
