"""A lane asks about records that changed and of which the destination does not know the lead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadshare.deliveries.delivery import Accepted, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.errors import Refused
from leadshare.lifecycle.outcome import Changed, State
from tests.deliveries.asking.world import EVERY, Crm, outcome
from tests.deliveries.world import LEASE, a_lead


def record(number: int) -> str:
    """The id of the record of a lead."""
    return f"r-{number}"


def page(*numbers: int, cursor: str = "c1", more: bool = False) -> Changed:
    """What has changed: records by number."""
    return Changed((), cursor, more, tuple(map(record, numbers)))


async def delivered(world, *destinations):
    """Leads 1 to 5 that each of *destinations* has under the record of their number."""
    for destination in destinations:
        destination.answer = lambda one: Reply((Accepted(record(int(one.lead[-2:], 16))),), 200)
        for number in range(1, 6):
            await world.owe(a_lead(number), destination.name)
        await world.tick(destination)
        destination.asked.clear()


class TestFound:
    async def test_found(self, world, crm):
        """A record that changed is asked for by its id, and what became of its lead is written."""
        await delivered(world, crm)
        crm.pages, crm.gone = [page(1)], {a_lead(1)}
        await world.later(crm)

        assert [{a_lead(1): record(1)}] == crm.swept
        assert [(a_lead(1), State.GONE)] == [(one.lead, one.state) for one in world.book.told]
        assert "c1" == world.lane().asked_up_to

    async def test_typed_otherwise(self, world, crm):
        """An id in other letters is the same record's."""
        await delivered(world, crm)
        crm.pages = [Changed((), "c1", records=("{R-1}",))]
        await world.later(crm)

        assert [{a_lead(1): "{R-1}"}] == crm.swept

    async def test_not_ours(self, world, crm):
        """Of a record that nobody made for a lead nothing is asked, nor of one without an id."""
        await delivered(world, crm)
        crm.pages = [Changed((), "c1", records=("r-77", ""))]
        await world.later(crm)

        assert [] == crm.swept
        assert "c1" == world.lane().asked_up_to

    async def test_another_destinations(self, world, crm):
        """A record of the same id in another system is another one."""
        await delivered(world, Crm(name="other"))
        crm.pages = [page(1)]
        await world.later(crm)

        assert [] == crm.swept

    async def test_both(self, world, crm):
        """What a page tells itself is written down as well."""
        await delivered(world, crm)
        crm.pages, crm.gone = [Changed((outcome(world),), "c1", records=(record(2),))], {a_lead(2)}
        await world.later(crm)

        assert [a_lead(1), a_lead(2)] == [one.lead for one in world.book.told]


class TestBounds:
    async def test_batches(self, world, crm):
        """A call asks for as many as the destination takes; a page is told before the next."""
        await delivered(world, crm)
        crm.pages = [page(1, 77, 2, 3, 78, 4, 5, more=True), page(1, cursor="c2")]
        await world.later(crm)

        assert [2, 2, 1, 1] == [len(records) for records in crm.swept]
        assert {a_lead(number) for number in range(1, 6)} == {
            lead for records in crm.swept[:3] for lead in records
        }
        assert ["", "c1"] == crm.asked
        assert "c2" == world.lane().asked_up_to

    async def test_budget(self, world, crm):
        """A page whose records the budget does not allow is told again, once the next is due."""
        await delivered(world, crm)
        told = page(1, 2, 3, 4, 5, more=True)
        crm.rate, crm.pages, crm.gone = Rate(calls=4, seconds=600.0), [told], {a_lead(1)}
        await world.later(crm)
        assert 1 == len(crm.asked)
        assert "" == world.lane().asked_up_to
        assert len(crm.swept) < 3

        crm.rate, crm.pages = None, [told]
        await world.later(crm, EVERY - timedelta(seconds=1))
        assert 1 == len(crm.asked)
        await world.later(crm, timedelta(seconds=1))
        assert ["", "", "c1"] == crm.asked

    async def test_lease(self, world, crm, monkeypatch):
        """The lane's lease is renewed before each step, so that all together may take longer."""
        await delivered(world, crm)
        crm.pages, left = [page(1, 2, 3)], []

        def slow(where, name, seconds):
            call = getattr(where, name)

            async def slowed(*given, **more):
                if name != "read" or given[1].startswith("find|"):
                    left.append(world.lane().leased_until - world.now)
                    world.now += timedelta(seconds=seconds)
                return await call(*given, **more)

            monkeypatch.setattr(where, name, slowed)

        slow(crm, "changed", 40)
        slow(world.table, "read", 0.5)
        slow(crm, "current", 40)
        await world.later(crm)

        reads = [LEASE - timedelta(seconds=n / 2) for n in range(48)]
        assert [LEASE, *reads, LEASE, LEASE] == left
        assert "c1" == world.lane().asked_up_to


class TestFault:
    @pytest.mark.parametrize("good", [0, 1])
    async def test_refused(self, world, crm, good):
        """Where a call is refused, the page is told again, whatever others were told."""
        await delivered(world, crm)
        current, calls = crm.current, []

        async def refuse(records, now):
            calls.append(records)
            if len(calls) > good:
                raise Refused("http_500")
            return await current(records, now)

        crm.pages, crm.current = [page(1, 2, 3, more=True)] * 2, refuse
        await world.later(crm)
        assert ("http_500", "") == (world.lane().ask_fault, world.lane().asked_up_to)
        assert 1 == len(crm.asked)

        crm.current = current
        await world.later(crm)
        assert ("", "c1") == (world.lane().ask_fault, world.lane().asked_up_to)
        assert {a_lead(1), a_lead(2), a_lead(3)} <= {one for call in crm.swept for one in call}


class TestCost:
    async def test_reads(self, world, crm):
        """A record costs a range of each partition, whosever it is; none costs nothing."""
        await delivered(world, crm)

        async def reads(*numbers):
            crm.pages = [page(*numbers)]
            before = world.table.calls
            await world.later(crm)
            return world.table.calls - before

        none = await reads()

        assert [16, 16, 32] == [await reads(*some) - none for some in ((1,), (77,), (1, 77))]
