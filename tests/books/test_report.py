"""The report with Microsoft's books: by every dimension, late, hidden, and each number by hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadshare.books.telling import WARNING
from leadshare.configuration.campaigns import Campaign, Campaigns
from leadshare.configuration.models import Listing
from leadshare.operators.description.reporting import ReportTold
from leadshare.operators.models.reports import Report
from leadshare.operators.reports.caveats import caveats, extent
from leadshare.operators.reports.report import Reporter
from tests.books.world import DAY, HOUR, World
from tests.builders import NOW
from tests.memory import MemoryTable

TODAY = NOW.date()
LISTINGS = [
    Listing.model_validate(told)
    for told in (
        {"id": "Contoso.Robot", "title": "Contoso Robot", "kind": "app"},
        {"id": "contoso.suite", "title": "VM Suite", "kind": "offer"},
    )
]
AUTUMN = {"id": "aut26", "name": "Autumn webinar", "kind": "nurture"}
CAMPAIGNS = Campaigns((Campaign.model_validate(AUTUMN),))


@pytest.fixture(name="world")
async def _world() -> World:
    world = World()
    for back in range(60):
        day = TODAY - back * DAY
        world.visit(day, PageVisits=back + 1, ContactMe=back % 3, Campaign="AUT26")
        world.visit(
            day, "VM Suite", PageVisits=2, FreeTrial=1, Site="AZUREMARKETPLACE", CountryName="Chad"
        )
        if back % 20 == 0:
            world.visit(day, "Gone", PageVisits=1, CountryName="Nowhere", Campaign="bob@x.example")
        world.order(day, back)
        world.order(day, 1000 + back, "VM Suite", Sku="large")
        world.bill(day, back, f"{back}.335")
        world.bill(day, 1000 + back, "7.10", OfferName="VM Suite", SKU="large")
    world.bill(TODAY, 9000, "50.00", EarningCurrencyCode="USD")
    await world.run(6 * HOUR)
    return world


async def report(world: World, *, open_: bool = True, **asked: Any) -> dict[str, Any]:
    """A report of the last 30 days, as its model describes it."""
    zone = ZoneInfo("UTC")
    reporter = Reporter(MemoryTable(), world.state, zone, lambda: world.now, CAMPAIGNS, LISTINGS)
    told = await reporter.report(Report.model_validate(asked), open_=open_)
    ReportTold.model_validate(told, strict=True)
    return told


def rows(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the books tell, by value."""
    return {row["value"]: row["books"] for row in told["rows"] if row["books"]}


async def test_total(world):
    """All is as an independent sum of the truth has it: visits by day, the rest by whole months."""
    told = await report(world)

    first, last = TODAY - 29 * DAY, TODAY
    truth: dict[str, int] = defaultdict(int)
    for row in world.analytics.rows["ISVMarketplaceInsights"]:
        if first <= row["day"] <= last:
            truth["visits"] += row["PageVisits"]
            truth["contact_me"] += row.get("ContactMe", 0)
            truth["free_trial"] += row.get("FreeTrial", 0)
    books = told["total"]["books"]
    assert truth == {name: books[name] for name in truth}
    assert books["clicks"] == truth["contact_me"] + truth["free_trial"]
    months = told["books"]["months"]
    assert ["2026-10", "2026-11"] == months
    assert sum(world.ordered()[month] for month in months) == books["orders"]
    billed: dict[str, Decimal] = defaultdict(Decimal)
    for (month, currency), amount in world.billed().items():
        if month in months:
            billed[currency] += amount
    assert {currency: Decimal(text) for currency, text in books["revenue"].items()} == billed
    assert WARNING == told["books"]["warning"]
    assert ["Gone"] == told["books"]["unmatched"]
    assert (NOW - timedelta(hours=43)).date().isoformat() == told["books"]["late_from"]
    assert "2026-05" == told["books"]["known_from"]["visits"][:7]
    assert "2025-11" == told["books"]["known_from"]["revenue"]
    assert [
        "Visits from 20 November 2026 on may still grow: Microsoft is up to 48 hours late.",
        "Orders and billed revenue are of whole months, October 2026 to November 2026.",
        "No listing has the title: Gone.",
    ] == caveats(told)


async def test_not_yet(world):
    """Where Microsoft told nothing, or not for all days, nobody takes that for nothing."""
    year: dict[str, Any] = {"first": "2026-01-01", "last": "2026-11-22"}
    told = await report(world, **year)
    assert {
        "What Microsoft tells of visits begins in May 2026.",
        "What Microsoft tells of orders begins in November 2025.",
    } < {*extent(told)}

    world.state.rows.clear()
    told = await report(world)
    assert ["Nothing was read yet of visits, orders and billed revenue."] == [*extent(told)]

    await world.run(9 * HOUR)
    assert not [*extent(await report(world, first="2026-11-01", last="2026-11-02"))]


async def test_by_listing(world):
    """Titles are listings; what is none's is told apart, and sums to the total."""
    told = await report(world, by="listing")

    found = rows(told)
    assert {"contoso.robot", "contoso.suite", "other"} == {*found}
    for name in ("visits", "clicks", "orders"):
        assert told["total"]["books"][name] == sum(one[name] for one in found.values())
    assert 60 == found["contoso.suite"]["visits"]


@pytest.mark.parametrize(
    ("by", "values"),
    [
        ("kind", {"app", "offer", "other"}),
        ("storefront", {"appsource", "azure_marketplace", "unknown"}),
        ("campaign", {"aut26", "none", "other"}),
        ("country", {"DE", "TD", "other"}),
        ("sku", {"contoso.robot / basic", "contoso.suite / large"}),
        ("destination", set[str]()),
    ],
)
async def test_by(world, by, values):
    """Each dimension has its values, visits of the publisher's own names only."""
    told = await report(world, by=by)

    found = rows(told)
    sold = by in {"kind", "storefront", "sku"}
    if by == "storefront":
        values = values - {"unknown"}
    assert values == {*found}
    for one in found.values():
        assert (one["orders"] is not None) == sold
    assert "bob" not in str(told)


async def test_periods(world):
    """Visits of each week; orders of months only, which weeks cannot be told of."""
    told = await report(world, every="week")
    assert all(one["total"]["books"]["orders"] is None for one in told["periods"])
    visits = sum(one["total"]["books"]["visits"] for one in told["periods"])
    assert told["total"]["books"]["visits"] == visits

    told = await report(world, every="month", by="listing")
    orders = sum(one["total"]["books"]["orders"] for one in told["periods"])
    assert told["total"]["books"]["orders"] == orders


async def test_hidden(world):
    """Without persons no sum of fewer than five is told, and no country of so few visits."""
    told = await report(world, open_=False, by="country")

    assert None is told["total"]["books"]["revenue"]["USD"]
    assert told["total"]["books"]["revenue"]["EUR"]
    assert {"DE", "TD", "few"} == {*rows(told)}, "what nobody may know is told together"
    assert None is rows(told)["few"]["visits"]
    # Whether there is no lead of a country, or one, is not told.
    for row in told["rows"]:
        assert {None} == {row[name] for name in ("touches", "leads", "won", "called_in")}

    shown = await report(world, by="country")
    assert 2 == rows(shown)["other"]["visits"]
    assert {0} == {row["leads"] for row in shown["rows"]}


async def test_before(world):
    """The days before are told beside, for comparison."""
    told = await report(world)
    before = told["before"]["total"]["books"]
    assert before["visits"] > told["total"]["books"]["visits"]


async def test_not_read(world):
    """Where nobody reads the books, the report says nothing of them."""
    reporter = Reporter(MemoryTable(), world.state, ZoneInfo("UTC"), lambda: world.now, CAMPAIGNS)
    told = await reporter.report(Report.model_validate({}), open_=True)

    assert "books" not in told
    assert "books" not in told["total"]
