"""Counts: what is folded where, by whose days, how much of it at once, and what has departed."""

from __future__ import annotations

import logging
from datetime import UTC as ZERO
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadshare.counts import tally as tallies
from leadshare.counts.contribution import Contribution, departed, quarter_of, unpack
from leadshare.counts.folding import DAYS, fold
from leadshare.counts.keeping import Keeper, live
from leadshare.counts.measures import bucket, quantile
from leadshare.counts.outbox import count, depart
from leadshare.counts.tally import MORE, MOST, Tally
from leadshare.leads.counting.recount import Recount
from leadshare.operators.reports.rebuild import Rebuilder
from leadshare.store.table import TRANSACTION, Change
from tests.builders import LEAD, NOW
from tests.counts.world import UTC, World
from tests.limits import check_fits
from tests.memory import MemoryTable

OF = {"listing": ("contoso.robot",), "country": ("DE",), "campaign": ("spring",)}
BERLIN, KIRITIMATI = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Kiritimati")


def on(*days: int, **cells: int) -> Contribution:
    """So much, on each of these days from now on."""
    told = cells or {"touches": 1}
    return Contribution(OF, {quarter_of(NOW + timedelta(days=day)): told for day in days})


@pytest.fixture(name="table")
def _table() -> MemoryTable:
    return MemoryTable()


async def write(table: MemoryTable, changes: list[Change]) -> None:
    """Make changes in the lead's partition."""
    await table.write(LEAD[0], changes)


class TestFolding:
    async def test_many_days(self, table):
        """What changes more days than a transaction takes is folded in parts, none twice."""
        sizes = []

        class Watched(MemoryTable):
            async def write(self, partition, changes):
                check_fits(changes)
                sizes.append(len(changes))
                return await super().write(partition, changes)

        table = Watched()
        column, changes = count(None, on(*range(200)), LEAD, NOW)
        await write(table, changes)
        _, changes = count(column, on(*range(100, 240)), LEAD, NOW)
        await write(table, changes)

        for _ in range(4):  # each goes on for some rounds only
            await fold(table, UTC)

        assert TRANSACTION >= max(sizes)
        assert 1 + 2 * DAYS in sizes
        assert not table.values("count")
        days = [values for (_, key), (values, _) in table.rows.items() if key[0] == "t"]
        told = {number: tallies.read(values).total for number, values in enumerate(days)}
        assert 140 == sum(total.get("touches", 0) for total in told.values())
        assert {1} == {n for total in told.values() for n in total.values()}

    async def test_many_rows(self, table):
        """Rows of one day are folded ninety at once."""
        writes = []

        class Watched(MemoryTable):
            async def write(self, partition, changes):
                writes.append(len(changes))
                return await super().write(partition, changes)

        table = Watched()
        for number in range(200):
            _, changes = count(None, on(0), f"{LEAD[:-3]}{number:03d}", NOW)
            await write(table, changes)
        writes.clear()

        await fold(table, UTC)

        assert [92, 92, 22] == writes
        assert {"touches": 200} == (await live(table, NOW.date())).total

    async def test_days_of_a_zone(self, table):
        """A day is the zone's: half past eleven at night in UTC is tomorrow in Berlin."""
        late = datetime(2026, 7, 1, 22, 30, tzinfo=ZERO)
        _, changes = count(None, Contribution(OF, {quarter_of(late): {"touches": 1}}), LEAD, NOW)
        await write(table, changes)

        await fold(table, BERLIN)

        assert {"touches": 1} == (await live(table, date(2026, 7, 2))).total

    async def test_too_many_values(self):
        """Beyond a bound values are told together, what is taken away from them as well."""
        tally = Tally()
        for number in range(MOST + 50):
            tally.add({"listing": (f"contoso.offer-{number}",)}, {"touches": 1})
        told = tallies.read(tallies.columns(tally))

        assert MOST + 1 == len(told.by["listing"])
        assert {"touches": 50} == told.by["listing"][MORE]
        told.add({"listing": (f"contoso.offer-{MOST + 7}",)}, {"touches": 1}, -1)
        assert {"touches": 49} == told.by["listing"][MORE]
        assert MOST + 50 - 1 == told.total["touches"]

    async def test_too_large(self):
        """A column that would be too large tells the smallest values together."""
        tally = Tally()
        for number in range(MOST):
            cells = {f"called_in:{n}": n * number % 97 + 1 for n in range(99)}
            tally.add({"listing": (f"contoso.{number}",)}, cells | {"leads": number})
        values = tallies.columns(tally)

        assert tallies.LARGEST >= len(values["listing"])
        told = tallies.read(values).by["listing"]
        assert MORE in told
        assert sum(one.get("leads", 0) for one in told.values()) == sum(range(MOST))

    def test_quantile(self):
        """What is told of times is right within 4.5 %."""
        for seconds in (1, 59, 3600, 90_000, 10**7):
            [name] = [bucket("x", timedelta(seconds=seconds))]
            assert quantile({name: 3}, "x", 0.5) == pytest.approx(seconds, rel=0.045)
        assert quantile({}, "x", 0.5) is None


class TestDeparted:
    async def test_stays_in_totals(self, table):
        """What departs is in totals and of its listing, and nothing of it elsewhere."""
        told: dict[str, Any] = {"leads": 1, "won": 1, "won EUR": Decimal(7), "won/EUR": 1}
        column, changes = count(None, Contribution(OF, {quarter_of(NOW): told}), LEAD, NOW)
        await write(table, changes)
        await fold(table, UTC)

        await write(table, depart(column, LEAD, NOW + timedelta(days=9)))
        await fold(table, UTC)

        day, left = (await live(table, NOW.date())), {"leads": 1, "won": 1}
        assert left == day.total == day.by["listing"]["contoso.robot"]
        assert {"departed": left} == {n: c for n, c in day.by["country"].items() if c}
        assert {"departed": left} == {n: c for n, c in day.by["campaign"].items() if c}
        assert {"departed": 1} == (await live(table, NOW.date() + timedelta(days=9))).total
        # The lead is gone: a recount leaves what has departed.
        recount = Recount(table, LEAD[0], UTC, NOW, dry_run=True)
        assert 0 == (await recount.carry_out()).days

    async def test_comes_back(self, table):
        """Who departs and comes back before either was folded is counted once."""
        gone = on(0, leads=1)
        column, changes = count(None, gone, LEAD, NOW)
        await write(table, changes)
        await fold(table, UTC)
        await write(table, depart(column, LEAD, NOW))
        _, changes = count(None, on(1, leads=1), LEAD, NOW)
        await write(table, changes)
        recount = Recount(table, LEAD[0], UTC, NOW, dry_run=True)
        recount.columns[LEAD] = changes[0].values["is"]

        assert 0 == (await recount.carry_out()).days

    def test_waits_for_nobody(self):
        """A lead that nobody took is not among those that somebody must be found for."""
        left = departed(on(0, leads=1, unrouted=1), NOW)

        assert {"leads": 1, "departed": 1} == left.on[quarter_of(NOW)]

    def test_nothing_that_was_not_counted(self):
        """What was never counted departs without a trace."""
        assert [] == depart(b"", LEAD, NOW)
        assert {} == departed(Contribution(), NOW).on


class TestKeeping:
    async def test_another_zone(self):
        """By another zone nothing is folded until all is counted anew; nothing is lost by that."""
        world = World(7)
        await world.live(60)
        world.check()
        clock = lambda: world.now  # noqa: E731 - as short as it is
        further = Keeper(world.table, world.state, KIRITIMATI, clock)
        leads = len([row for row in world.table.values("lead") if row["category"] == "normal"])
        world.touch("end")
        await world.flow()

        await further.work()
        assert world.table.values("count")
        rebuilder = Rebuilder(world.table, world.state, KIRITIMATI, clock)
        told = await rebuilder.rebuild("", dry_run=False)
        world.now += timedelta(days=1)
        await further.work()

        assert told["days"] > 0
        assert not world.table.values("count")
        assert 0 == (await rebuilder.rebuild("", dry_run=True))["days"]
        days = [tallies.read(v).total for (p, _), (v, _) in world.state.rows.items() if p == "day"]
        normal = [row for row in world.table.values("lead") if row["category"] == "normal"]
        assert leads <= len(normal) == sum(day.get("leads", 0) for day in days)

    async def test_leads_of_before(self):
        """Leads that nobody has counted yet are counted by a rebuild, each of them once."""
        world = World(4)
        await world.live(30)
        for place, (values, etag) in world.table.rows.items():
            if "counted" in values and place[1].split("|")[1] == "lead":
                world.table.rows[place] = ({**values, "counted": b""}, etag)
        gone = [place for place in world.table.rows if place[1].startswith(("tally|", "count|"))]
        for place in gone:
            del world.table.rows[place]

        rebuilder = Rebuilder(world.table, world.state, UTC, lambda: world.now)
        told = await rebuilder.rebuild("", dry_run=False)
        world.keep("end")
        await world.flow()

        assert told["wrong"] == told["leads"] > 0
        world.check()
        assert 0 == (await rebuilder.rebuild("", dry_run=True))["days"]

    async def test_told_once_a_day(self, table, caplog):
        """Each day is told once it is over, with campaigns that the publisher has named."""
        caplog.set_level(logging.INFO)
        state, now = MemoryTable(), [NOW]
        keeper = Keeper(table, state, UTC, lambda: now[0], {"spring"})
        _, changes = count(None, on(0, leads=2), LEAD, NOW)
        await write(table, changes)
        await keeper.work()
        for hours in range(1, 50):
            now[0] = NOW + timedelta(hours=hours)
            await keeper.work()

        lines: list[Any] = [one for one in caplog.records if one.msg == "day.counted"]
        days = {line.day: line for line in lines}
        assert ["2026-11-22", "2026-11-23"] == [*days]
        assert (2, {"spring": 2}) == (days["2026-11-22"].leads, days["2026-11-22"].campaigns)


def test_column_is_small():
    """What a lead of a few touches is counted as takes less than half a KiB of its row."""
    counted = on(0, 3, 9)
    column, _ = count(None, counted, LEAD, NOW)

    assert (1, counted) == unpack(column)
    assert len(column) < 512
