"""The report as people, spreadsheets and programs see it, and the order to count all anew."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from leadshare.commands import counts, report
from leadshare.commands.deployment.manage import Manage
from leadshare.counts import tally as tallies
from leadshare.counts.tally import Tally
from leadshare.operators.models.queries import read_query
from leadshare.operators.models.reports import Report
from leadshare.operators.reports.report import Reporter
from leadshare.store.keys import DAY, counted_key
from leadshare.store.table import Change
from tests.builders import NOW, configuration
from tests.commands.conftest import said
from tests.counts.world import UTC
from tests.memory import MemoryTable

CAMPAIGN = {
    "id": "spring",
    "name": "Spring fair",
    "kind": "nurture",
    "from": "2026-11-01",
    "targets": {"leads": 200, "revenue": 100_000, "currency": "EUR"},
}


async def _counted() -> Reporter:
    """Some weeks of a publisher with two listings."""
    state = MemoryTable()
    for ago in range(2, 40):
        tally = Tally()
        for listing, country, leads in (
            ("contoso.invoice-robot", "DE", 6),
            ("contoso.vm-suite", "LI", 1),
        ):
            of: dict[str, Any] = {"listing": (listing,), "country": (country,)}
            won: dict[str, Any] = {
                "won": 1,
                "won EUR": Decimal("1250.10"),
                "won/EUR": 1,
                "called_in:120": 2,
            }
            then = {"then_sales_ready": leads // 2, "then_won": 1, "then_called": leads // 3}
            cells = {"touches": leads + 1, "contacts": leads, "leads": leads, "sales_ready": 1}
            tally.add(of | {"campaign": ("spring",)}, cells | won | then)
        day: date = NOW.date() - timedelta(days=ago)
        change = Change("insert", counted_key(day), tallies.columns(tally))
        await state.write(DAY, [change])
    campaigns = configuration(campaign=[CAMPAIGN]).campaigns
    return Reporter(MemoryTable(), state, UTC, lambda: NOW, campaigns)


@pytest.fixture(name="orders")
def _orders(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A deployment that tells reports, and the orders that it was given."""
    reporter, orders = asyncio.run(_counted()), list[dict[str, Any]]()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            orders.append(json.loads(request.content))
            more = {"next": "7"} if "after" not in orders[-1] else {}
            return httpx.Response(200, json={"leads": 8, "wrong": 1, "days": 2} | more)
        asked = read_query(Report, dict(request.url.params))
        told = asyncio.run(reporter.report(asked, open_="persons" in request.url.params))
        return httpx.Response(200, json=told)

    @contextmanager
    def connected(_app: str, *, persons: bool = False) -> Iterator[Manage]:
        with httpx.Client(transport=httpx.MockTransport(answer)) as client:
            yield Manage(client, "http://127.0.0.1", persons=persons)

    monkeypatch.setattr(report, "connected", connected)
    monkeypatch.setattr(counts, "connected", connected)
    monkeypatch.setenv("COLUMNS", "80")
    return orders


@pytest.mark.usefixtures("orders")
class TestReport:
    def test_people(self):
        """People see each figure beside the one before, and of what rates are, in 80 columns."""
        told = said("report", "--by", "listing")

        assert "2026-10-24 to 2026-11-22, days of UTC" in told.words
        assert "leads 196 70" in told.words
        assert "won for EUR 70005.60 25002.00" in told.words
        assert "of the leads whose first touch was in the period" in told.words
        assert "contoso.invoice-robot 168 28" in told.words
        assert max(map(len, told.out.splitlines())) <= 80

    def test_few(self):
        """What is too little is told as that, and to whom persons may be shown as it is."""
        told, shown = (said("report", "--by", "country", *more) for more in ((), ("--persons",)))

        assert "LI" in told.words  # in a month there are enough of them
        assert "<5" not in shown.words
        one = said("report", "--by", "country", "--from", "2026-11-20", "--to", "2026-11-20")
        assert "few" in one.words
        assert "LI" not in one.words
        assert "few EUR <5" in one.words

    def test_targets(self):
        """Campaigns stand beside their targets."""
        told = said("report", "--by", "campaign", "--from", "2026-11-01")

        assert "Spring fair 200 leads 140 70.0%" in told.words
        assert "Spring fair 100000 revenue EUR 50004.00 50.0%" in told.words
        later = said("report", "--by", "campaign", "--from", "2026-11-02")
        assert "in this period only" in later.words

    def test_spreadsheet(self):
        """For spreadsheets there is a line for each week and value, and for the whole."""
        told = said("report", "--by", "listing", "--every", "week", "--csv")

        lines = [*csv.DictReader(told.out.splitlines())]
        whole = [one for one in lines if not one["listing"]]
        assert {"first", "last", "leads", "rates won", "won EUR"} <= lines[0].keys()
        assert "196" == whole[-2]["leads"]
        assert 196 == sum(int(one["leads"]) for one in whole[:-2])

    def test_programs(self):
        """For programs it is as the deployment tells it."""
        assert 196 == said("report", "--json").json["total"]["leads"]


class TestRebuild:
    def test_asks(self, orders):
        """What is wrong is told first; all is counted once more, part by part, if so wished."""
        told = said("counts", "rebuild", "--yes", "--by", "zoe")

        assert "16 leads, of which 2 are counted otherwise" in told.words
        assert [(True, None), (True, "7"), (False, None), (False, "7")] == [
            (one["dry_run"], one.get("after")) for one in orders
        ]
        assert 0 == told.code

    def test_dry_run(self, orders):
        """A dry run changes nothing, and says by its exit code that something is wrong."""
        assert 1 == said("counts", "rebuild", "--dry-run").code
        assert all(one["dry_run"] for one in orders)
