"""Leads that nobody takes: told of as they come, counted while they are there, planned again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Rejected
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.errors import Conflict, StorageError
from leadshare.leads.unrouted import COUNTED, EVERY, Unrouted, count
from leadshare.store.retrying import TRIES
from leadshare.store.table import Change
from tests.builders import IDENTITY, NOW, Office, fill, minutes, rerouting, touch, visit_ids
from tests.deliveries.world import FakeDestination
from tests.laws.checker import violations

ROBOT = {"id": "Contoso.Robot", "title": "Contoso Robot", "kind": "app"}
PERSON = "person-1@fabrikam.example"
LEAD = touch(Email=PERSON).lead


@pytest.fixture(name="office")
def _office() -> Office:
    """An office where nobody takes anything."""
    office = Office()
    office.configure()
    return office


def said(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """The lines that tell of an *event*, each with its level."""
    return [one.__dict__ for one in caplog.records if one.msg == event]


def lawful(office: Office) -> bool:
    """Whether all rows agree."""
    rows = [(*place, values) for place, (values, _) in office.table.rows.items()]
    return not violations(rows, settled=True)


class TestTell:
    async def test_once(self, office, caplog):
        """One line tells of a lead when it becomes unrouted, and none of its repeats and
        updates.
        """
        await office.take(1, Email=PERSON)
        await office.take(2, Email=PERSON)
        await office.take(3, Email=PERSON, Title="CEO")

        [line] = said(caplog, "unrouted.found")
        assert (LEAD, "appsource", "contact_request", "sales_ready", logging.WARNING) == tuple(
            line[name] for name in ("lead", "storefront", "intent", "stage", "levelno")
        )

    @pytest.mark.parametrize(
        ("source", "listing"),
        [("SPZA-PLT|contoso.robot", "contoso.robot"), ("SPZA-PLT|my-name.is-ada", "other")],
        ids=["known", "unknown"],
    )
    async def test_listing(self, office, caplog, source, listing):
        """Of a listing that is in no catalogue nothing is told, for it may be a customer's
        words.
        """
        office.configure(listing=[ROBOT])

        await office.take(1, LeadSource=source)

        assert [listing] == [line["listing"] for line in said(caplog, "unrouted.found")]

    async def test_others(self, office, caplog):
        """Nothing is told of leads that are followed up, told of only, kept, or special."""
        bell = {"name": "bell", "follows_up": False}
        asked = {"field": "country", "op": "eq", "value": "FR"}
        office.configure(bell, route=[{"when": [asked], "to": []}])
        await office.take(1)
        await office.take(2, Country="FR")
        office.configure()
        await office.take(3, ActionCode="DNC")
        office.configure({"name": "crm"})
        await office.take(4)

        assert [] == said(caplog, "unrouted.found")
        assert {"notice_only", "kept", "", "routed"} == {
            lead["routing"] for lead in office.table.values("lead")
        }

    async def test_again(self, office, caplog):
        """A lead that was taken, and then is not, is told of."""
        office.configure({"name": "crm"})
        await office.take(1, Email=PERSON)
        office.configure()

        await office.take(2, Email=PERSON, Title="CEO")

        assert [LEAD] == [line["lead"] for line in said(caplog, "unrouted.found")]
        told = said(caplog, "touch.classified")
        assert ["routed", "unrouted"] == [line["routing"] for line in told]


class TestCount:
    async def test_nothing(self, office):
        """Where all leads are taken, there is nothing to count."""
        standing = await count(office.table, ["crm"])

        assert (0, 0, None, False) == (
            standing.leads,
            standing.deliveries.total(),
            standing.oldest,
            standing.more,
        )

    async def test_both(self, office):
        """What is due where nobody is configured counts, by destination, as unrouted leads do."""
        await office.take(1)
        office.configure({"name": "a"}, {"name": "a-b"}, {"name": "b"})
        await office.take(2)
        await office.take(3)

        standing = await count(office.table, ["zz", "a-b"])

        assert (1, {"a": 2, "b": 2}) == (standing.leads, standing.deliveries)
        assert NOW + minutes(1) == standing.oldest

    async def test_only_deliveries(self, office):
        """What waits to be read back has been delivered, and what is parked is listed as parked."""
        office.configure({"name": "crm"})
        await office.take(1)
        await office.finish("crm", Rejected("bad"))
        await office.take(2)
        await office.finish("crm", Accepted("r"), look_up=True)

        assert 1 == len(office.table.values("due"))
        assert 1 == len(office.table.values("parked"))
        assert not (await count(office.table, [])).deliveries

    async def test_nobody_knows(self, office):
        """While the configuration is wrong nobody knows who is configured, and leads alone
        count.
        """
        await office.take(1)
        office.configure({"name": "crm"})
        await office.take(2)

        standing = await count(office.table, None)

        assert (1, 0) == (standing.leads, standing.deliveries.total())

    @pytest.mark.parametrize(("rows", "more"), [(COUNTED - 1, False), (COUNTED, True)])
    async def test_more(self, office, rows, more):
        """It is told where there are too many to count."""
        at = int(NOW.timestamp() * 1000)
        await fill(office, [f"unrouted|{at + number}|l" for number in range(rows)])

        standing = await count(office.table, [])

        assert (rows, more) == (standing.leads, standing.more)


class TestWatch:
    async def test_line(self, office, caplog):
        """A line tells how many there are and since when, as a warning while there are any."""
        caplog.set_level(logging.INFO)
        office.configure({"name": "old"})
        await office.take(1)
        office.configure()
        await office.take(2)
        office.now = NOW + minutes(60)

        await office.unrouted.work()

        [line] = said(caplog, "unrouted.counted")
        assert (1, 1, 59 * 60_000, logging.WARNING) == tuple(
            line[name] for name in ("leads", "deliveries", "oldest_ms", "levelno")
        )

    async def test_none(self, office, caplog):
        """It tells that there are none, too, so that an alert sees that they have gone."""
        caplog.set_level(logging.INFO)

        await office.unrouted.work()

        [line] = said(caplog, "unrouted.counted")
        assert (0, 0, 0, logging.INFO) == tuple(
            line[name] for name in ("leads", "deliveries", "oldest_ms", "levelno")
        )

    async def test_every_quarter(self, office, caplog):
        """It is counted every quarter of an hour, however often the tick comes, and the clock
        jumps.
        """
        caplog.set_level(logging.INFO)
        own = (office.table, office.state, office.clock, lambda: 0.0, visit_ids())
        context = WorkerContext(*own, timedelta(seconds=60), office.nudged, IDENTITY.index_name)
        ticker = Ticker(context, [FakeDestination()], chores=[office.unrouted])

        told = []
        for seconds in (0, 30, EVERY.total_seconds() - 1, EVERY.total_seconds(), 0):
            office.now = NOW + timedelta(seconds=seconds)
            caplog.clear()
            await ticker.tick(timedelta(seconds=30))
            told.append(len(said(caplog, "unrouted.counted")))

        assert [1, 0, 0, 1, 1] == told

    async def test_failed(self, office, caplog):
        """What could not be counted is counted by the next tick."""
        caplog.set_level(logging.INFO)
        unrouted, read = office.unrouted, office.table.read

        async def fail(*_: Any, **__: Any) -> Any:
            raise StorageError("the table answered 503")

        office.table.read = fail
        with pytest.raises(StorageError):
            await unrouted.work()
        office.table.read = read
        await unrouted.work()

        assert 1 == len(said(caplog, "unrouted.counted"))


class TestReroute:
    @pytest.fixture(name="lost")
    async def _lost(self, office):
        """An office with a lead that nobody takes, and a CRM since."""
        await office.take(1)
        office.configure({"name": "crm"})
        office.now = NOW + minutes(60)
        return office

    async def test_cured(self, lost):
        """A lead that somebody takes now is no longer one that nobody takes; once."""
        told = [await lost.unrouted.reroute(LEAD) for _ in range(2)]

        assert [True, False] == told
        assert ["crm"] == [due["destination"] for due in lost.table.values("due")]
        assert lawful(lost)

    async def test_still(self, lost, caplog):
        """One that still nobody takes stays so, and is not told of again."""
        caplog.clear()
        lost.configure()

        assert not await lost.unrouted.reroute(LEAD)
        assert [] == said(caplog, "unrouted.found")
        assert lawful(lost)

    async def test_left_behind(self, lost, caplog):
        """What was due where nobody is any more may leave a lead unrouted, which is told."""
        await lost.unrouted.reroute(LEAD)
        caplog.clear()
        lost.configure()

        assert not await lost.unrouted.reroute(LEAD)
        assert [LEAD] == [line["lead"] for line in said(caplog, "unrouted.found")]
        assert lawful(lost)

    async def test_gone(self, lost):
        """A lead that has been deleted meanwhile is left alone."""
        lost.table.rows.clear()

        assert not await lost.unrouted.reroute(LEAD)

    @pytest.mark.parametrize("conflicts", [1, TRIES])
    async def test_changed_meanwhile(self, lost, conflicts):
        """A contact that changes is read again, and given up on where it goes on changing."""
        write, left = lost.table.write, [Conflict("changed")] * conflicts

        async def sometimes(partition: str, changes: Sequence[Change]) -> Any:
            if left:
                raise left.pop()
            return await write(partition, changes)

        lost.table.write = sometimes

        if conflicts < TRIES:
            assert await lost.unrouted.reroute(LEAD)
        else:
            with pytest.raises(StorageError, match="kept changing"):
                await lost.unrouted.reroute(LEAD)
        assert lawful(lost)

    async def test_cost(self, lost):
        """It takes one read and one transaction."""
        before = lost.table.calls

        await lost.unrouted.reroute(LEAD)

        assert 1 + 2 == lost.table.calls - before  # a write gives way before and after


async def test_destinations(office):
    """All that are configured are known by name."""
    told = Unrouted(office.table, *rerouting(office.configuration), office.clock)
    office.configure({"name": "crm"}, {"name": "page", "channel": "marketplace"})

    assert (frozenset(), {"crm", "page"}) == (told.destinations, office.unrouted.destinations)
