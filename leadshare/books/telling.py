"""Books: what they tell of a span of days, by what a report asks for, in the publisher's names."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Protocol

from leadshare.books.book import BOOKS, VISITS, Book
from leadshare.books.place import Place
from leadshare.books.standing import read_standing
from leadshare.books.sums import Units, period_of, read_columns
from leadshare.errors import Conflict
from leadshare.store.keys import BOOK, periods_from
from leadshare.store.table import Table
from leadshare.texts import words
from leadshare.times import EPOCH

LATE: Final = timedelta(hours=48)
"""How much later than it happened Microsoft tells of something, at most (insights-dashboard.md)."""

WARNING: Final = (
    "Microsoft: clicks are no leads, and must not be correlated with those that arrive; a consent"
    " that was given is no lead either."
)
"""What stands wherever visits and leads are shown together (insights-dashboard.md)."""


class Listing(Protocol):
    """What is needed of a listing of the catalogue."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits, clicks on the offer's buttons, and consents given."""

    visits: int = 0
    get_it_now: int = 0
    contact_me: int = 0
    test_drive: int = 0
    free_trial: int = 0
    consents: int = 0

    @property
    def clicks(self) -> int:
        """All calls to action."""
        return self.get_it_now + self.contact_me + self.test_drive + self.free_trial


@dataclass(frozen=True, slots=True)
class Books:
    """What the books tell of a span."""

    visits: Units
    """By day."""
    orders: Units
    revenue: Units
    """By month."""
    standing: Mapping[str, Place]
    listings: Mapping[str, str] = field(default_factory=dict)
    """The id of a listing by its title as `words`; nothing where several have it."""

    def listing(self, title: str) -> str:
        """Return the id of the listing with this *title*; nothing where none or several have it."""
        return self.listings.get(words(title), "")

    @property
    def late_from(self) -> date | None:
        """The day from which on visits may still be missing."""
        told_at = self.standing[VISITS.name].told_at
        return (told_at - LATE).date() if told_at > EPOCH else None

    def visits_by(self, column: str) -> Iterator[tuple[str, str, Visits]]:
        """Yield day, name and numbers: names of OfferName, CountryName, Campaign or Site."""
        for day, sums in self.visits.items():
            for (of, name), numbers in sums.items():
                if of == column:
                    yield day, name, Visits(*map(int, numbers))

    def orders_by_plan(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield month, title, SKU, and how many orders there were."""
        for month, sums in self.orders.items():
            for (title, sku), (count,) in sums.items():
                yield month, title, sku, int(count)

    def revenue_by_plan(self) -> Iterator[tuple[str, str, str, str, Decimal, int]]:
        """Yield month, title, SKU, currency, what was billed, and in how many lines of invoices."""
        for month, sums in self.revenue.items():
            for (title, sku, currency), (amount, lines) in sums.items():
                yield month, title, sku, currency, amount, int(lines)

    @property
    def unmatched(self) -> list[str]:
        """The titles that are no listing's, or several listings'."""
        titles = {name for _, name, _ in self.visits_by("OfferName")}
        titles |= {title for _, title, _, _ in self.orders_by_plan()}
        titles |= {title for _, title, *_ in self.revenue_by_plan()}
        return sorted(title for title in titles if not self.listing(title))


def titles_of(listings: Iterable[Listing]) -> dict[str, str]:
    """Return the ids of *listings* by title, as `words`, where only one has it."""
    found: dict[str, list[str]] = defaultdict(list)
    for listing in listings:
        found[words(listing.title)].append(listing.id.lower())
    return {title: ids[0] for title, ids in found.items() if len(ids) == 1}


async def read_books(
    state: Table, first: date, last: date, listings: Iterable[Listing] = ()
) -> Books:
    """Return what the books tell of *first* to *last*, both included.

    Of a year that are 13 rows of visits and two each of orders and revenue.
    """
    kept = await asyncio.gather(*(_kept(state, book, first, last) for book in BOOKS))
    visits, orders, revenue = kept
    return Books(visits, orders, revenue, await read_standing(state), titles_of(listings))


async def unmatched(state: Table, listings: Iterable[Listing], today: date) -> list[str]:
    """Return the titles of the last year that are no listing's; none where nothing was read yet."""
    try:
        books = await read_books(state, today - timedelta(days=365), today, listings)
    except Conflict:
        return []  # there is no table yet
    return books.unmatched


async def _kept(state: Table, book: Book, first: date, last: date) -> Units:
    begins, ends = book.unit_at(first), book.unit_at(last)
    rows = await state.read(BOOK, *periods_from(book.name, period_of(begins), period_of(ends)))
    units: Units = {}
    for row in rows:
        units |= read_columns(row.values, book.width)
    return {unit: sums for unit, sums in units.items() if begins <= unit <= ends}
