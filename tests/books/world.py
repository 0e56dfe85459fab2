"""Microsoft's books, our reader of them, and a clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx

from leadshare.books.book import BOOKS, Book
from leadshare.books.place import Place
from leadshare.books.reading import BookReader
from leadshare.books.sums import Units, read_columns
from leadshare.partner_center.analytics import AnalyticsApp, PartnerAnalytics
from leadshare.store import lease
from leadshare.store.keys import BOOK, book_key, periods_from
from leadshare.store.table import Change
from tests.books.analytics import Analytics
from tests.builders import NOW
from tests.limits import check_fits
from tests.memory import MemoryTable

HOUR, DAY, LEASE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


class Killed(BaseException):
    """What ends a process: nothing of ours can catch it."""


class State(MemoryTable):
    """A table whose transactions are held to Table Storage's limits, and may end the process."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        """Write, or die before or after it."""
        check_fits(changes)
        self.world.step()
        etags = await super().write(partition, changes)
        self.world.step()
        return etags


class World:
    """Microsoft's books, our reader of them, and a clock."""

    def __init__(self) -> None:
        self.analytics, self.state, self.now = Analytics(), State(self), NOW
        self.dies_at: int | None = None
        """Steps until the process ends: a step is before and after each call and write."""
        self.reader = self.process()

    def process(self) -> BookReader:
        """A new process's reader."""
        app = AnalyticsApp.model_validate(
            self.analytics.SETTINGS, context=self.analytics.ENVIRONMENT
        )
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._handle))
        holders = iter(range(10**9))
        return BookReader(
            PartnerAnalytics(app, client, 30),
            self.state,
            lambda: self.now,
            lambda: f"{id(client)}-{next(holders)}",
            LEASE,
        )

    def step(self) -> None:
        """Die, if it is time to."""
        if self.dies_at is not None:
            self.dies_at -= 1
            if self.dies_at < 0:
                self.dies_at = None
                raise Killed

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.step()
        response = self.analytics.handle(request)
        self.step()
        return response

    async def run(self, time: timedelta, every: timedelta = HOUR) -> None:
        """Let *time* pass, ticking."""
        end = self.now + time
        while self.now < end:
            self.now += every
            self.analytics.now = self.now
            await self.reader.work()

    def place(self, book: Book) -> Place:
        """How far a book has been read."""
        return lease.read_row(Place, self.state.rows[BOOK, book_key(book.name)][0])

    def kept(self, book: Book) -> Units:
        """What is kept of a book."""
        start, end = periods_from(book.name, "")
        found: Units = {}
        for (partition, key), (values, _) in self.state.rows.items():
            if partition == BOOK and start <= key < end:
                found |= read_columns(values, book.width)
        return found

    def faults(self) -> set[str]:
        """What is wrong with any book."""
        return {self.place(book).fault for book in BOOKS} - {""}

    # What the publisher's life is.

    def visit(self, day: date, title: str = "Contoso Robot", **values: Any) -> None:
        """Somebody looks at a listing."""
        facts = {"OfferName": title, "CountryName": "Germany", "Campaign": "", "Site": "APPSOURCE"}
        self.analytics.add(
            "ISVMarketplaceInsights",
            day,
            **{"Date": day.isoformat(), **facts, "PageVisits": 1, **values},
        )

    def order(self, day: date, number: int, title: str = "Contoso Robot", **values: Any) -> None:
        """Somebody orders."""
        facts = {"OfferName": title, "Sku": "basic", "CustomerName": "Canary Ltd"}
        month = day.replace(day=1).isoformat()
        keys = {"PurchaseRecordId": f"p{number:04}", "PurchaseRecordLineItemId": "1"}
        self.analytics.add(
            "ISVOrderV2", day, **{"MonthStartDate": month, **facts, **keys, **values}
        )

    def bill(self, day: date, number: int, amount: str, **values: Any) -> None:
        """Somebody is billed."""
        facts = {"OfferName": "Contoso Robot", "SKU": "basic", "EarningCurrencyCode": "EUR"}
        keys = {"PurchaseRecordId": f"p{number:04}", "LineItemId": "1", "PayoutStatus": "Upcoming"}
        month = day.replace(day=1).isoformat()
        told = {"MonthStartDate": month, **facts, **keys, "Revenue": amount, **values}
        self.analytics.add("ISVRevenue", day, **told)

    # What an independent eye makes of it.

    def billed(self) -> dict[tuple[str, str], Decimal]:
        """The truth of what was billed, by month and currency."""
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in self.analytics.rows["ISVRevenue"]:
            sums[f"{row['day']:%Y-%m}", row["EarningCurrencyCode"]] += Decimal(row["Revenue"])
        return dict(sums)

    def ordered(self) -> dict[str, int]:
        """The truth of what was ordered, by month."""
        keys: dict[str, set[str]] = defaultdict(set)
        for row in self.analytics.rows["ISVOrderV2"]:
            keys[f"{row['day']:%Y-%m}"].add(row["PurchaseRecordId"])
        return {month: len(found) for month, found in keys.items()}


def billed(units: Units) -> dict[tuple[str, str], Decimal]:
    """What is kept of what was billed, by month and currency."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for month, group, amount in _lines(units):
        sums[month, group[2]] += amount
    return dict(sums)


def ordered(units: Units) -> dict[str, int]:
    """What is kept of what was ordered, by month."""
    sums: dict[str, int] = defaultdict(int)
    for month, _, count in _lines(units):
        sums[month] += int(count)
    return dict(sums)


def _lines(units: Units) -> Iterator[tuple[str, tuple[str, ...], Decimal]]:
    for unit, sums in units.items():
        for group, numbers in sums.items():
            yield unit, group, numbers[0]
