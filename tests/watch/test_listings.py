"""Watch: once a day each listing of the catalogue is told of, and no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

import pytest

from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.errors import StorageError
from leadshare.leads.unrouted import Unrouted
from leadshare.store import lease
from leadshare.store.keys import LANE, STATE, WATCH
from leadshare.store.table import Change
from leadshare.times import to_text
from leadshare.watch.listings import ListingWatch
from tests.builders import IDENTITY, NOW, Nudged, Office, visit_ids
from tests.deliveries.world import FakeDestination

ROBOT = {"id": "Contoso.Robot", "title": "Contoso Robot", "kind": "app"}


@pytest.fixture(name="office")
async def _office() -> Office:
    """Leads from a listing of the catalogue and from one that is in none, a test among them."""
    office = Office({"name": "crm"}, listing=[ROBOT])
    for number in range(1, 6):
        await office.take(number, LeadSource="SPZA-PLT|contoso.robot")
    await office.take(6, LeadSource="SPZA-PLT|contoso.other")
    await office.take(9, LeadSource="SPZA-PLT|contoso.robot", FirstName="MSFT_TEST")
    return office


def watch(office: Office, listing: str = "contoso.robot") -> ListingWatch:
    """What watches a listing, as one process has it."""
    return ListingWatch(office.table, office.state, frozenset({listing}), office.clock)


def ticker(
    office: Office, destinations: Sequence[FakeDestination], *chores: ListingWatch | Unrouted
) -> Ticker:
    """What ticks in one process."""
    context = WorkerContext(
        *(office.table, office.state, office.clock, lambda: 0.0, visit_ids()),
        *(timedelta(seconds=60), Nudged(), IDENTITY.index_name),
    )
    return Ticker(context, destinations, chores=chores)


class TestTell:
    async def test_line(self, office, caplog):
        """A line tells how long a listing is silent and was before; tests do not break a
        silence.
        """
        caplog.set_level(logging.INFO)
        caplog.clear()

        await watch(office).report(NOW + timedelta(days=2))

        [line] = caplog.records
        assert ("listing.watched", "contoso.robot", 5) == (line.msg, line.listing, line.leads)
        assert (2 * 24 * 60 - 5) * 60_000 == line.silent_ms
        assert (60_000, True, logging.WARNING) == (line.usual_ms, line.late, line.levelno)

    async def test_never_seen(self, office, caplog):
        """A listing that no lead has come from yet is not told of."""
        caplog.set_level(logging.INFO)
        caplog.clear()

        await watch(office, "contoso.new").report(NOW)

        assert [] == caplog.records


class TestDaily:
    @pytest.mark.parametrize(
        "crm",
        [
            pytest.param(None, id="none"),
            pytest.param(Lane(), id="healthy"),
            pytest.param(Lane(disabled="gone"), id="disabled"),
            pytest.param(Lane(held_until=NOW + timedelta(days=9)), id="held"),
        ],
    )
    async def test_once_a_day(self, office, caplog, crm):
        """Listings are told of once a day, however lanes stand, and if there are none; whichever
        process ticks.
        """
        caplog.set_level(logging.INFO)
        destinations = [] if crm is None else [FakeDestination()]
        if crm is not None:
            await office.state.write(LANE, [Change("insert", "crm", lease.to_row(crm))])
        one, other = (ticker(office, destinations, watch(office)) for _ in range(2))

        told = []
        for hours, process in ((0, one), (1, one), (6, other), (24, one), (25, other), (49, other)):
            office.now = NOW + timedelta(days=1, hours=hours)
            caplog.clear()
            await process.tick(timedelta(seconds=30))
            told.append(sum(record.msg == "listing.watched" for record in caplog.records))

        assert [1, 0, 0, 1, 0, 1] == told

    async def test_one_read(self, office):
        """A process that knows when they were told of last reads nothing until a day has passed."""
        known = watch(office)
        await known.work()
        before = office.state.calls, office.table.calls

        office.now += timedelta(hours=23, minutes=59)
        await known.work()

        assert before == (office.state.calls, office.table.calls)

    async def test_failed(self, office, caplog):
        """What could not be told is told by the next tick; it stops no other chore, and is no
        lane's.
        """
        caplog.set_level(logging.INFO)
        process = ticker(office, [FakeDestination()], watch(office), office.unrouted)
        read = office.table.read

        async def fail(partition, start, end, **more):
            if start.startswith("seen|"):
                raise StorageError("the table answered 503")
            return await read(partition, start, end, **more)

        office.table.read = fail
        with pytest.raises(StorageError, match="answered 503"):
            await process.tick(timedelta(seconds=30))

        [failed] = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert ("chore.failed", "watch") == (failed.msg, failed.chore)
        assert "unrouted.counted" in {record.msg for record in caplog.records}
        office.table.read = read
        caplog.clear()
        await process.tick(timedelta(seconds=30))
        assert "listing.watched" in {record.msg for record in caplog.records}

    async def test_at_once(self, office):
        """Two processes that tell at the same time are both done."""
        office.now += timedelta(days=1)

        await asyncio.gather(watch(office).work(), watch(office).work())

        row = await office.state.get(STATE, WATCH)
        assert row is not None
        assert {"told_at": to_text(office.now)} == row.values

    async def test_no_listings(self, office):
        """Where no listing is in the catalogue, nothing is read."""
        before = office.state.calls, office.table.calls

        await ListingWatch(office.table, office.state, frozenset(), office.clock).work()

        assert before == (office.state.calls, office.table.calls)
