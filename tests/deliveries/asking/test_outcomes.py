"""A lane asks its destination what became of leads: what changed, and now and then for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leadshare.deliveries.asking.outcomes import PAGES, SWEEP
from leadshare.deliveries.delivery import Accepted, Reply
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.errors import Refused
from leadshare.errors import StorageError
from leadshare.lifecycle.outcome import Changed, State
from leadshare.store.keys import LANE
from leadshare.store.lease import LeasedRow
from tests.builders import NOW
from tests.deliveries.asking.world import EVERY, outcome
from tests.deliveries.world import a_lead


class TestChanged:
    async def test_every_five_minutes(self, world, crm):
        """Each question goes on where the last ended, and is not asked sooner."""
        crm.pages = [Changed((outcome(world),), "c1"), Changed((), "c2")]
        await world.tick(crm)
        await world.later(crm, timedelta(minutes=4))
        await world.later(crm, timedelta(minutes=1))
        await world.later(crm)

        assert ["", "c1", "c2"] == crm.asked
        assert [a_lead(1)] == [one.lead for one in world.book.told]

    async def test_pages(self, world, crm):
        """What is more than a page is asked for at once, in bounds, and then goes on."""
        crm.pages = [Changed((), f"c{number}", more=True) for number in range(1, PAGES + 2)]
        await world.tick(crm)
        assert ["", *(f"c{number}" for number in range(1, PAGES))] == crm.asked

        await world.later(crm)
        assert f"c{PAGES}" == crm.asked[PAGES]

    async def test_breaker_rests(self, world, crm):
        """It is asked while its breaker rests, too, and else the lane is left alone."""
        opened = Lane(failures=9, open_until=world.now + timedelta(hours=1))
        await LeasedRow(world.state, LANE, "crm", Lane).write(opened)
        await world.tick(crm)
        calls = world.state.calls
        await world.later(crm, timedelta(minutes=1))

        assert ([""], 1) == (crm.asked, world.state.calls - calls)

    async def test_clock_ahead(self, world, crm):
        """A lane that was asked at a time of next week is asked now."""
        await world.tick(crm)
        await world.later(crm, -timedelta(days=7))

        assert 2 == len(crm.asked)

    async def test_person(self, world, crm):
        """What a system tells of a person is told of each of the leads that it has of them."""
        person = a_lead(1).partition("-")[0]
        theirs = [f"{person}-{number:016x}" for number in range(3)]
        for lead, there in zip(theirs, ("crm", "crm", "other"), strict=True):
            await world.owe(lead, there)
        await world.owe(a_lead(2))
        odd = [replace(outcome(world), lead=one) for one in (person, "", "nobody")]
        crm.pages = [Changed((), "c1"), Changed(tuple(odd), "c2")]
        await world.tick(crm)
        await world.later(crm)

        told = [(one.lead, one.source, one.state) for one in world.book.told]
        assert [(lead, "crm", State.WON) for lead in (*theirs[:2], "", "nobody")] == told

    async def test_not_written(self, world, crm):
        """What could not be written down is asked for once more."""
        crm.pages = [Changed((outcome(world),), "c1"), Changed((outcome(world),), "c1")]
        world.book.fault = StorageError("busy")
        with pytest.raises(StorageError):
            await world.tick(crm)
        world.book.fault = None
        await world.later(crm)

        assert ["", ""] == crm.asked
        assert 1 == len(world.book.told)

    @pytest.mark.parametrize("fault", [Refused("http_403"), KeyError("Id")])
    async def test_refused(self, world, crm, caplog, fault):
        """What is refused is told with its code, and goes on where it stood; leads still leave."""
        crm.pages = [Changed((), "c1"), fault]
        await world.owe(a_lead(1))
        await world.tick(crm)
        await world.later(crm)
        code = getattr(fault, "reason", "unreadable_answer")
        assert code == world.lane().ask_fault
        assert [code] == [r.fault for r in caplog.records if r.msg == "outcomes.refused"]

        await world.later(crm)
        assert ["", "c1", "c1"] == crm.asked
        assert "" == world.lane().ask_fault
        assert [(a_lead(1), 1)] == crm.sent

    @pytest.mark.parametrize(
        "held",
        [
            {"paused_at": NOW},
            {"disabled": "gone"},
            {"held_until": NOW + EVERY * 3},
        ],
        ids=lambda held: next(iter(held)),
    )
    async def test_held(self, world, crm, held):
        """Who is paused, disabled or wants to be left alone is not asked."""
        await world.tick(crm)
        row = LeasedRow(world.state, LANE, "crm", Lane)
        await row.write(replace(await row.read(), **held))
        await world.later(crm)

        assert 1 == len(crm.asked)

    async def test_budget(self, world, crm):
        """What is asked takes from the budget, and leaves what is kept for urgent leads."""
        crm.rate = Rate(calls=4, seconds=3600.0)
        crm.pages = [Changed((), f"c{number}", more=True) for number in range(1, PAGES + 1)]
        await world.tick(crm)
        assert 1 == len(crm.asked)

        await world.owe(a_lead(1))
        await world.tick(crm)
        assert [(a_lead(1), 1)] == crm.sent

    async def test_never(self, world, crm):
        """A system that is not to be asked is not."""
        object.__setattr__(crm.settings, "outcomes", False)
        await world.tick(crm)

        assert [] == crm.asked


class TestSweep:
    @pytest.fixture(name="leads")
    async def _leads(self, world, crm):
        """Five leads that the destination has, in three partitions; and one that it has not."""
        crm.answer = lambda delivery: Reply((Accepted(f"r-{delivery.lead[:1]}"),), 200)
        leads = [a_lead(number) for number in (1, 2, 17, 33, 15)]
        for lead in leads:
            await world.owe(lead)
        await world.tick(crm)
        await world.owe(a_lead(3), "other")
        return leads

    async def sweep(self, world, crm):
        """Ticks until no sweep is under way; return the records that each call asked for."""
        crm.swept = []
        for _ in range(40):
            await world.later(crm, timedelta(seconds=30))
            if not world.lane().sweep:
                break
        return crm.swept

    async def test_all_once_a_week(self, world, crm, leads):
        """A week after the first question each record is read, as many as a call takes."""
        await world.later(crm, timedelta(days=6))
        assert [] == crm.swept

        world.now += timedelta(days=1)
        swept = await self.sweep(world, crm)

        assert {lead: f"r-{lead[:1]}" for lead in leads} == {
            lead: record for call in swept for lead, record in call.items()
        }
        assert [2, 1, 1, 1] == [len(call) for call in swept]
        await world.later(crm, timedelta(days=6))
        assert swept is crm.swept
        assert 4 == len(swept)

    async def test_gone(self, world, crm, leads):
        """What is gone is written down."""
        crm.gone = {leads[0]}
        world.now += SWEEP
        await self.sweep(world, crm)

        assert [(leads[0], State.GONE)] == [(one.lead, one.state) for one in world.book.told]

    async def test_one_call_a_tick(self, world, crm, leads):
        """A tick reads as many as one call takes, so that leads never wait for a sweep."""
        del leads
        world.now += SWEEP
        for _ in range(20):
            calls = len(crm.swept)
            await world.later(crm, timedelta(seconds=30))
            assert len(crm.swept) <= calls + 1
        assert 4 == len(crm.swept)

    async def test_refused(self, world, crm, leads):
        """A sweep that is refused goes on from there, later, and keeps nobody from asking."""
        crm.faults = [Refused("http_500"), Refused("http_500")]
        world.now += SWEEP
        await world.later(crm, timedelta(seconds=30))  # of a partition that has none
        await world.later(crm, timedelta(seconds=30))
        assert "http_500" == world.lane().ask_fault
        asked, tried = len(crm.asked), 2 - len(crm.faults)
        await world.later(crm, timedelta(minutes=4))
        assert (asked, tried) == (len(crm.asked), 2 - len(crm.faults))

        await world.later(crm, timedelta(minutes=1))
        assert (asked + 1, tried + 1) == (len(crm.asked), 2 - len(crm.faults))
        await self.sweep(world, crm)

        assert {*leads} == {lead for call in crm.swept for lead in call}


class TestCost:
    async def test_flat(self, world, crm):
        """A question costs as much with a thousand leads as with none."""

        async def calls():
            await world.later(crm)
            before = world.table.calls, world.state.calls, len(crm.asked)
            await world.later(crm)
            after = world.table.calls, world.state.calls, len(crm.asked)
            return [b - a for a, b in zip(before, after, strict=True)]

        alone = await calls()
        for number in range(1, 1000):
            await world.owe(a_lead(number))
        await world.tick(crm)

        assert alone == await calls()
        assert 1 == alone[2]
