"""Operators: the report: what it tells, how much it reads, and what is too little to be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from time import process_time
from typing import Any

import pytest

from leadshare.counts import tally as tallies
from leadshare.counts.contribution import unpack
from leadshare.counts.periods import Period
from leadshare.counts.tally import MORE, MOST, Tally
from leadshare.errors import BadRequest
from leadshare.operators.models.queries import read_query
from leadshare.operators.models.reports import Report
from leadshare.operators.reports.report import Reporter
from leadshare.store.keys import DAY, PARTITIONS, counted_key, tally_key
from leadshare.store.table import Change, Row
from tests.builders import NOW, configuration
from tests.counts.world import PUBLISHER, UTC, World
from tests.memory import MemoryTable

TODAY = NOW.date()

OF = {
    "listing": ("contoso.robot",),
    "kind": ("app",),
    "campaign": ("spring",),
    "storefront": ("appsource",),
    "destination": ("crm",),
    "country": ("DE",),
}

SPRING = configuration(
    campaign=[
        {
            "id": "spring",
            "name": "Spring fair",
            "kind": "nurture",
            "from": "2026-11-01",
            "targets": {"leads": 20, "won": 4, "revenue": 1000, "currency": "EUR"},
        }
    ]
).campaigns


@dataclass
class Desk:
    """What was counted, and who asks for it."""

    table: MemoryTable
    state: MemoryTable

    async def count(self, day: date, *told: tuple[dict[str, Any], dict[str, Any]]) -> None:
        """Let so much have been counted on a day."""
        tally = Tally()
        for of, cells in told:
            tally.add(OF | of, cells)
        values = tallies.columns(tally, largest=1 << 20)
        await self.state.write(DAY, [Change("upsert", counted_key(day), values)])

    async def ask(self, *, shown: bool = False, **query: str) -> dict[str, Any]:
        """Ask for a report."""
        reporter = Reporter(self.table, self.state, UTC, lambda: NOW, SPRING)
        return await reporter.report(read_query(Report, query), open_=shown)


@pytest.fixture(name="desk")
def _desk() -> Desk:
    return Desk(MemoryTable(), MemoryTable())


def ago(days: int) -> date:
    """A day before today."""
    return TODAY - timedelta(days=days)


class TestFigures:
    async def test_of_a_period_and_the_one_before(self, desk):
        """Each number is of its days alone; rates are of the leads whose first touch was then."""
        await desk.count(ago(10), ({}, {"leads": 8, "then_sales_ready": 4, "then_won": 2}))
        await desk.count(ago(5), ({}, {"won": 6}))
        await desk.count(ago(40), ({}, {"leads": 3, "then_won": 3}))

        told = await desk.ask()

        assert ("2026-10-24", "2026-11-22") == (told["first"], told["last"])
        total, before = told["total"], told["before"]["total"]
        assert (8, 6, 0.5, 0.25) == (
            *(total["leads"], total["won"]),
            *(total["rates"]["sales_ready"], total["rates"]["won"]),
        )
        assert (3, 1.0) == (before["leads"], before["rates"]["won"])
        assert "2026-09-24" == told["before"]["first"]

    async def test_money(self, desk):
        """Sums are exact, and those of two currencies are never one."""
        for day in range(10):
            cells = {"won EUR": Decimal("0.1"), "won/EUR": 1, "won USD": Decimal(7), "won/USD": 1}
            await desk.count(ago(day + 2), ({}, cells))

        told = await desk.ask()

        assert {"EUR": "1.0", "USD": "70"} == told["total"]["amounts"]["won"]

    async def test_times(self, desk):
        """Times are those of all within the period, within 4.5 %."""
        hours = {f"called_in:{bucket}": 1 for bucket in range(80, 90)}
        await desk.count(ago(3), ({}, hours))

        told = (await desk.ask())["total"]["called_in"]

        assert told["median"] == pytest.approx(2 ** (84.5 / 8), rel=0.05)
        assert told["p90"] == pytest.approx(2 ** (88.5 / 8), rel=0.05)

    async def test_every_week(self, desk):
        """Weeks begin on Monday; what is before the first day is in none."""
        await desk.count(date(2026, 11, 15), ({}, {"leads": 1}))
        await desk.count(date(2026, 11, 16), ({}, {"leads": 2}))

        told = await desk.ask(every="week", first="2026-11-11", last="2026-11-18")

        assert [("2026-11-11", "2026-11-15", 1), ("2026-11-16", "2026-11-18", 2)] == [
            (one["first"], one["last"], one["total"]["leads"]) for one in told["periods"]
        ]

    async def test_targets(self, desk):
        """A campaign is told beside its targets, and whether the period begins with it."""
        won = {"leads": 10, "won": 5, "won EUR": Decimal("500.50"), "won/EUR": 5}
        await desk.count(ago(3), ({}, won), ({"campaign": ("other",)}, {"leads": 1}))

        told = await desk.ask(by="campaign", first="2026-10-01")

        spring, other = told["rows"]
        assert spring["campaign"]["whole"]
        assert {
            "leads": {"target": 20, "reached": 10, "share": 0.5},
            "won": {"target": 4, "reached": 5, "share": 1.25},
            "revenue": {"target": 1000, "reached": "500.50", "share": 0.5005},
        } == spring["campaign"]["targets"]
        assert "campaign" not in other

    async def test_target_of_nothing_yet(self, desk):
        """A campaign of which nothing was counted yet is there all the same."""
        told = await desk.ask(by="campaign")

        assert ["spring"] == [row["value"] for row in told["rows"]]

    async def test_too_many(self, desk):
        """Values that are others on each day make no answer without end."""
        for day in range(3):
            told = [{"listing": (f"contoso.offer-{day}-{n}",)} for n in range(MOST)]
            await desk.count(
                ago(day + 2), *((of, {"leads": 1 + (not n)}) for n, of in enumerate(told))
            )

        rows = (await desk.ask(by="listing"))["rows"]

        assert MOST + 1 == len(rows)
        assert ([2, 2, 2, 1], MORE) == ([row["leads"] for row in rows[:4]], rows[-1]["value"])
        assert 3 * (MOST + 1) == sum(row["leads"] for row in rows)


class TestFew:
    async def test_country(self, desk):
        """Of a country with few nothing is told apart; of any, no number of few, and no sum."""
        large = {"leads": 50, "won": 2, "won EUR": Decimal(9), "won/EUR": 2, "then_won": 2}
        await desk.count(
            ago(3),
            ({}, large),
            ({"country": ("LI",)}, {"leads": 1, "won": 1, "won EUR": Decimal(83400), "won/EUR": 1}),
        )

        told = await desk.ask(by="country")

        germany, few = told["rows"]
        assert ("DE", 50, None, None, {"EUR": None}) == (
            *(germany["value"], germany["leads"], germany["won"], germany["rates"]["won"]),
            germany["amounts"]["won"],
        )
        assert ("few", None) == (few["value"], few["leads"])
        assert 51 == told["total"]["leads"]
        assert "LI" not in str(told)
        assert "83" not in str(told["total"]["amounts"])

    async def test_listing(self, desk):
        """Of a listing numbers are always told, and no sum of few."""
        await desk.count(ago(3), ({}, {"leads": 1, "won EUR": Decimal(9), "won/EUR": 1}))

        [row] = (await desk.ask(by="listing"))["rows"]

        assert (1, {"EUR": None}) == (row["leads"], row["amounts"]["won"])

    async def test_shown(self, desk):
        """Who may see persons is told all."""
        await desk.count(ago(3), ({}, {"leads": 1, "won EUR": Decimal(9), "won/EUR": 1}))

        [row] = (await desk.ask(by="country", shown=True))["rows"]

        assert ("DE", 1, {"EUR": "9"}) == (row["value"], row["leads"], row["amounts"]["won"])


class TestReading:
    async def test_a_year(self, desk):
        """A year of 100,000 leads reads fewer than 800 rows, in less than a second."""
        listings = [{"listing": (f"contoso.offer-{n}",), "country": (f"{n}",)} for n in range(68)]
        cells = {"touches": 5, "leads": 4, "won": 1, "called_in:80": 1, "accepted_in:30": 4}
        await desk.count(ago(2), *((one, cells) for one in listings))
        [values] = desk.state.rows.values()
        desk.state.rows = {(DAY, counted_key(ago(n))): values for n in range(2, 732)}
        one = (tallies.columns(Tally({"leads": 1})), "e1")
        desk.table.rows = {(p, tally_key(ago(n))): one for p in PARTITIONS for n in range(366)}
        desk.table, desk.state = Counting(desk.table.rows), Counting(desk.state.rows)
        began = process_time()

        told = await desk.ask(by="listing", first=ago(365).isoformat(), last=ago(0).isoformat())

        took = process_time() - began
        assert 364 * 68 * 4 + 32 == told["total"]["leads"]
        assert 730 + 32 == desk.state.read_rows + desk.table.read_rows
        assert took < 1, f"took {took:.2f} s of CPU"

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ({"by": "person"}, "by: expected one of listing, kind, campaign"),
            ({"first": "yesterday"}, "first: expected a day such as 2026-11-01"),
            ({"first": "2026-11-02", "last": "2026-11-01"}, "last: expected a day from the first"),
            ({"first": "2025-01-01", "last": "2026-01-02"}, "at most 366 days in all"),
            ({"every": "year"}, "every: expected one of day, week, month"),
            ({"first": "2016-01-01", "last": "2025-12-31"}, "at most 366 days in all"),
            ({"first": "0001-01-01"}, "first: expected a day such as"),
            ({"last": "0001-01-05"}, "last: expected a day such as"),
            ({"first": "9999-12-31"}, "first: expected a day such as"),
            ({"first": "2026-02-30"}, "first: expected a day such as"),
            ({"first": "2026-W45-1"}, "first: expected a day such as"),
            ({"first": "2026-11-01T00:00:00Z"}, "first: expected a day such as"),
            ({"first": "\u0662\u0660\u0662\u0666-11-01"}, "first: expected a day such as"),
            ({"first": "2026-08-01", "by": "kind", "every": "day"}, "every: 92 days at most"),
            ({"first": "2026-11-02", "last": "2026-11-01", "every": "day"}, "from the first on"),
        ],
    )
    async def test_refused(self, desk, query, said):
        """What is not understood is refused."""
        with pytest.raises(BadRequest, match=said):
            await desk.ask(**query)

    @pytest.mark.parametrize(
        ("query", "days"),
        [
            ({"first": "", "last": "", "by": "", "every": ""}, ("2026-10-24", "2026-11-22")),
            ({"first": "2026-11-22"}, ("2026-11-22", "2026-11-22")),
            ({"first": "2030-01-01"}, ("2030-01-01", "2030-01-01")),
            ({"first": "2000-01-01"}, ("2000-01-01", "2000-12-31")),
            ({"last": "2199-12-31"}, ("2199-12-02", "2199-12-31")),
            ({"first": "2026-08-23", "by": "kind", "every": "day"}, ("2026-08-23", "2026-11-22")),
        ],
    )
    async def test_understood(self, desk, query, days):
        """Days on which nothing was counted, or will be, are told as nothing."""
        told = await desk.ask(**query)

        assert days == (told["first"], told["last"])
        assert 0 == told["total"]["leads"] == told["before"]["total"]["leads"]


class Counting(MemoryTable):
    """Counts the rows that are read."""

    def __init__(self, rows: Any) -> None:
        super().__init__()
        self.rows, self.read_rows = rows, 0

    async def get(self, partition: str, key: str) -> Row | None:
        found = await super().get(partition, key)
        self.read_rows += found is not None
        return found

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        found = await super().read(partition, start, end, **narrow)
        self.read_rows += len(found)
        return found


async def test_every_number_is_that_of_the_leads():
    """What two hosts counted while they died is told as it is, to the cent."""
    world = World(7)
    await world.live(60)
    world.now += timedelta(days=2)
    world.keep("end")
    await world.flow()
    reporter = Reporter(world.table, world.state, UTC, lambda: world.now, PUBLISHER.campaigns)
    asked = read_query(Report, {"first": "2026-06-01", "last": world.now.date().isoformat()})

    total = (await reporter.report(asked, open_=True))["total"]

    sums: dict[str, Any] = defaultdict(int)
    rows: Sequence[Any] = [*world.table.values("lead"), *world.table.values("delivery")]
    for values in rows:
        for cells in unpack(values["counted"])[1].on.values():
            for name, number in cells.items():
                sums[name] += number
    assert sums["leads"] == total["leads"] > 0
    told = {name for name in total if isinstance(total[name], int)}
    assert {name: sums[name] for name in told} == {name: total[name] for name in told}
    assert {name: f"{sum_:f}" for name, sum_ in sums.items() if " " in name} == {
        f"{stage} {currency}": amount
        for stage, amounts in total["amounts"].items()
        for currency, amount in amounts.items()
    }


def test_periods():
    """Months end where they do, and a period has as many days before it."""
    period = Period(date(2026, 1, 30), date(2026, 3, 2))

    assert [(30, 31), (1, 28), (1, 2)] == [
        (one.first.day, one.last.day) for one in period.parts("month")
    ]
    assert Period(date(2025, 12, 29), date(2026, 1, 29)) == period.before
