"""Watch: once a day each listing of the catalogue is told of, and no other."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from leadshare.tick import Ticker
from leadshare.watch import Watch
from leadshare.worker import Means
from tests.builders import NOW, Office
from tests.test_tick import FakeDestination

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


class TestTell:
    async def test_line(self, office, caplog):
        """
        A line tells how long a listing is silent and was before; tests do not break a silence.
        """
        caplog.set_level(logging.INFO)
        caplog.clear()

        await Watch(office.table, frozenset({"contoso.robot"})).tell(NOW + timedelta(days=2))

        [line] = caplog.records
        assert ("listing.watched", "contoso.robot", 5) == (line.msg, line.listing, line.leads)
        assert (2 * 24 * 60 - 5) * 60_000 == line.silent_ms
        assert (60_000, True, logging.WARNING) == (line.usual_ms, line.late, line.levelno)

    async def test_never_seen(self, office, caplog):
        """
        A listing that no lead has come from yet is not told of.
        """
        caplog.set_level(logging.INFO)
        caplog.clear()

        await Watch(office.table, frozenset({"contoso.new"})).tell(NOW)

        assert [] == caplog.records


class Checks:
    """A preflight that finds nothing."""

    async def check(self, *_):
        """Find nothing."""
        return Report()


class Report:
    """Nothing is wrong."""

    proven = False

    def to_text(self) -> str:
        """No findings."""
        return "[]"


class TestDaily:
    async def test_once_a_day(self, office, caplog):
        """
        Listings are told of on each day's first tick, with the preflight, and not on the next.
        """
        caplog.set_level(logging.INFO)
        means = Means(
            office.table,
            office.lanes,
            office.clock,
            lambda: 0.0,
            "h",
            timedelta(seconds=60),
            Checks(),  # type: ignore[arg-type]  # all that the tick needs of it
        )
        crm, others = FakeDestination(), FakeDestination("others")
        watch = Watch(office.table, frozenset({"contoso.robot"}))
        ticker = Ticker(means, (crm, others), watch=watch)

        told = []
        for hours in (0, 1, 24):
            office.now = NOW + timedelta(days=1, hours=hours)
            caplog.clear()
            await ticker.tick(timedelta(seconds=30))
            told.append(sum(record.msg == "listing.watched" for record in caplog.records))

        assert [1, 0, 1] == told
