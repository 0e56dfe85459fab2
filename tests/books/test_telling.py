"""What the books tell of a span: by the publisher's own names, late, and by few rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest

from leadshare.app.books import check_books
from leadshare.books.place import Place
from leadshare.books.telling import Visits, read_books, unmatched
from tests.books.analytics import DATASETS
from tests.books.world import DAY, HOUR, World
from tests.builders import NOW
from tests.memory import MemoryTable

TODAY = NOW.date()


@dataclass(frozen=True)
class Listing:
    """A listing of the catalogue."""

    id: str
    title: str


ROBOT, PRO, TWIN = (
    Listing("Contoso.Robot", "contoso  ROBOT"),
    Listing("contoso.pro", "Twin"),
    Listing("contoso.twin", "Twin"),
)


@pytest.fixture(name="world")
async def _world() -> World:
    world = World()
    world.visit(TODAY, PageVisits=5, ContactMe=2, GetItNow=1, consentGivenCount=1)
    world.visit(TODAY - 30 * DAY, "Twin")
    world.order(TODAY, 1)
    world.order(TODAY - 40 * DAY, 2)
    world.bill(TODAY, 1, "12.30", OfferName="Renamed")
    await world.run(6 * HOUR)
    return world


async def test_span(world):
    """What lies in the span is told, with titles of one listing under its id."""
    books = await read_books(world.state, TODAY - 10 * DAY, TODAY, [ROBOT, PRO, TWIN])

    (day, title, visits), *others = books.visits_by("OfferName")
    assert not others
    assert (TODAY.isoformat(), "contoso.robot") == (day, books.listing(title))
    assert Visits(5, 1, 2, 0, 0, 1) == visits
    assert 3 == visits.clicks
    assert [("2026-11", "Contoso Robot", "basic", 1)] == list(books.orders_by_plan())
    assert [("2026-11", "Renamed", "basic", "EUR", Decimal("12.30"), 1)] == list(
        books.revenue_by_plan()
    )
    assert ["Renamed"] == books.unmatched
    assert (NOW + 5 * HOUR - timedelta(hours=48)).date() == books.late_from


async def test_unmatched(world):
    """A title that two listings have is nobody's, and is told as one that none has."""
    assert ["Renamed", "Twin"] == await unmatched(world.state, [ROBOT, PRO, TWIN], TODAY)
    assert ["Renamed"] == await unmatched(world.state, [ROBOT, PRO], TODAY)


async def test_nothing_yet():
    """Before anything was read there is nothing, and nobody knows since when."""
    books = await read_books(MemoryTable(), TODAY - DAY, TODAY)

    assert (None, Place()) == (books.late_from, books.standing["orders"])
    assert not books.unmatched


async def test_rows_of_a_year(monkeypatch):
    """A year's report reads twenty rows of the books, however much was sold."""
    world = World()
    for back in range(366):
        world.visit(TODAY - back * DAY)
        for number in range(5):
            world.order(TODAY - back * DAY, back * 10 + number)
            world.bill(TODAY - back * DAY, back * 10 + number, "1.00")
    await world.run(6 * HOUR)
    rows = []
    read = world.state.read

    async def counted(*args, **options):
        found = await read(*args, **options)
        rows.extend(found)
        return found

    monkeypatch.setattr(world.state, "read", counted)
    books = await read_books(world.state, TODAY - 364 * DAY, TODAY)

    assert len(books.visits) > 180
    assert 13 == len(books.orders)
    assert len(rows) <= 17


class TestCheck:
    @pytest.fixture(name="reader")
    def _reader(self):
        return World()

    async def test_well(self, reader):
        """All that is asked for is shown."""
        assert not await check_books(reader.reader.analytics, NOW)

    async def test_no_right(self, reader):
        """A right that is missing is told."""
        reader.analytics.has_right = False
        (found,) = await check_books(reader.reader.analytics, NOW)
        assert "forbidden" == found.problem

    async def test_column(self, reader, monkeypatch):
        """A column, a dataset and a time span that are not shown are told by their names."""
        columns, metrics = DATASETS["ISVRevenue"]
        monkeypatch.setitem(DATASETS, "ISVRevenue", (columns[:3], metrics))
        monkeypatch.delitem(DATASETS, "ISVOrderV2")
        found = await check_books(reader.reader.analytics, NOW)
        assert [
            "ISVOrderV2",
            "ISVRevenue.EarningCurrencyCode",
            "ISVRevenue.PurchaseRecordId",
            "ISVRevenue.LineItemId",
        ] == [one.field for one in found]
