"""Books: the three books, as data: what is asked for, and what a line of the answer counts.

Vendor pages are cited by their file names in MicrosoftDocs/azure-docs, articles/marketplace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from leadshare.books.faults import Spoilt
from leadshare.reason import BookFault
from leadshare.texts import clean

Line = Mapping[str, str]
"""A line of a file, by the names of its columns in lower case."""
Group = tuple[str, ...]
"""What numbers are summed by."""
Numbers = tuple[Decimal, ...]

OTHER: Final = "other"
"""The name of what is too long, too rare or too odd to be kept by its own."""


_MONTH: Final = timedelta(days=31)
SPANS: Final = {"LAST_6_MONTHS": timedelta(days=180), "LAST_1_YEAR": timedelta(days=360)}
"""How far back time spans reach, at least (analytics-custom-query-specification.md)."""


@dataclass(frozen=True, slots=True)
class Book:
    """One of Microsoft's books."""

    name: str
    dataset: str
    columns: tuple[str, ...]
    """What is selected: no column of a person or a customer, and none that changes by itself.

    A metric is worked out for each combination of the others (analytics-custom-query-
    specification.md), so that a status beside it would split what it is of.
    """
    key: tuple[str, ...]
    """The columns that name a line; none where a day is told whole."""
    timespan: str
    when: str
    """The column that says of which day or month a line is."""
    monthly: bool
    groups: Callable[[Line], Iterator[Group]]
    numbers: Callable[[Line, bool], Numbers]
    """What a line counts; the flag says that the line before it had the same key."""
    width: int
    """How many numbers that are."""

    @property
    def query(self) -> str:
        """The query; its order puts lines of one key next to each other."""
        order = ",".join(f"{name} ASC" for name in (*self.key, self.when))
        columns = ",".join(self.columns)
        return (
            f"SELECT {columns} FROM {self.dataset}"  # noqa: S608 - all of it is written below
            f" ORDER BY {order} TIMESPAN {self.timespan}"
        )

    def key_of(self, line: Line) -> Group:
        """Return what names *line*; nothing where nothing does."""
        return tuple(line[name.lower()] for name in self.key)

    def unit_of(self, line: Line) -> str:
        """Return the day or month that *line* is of, as 2026-11-30 or 2026-11."""
        return self.unit_at(read_day(line[self.when.lower()]))

    def unit_at(self, day: date) -> str:
        """Return *day* or its month, whichever the book is told by."""
        return day.isoformat()[:7] if self.monthly else day.isoformat()

    def begins(self, told_at: datetime) -> str:
        """Return the first day or month that a file of *told_at* tells of."""
        return self.unit_at((told_at - SPANS[self.timespan]).date())

    def cut_until(self, told_at: datetime) -> str:
        """Return the last day or month of which a file of *told_at* may tell a part alone.

        Nobody says on which day a time span begins; it is none of its last months.
        """
        return self.unit_at((told_at - SPANS[self.timespan] + _MONTH).date())


def _visit_groups(line: Line) -> Iterator[Group]:
    for column in ("OfferName", "CountryName", "Campaign", "Site"):
        yield column, name_of(line[column.lower()])


def _visit_numbers(line: Line, _again: bool) -> Numbers:  # noqa: FBT001 - as `Book.numbers` has it
    return tuple(read_number(line[name.lower()]) for name in CLICKS)


CLICKS: Final = (
    *("PageVisits", "GetItNow", "ContactMe", "TestDrive", "FreeTrial", "consentGivenCount"),
)

VISITS: Final = Book(
    name="visits",
    dataset="ISVMarketplaceInsights",
    columns=("Date", "OfferName", "CountryName", "Campaign", "Site", *CLICKS),
    key=(),
    timespan="LAST_6_MONTHS",
    when="Date",
    monthly=False,
    groups=_visit_groups,
    numbers=_visit_numbers,
    width=len(CLICKS),
)
"""Page visits, clicks and consents (insights-dashboard.md).

The system's own query has neither campaign, site nor consents (analytics-system-queries.md).
"""


def _plan(line: Line) -> tuple[str, str]:
    return name_of(line["offername"]), name_of(line["sku"])


def _order_groups(line: Line) -> Iterator[Group]:
    yield _plan(line)


def _order_numbers(_line: Line, again: bool) -> Numbers:  # noqa: FBT001 - as `Book.numbers` has it
    return (Decimal(not again),)


ORDERS: Final = Book(
    name="orders",
    dataset="ISVOrderV2",
    columns=(
        *("OfferName", "SKU", "MonthStartDate"),
        *("PurchaseRecordId", "PurchaseRecordLineItemId"),
    ),
    key=("PurchaseRecordId", "PurchaseRecordLineItemId"),
    timespan="LAST_1_YEAR",
    when="MonthStartDate",
    monthly=True,
    groups=_order_groups,
    numbers=_order_numbers,
    width=1,
)
"""Orders, each once, in the month of its purchase (orders-dashboard.md)."""


_CURRENCY: Final = re.compile(r"([A-Z]{3})?")


def _revenue_groups(line: Line) -> Iterator[Group]:
    currency = line["earningcurrencycode"].strip().upper()
    if not _CURRENCY.fullmatch(currency):
        raise Spoilt(
            BookFault.NO_CURRENCY
        )  # what is of none must not be added to what is of another
    yield *_plan(line), currency


def _revenue_numbers(line: Line, again: bool) -> Numbers:  # noqa: FBT001 - as `Book.numbers` has it
    return read_number(line["revenue"]), Decimal(not again)


REVENUE: Final = Book(
    name="revenue",
    dataset="ISVRevenue",
    columns=(
        *("OfferName", "SKU", "MonthStartDate", "EarningCurrencyCode"),
        *("PurchaseRecordId", "LineItemId", "Revenue"),
    ),
    key=("PurchaseRecordId", "LineItemId"),
    timespan="LAST_1_YEAR",
    when="MonthStartDate",
    monthly=True,
    groups=_revenue_groups,
    numbers=_revenue_numbers,
    width=2,
)
"""Billed revenue in the customer's currency, and how many lines of invoices it is of.

Lines of one key in a file are shares of it: what was sent, is upcoming or uncollected
(revenue-dashboard.md). So they are added; what a later file says of them replaces all of it.
"""

BOOKS: Final = (VISITS, ORDERS, REVENUE)


_ISO: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?")
_AMERICAN: Final = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})(?: .*)?")


@lru_cache(maxsize=1024)
def read_day(text: str) -> date:
    """Return the day that *text* begins with, as 2026-11-30 or 11/30/2026; `Spoilt` if none."""
    try:
        if found := _ISO.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _AMERICAN.fullmatch(text):
            return date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        pass
    raise Spoilt(BookFault.NO_DATE)


_MOST: Final = Decimal(10) ** 15


@lru_cache(maxsize=4096)
def read_number(text: str) -> Decimal:
    """Return a number, 0 where nothing is written; `Spoilt` if it is none, or no amount."""
    try:
        number = Decimal(text.strip() or 0)
    except InvalidOperation:
        raise Spoilt(BookFault.NO_NUMBER) from None
    if not (number.is_finite() and abs(number) < _MOST):
        raise Spoilt(BookFault.NO_NUMBER)
    return number


_LONGEST: Final = 100
_ODD: Final = re.compile(r"[@|\x00-\x1f]")


def name_of(text: str) -> str:
    """Return a name as it is kept: anybody may put a text into a link, an address too."""
    name = clean(text)
    return OTHER if _ODD.search(name) or len(name) > _LONGEST else name
