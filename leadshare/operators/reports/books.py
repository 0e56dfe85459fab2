"""Operators: what Microsoft's books tell beside what was counted of leads: never joined to one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from leadshare.books.telling import WARNING, Books, Visits
from leadshare.configuration.campaigns import Campaigns
from leadshare.configuration.models import Listing
from leadshare.countries import country
from leadshare.counts.measures import NONE, OTHER
from leadshare.counts.periods import Period
from leadshare.operators.reports.figures import FEW, FEWER
from leadshare.playbook import Storefront
from leadshare.times import EPOCH, to_text

SKU: Final = "sku"
"""The dimension that only orders and revenue have."""

_CLICKS: Final = ("visits", "clicks", "get_it_now", "contact_me", "test_drive", "free_trial")

_SITES: Final = {
    "APPSOURCE": Storefront.APPSOURCE,
    "AZUREMARKETPLACE": Storefront.AZURE_MARKETPLACE,
}

_COLUMNS: Final = {
    "listing": "OfferName",
    "kind": "OfferName",
    "campaign": "Campaign",
    "storefront": "Site",
    "country": "CountryName",
}
"""By which column visits are by a dimension."""


@dataclass(slots=True)
class _Sum:
    """What the books come to for one value."""

    visits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    orders: int = 0
    revenue: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    lines: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def see(self, told: Visits) -> None:
        """Add visits, clicks and consents."""
        for name in (*_CLICKS, "consents"):
            self.visits[name] += getattr(told, name)

    def take(self, other: _Sum) -> None:
        """Add the visits of another value."""
        for name, number in other.visits.items():
            self.visits[name] += number

    @property
    def is_few(self) -> bool:
        """Whether there are `FEW` of no kind of visits."""
        return all(number < FEW for number in self.visits.values())

    def bill(self, currency: str, amount: Decimal, lines: int) -> None:
        """Add what was billed in so many lines of invoices."""
        self.revenue[currency] += amount
        self.lines[currency] += lines

    def told(self, *, narrow: bool, open_: bool, monthly: bool) -> dict[str, Any]:
        """Return what is told: hidden as what is counted of leads is."""
        few = narrow and not open_
        visits = {name: _shown(self.visits[name], few) for name in (*_CLICKS, "consents")}
        if not monthly:
            return {**visits, "orders": None, "revenue": None}
        revenue = {
            currency: None if self.lines[currency] < FEW and not open_ else f"{amount:f}"
            for currency, amount in sorted(self.revenue.items())
        }
        return {**visits, "orders": self.orders, "revenue": revenue}


def _shown(number: int, few: bool) -> int | None:  # noqa: FBT001 - whether so few are told
    return None if few and 0 < number < FEW else number


@dataclass(frozen=True, slots=True)
class BooksTold:
    """What the books tell of the days of a report, in all and by one dimension."""

    books: Books
    by: str
    listings: Mapping[str, Listing]
    """The catalogue's listings, by their ids in lower case."""
    campaigns: Campaigns
    narrow: bool
    open_: bool

    @property
    def facts(self) -> dict[str, Any]:
        """How far they are to be believed."""
        standing = self.books.standing
        late = self.books.late_from
        return {
            "warning": WARNING,
            "told_at": {
                name: to_text(one.told_at) if one.told_at > EPOCH else None
                for name, one in standing.items()
            },
            "faults": {name: one.fault for name, one in standing.items() if one.fault},
            "known_from": {name: one.known_from or None for name, one in standing.items()},
            "late_from": late.isoformat() if late else None,
            "unmatched": self.books.unmatched,
        }

    def total(self, period: Period, *, monthly: bool = True) -> dict[str, Any]:
        """Return what they tell of a *period*; orders and revenue are of whole months."""
        told = _Sum()
        for _, one in self._visits("OfferName", period):
            told.see(one)
        if monthly:
            self._sell(period, lambda *_: told)
        return told.told(narrow=False, open_=self.open_, monthly=monthly)

    def rows(
        self, period: Period, named: Collection[str] = (), *, monthly: bool = True
    ) -> dict[str, dict[str, Any]]:
        """Return the same by each value of the dimension.

        What is too little to be told apart is told together, but for values that are *named*.
        """
        sums: dict[str, _Sum] = defaultdict(_Sum)
        if column := _COLUMNS.get(self.by):
            for name, one in self._visits(column, period):
                sums[self._value(name)].see(one)
        sold = monthly and self.by in ("listing", "kind", "storefront", SKU)
        if sold:
            self._sell(period, lambda title, sku: sums[self._sold(title, sku)])
        if self.narrow and not self.open_:
            for value in [one for one in sums if one not in named and sums[one].is_few]:
                sums[FEWER].take(sums.pop(value))
        return {
            value: one.told(narrow=self.narrow, open_=self.open_, monthly=sold)
            for value, one in sums.items()
        }

    def _visits(self, column: str, period: Period) -> Iterator[tuple[str, Visits]]:
        for day, name, told in self.books.visits_by(column):
            if date.fromisoformat(day) in period:
                yield name, told

    def _sell(self, period: Period, of: Callable[[str, str], _Sum]) -> None:
        months = {*months_of(period)}
        for month, title, sku, count in self.books.orders_by_plan():
            if month in months:
                of(title, sku).orders += count
        for month, title, sku, currency, amount, lines in self.books.revenue_by_plan():
            if month in months:
                of(title, sku).bill(currency, amount, lines)

    def _value(self, name: str) -> str:
        """Return the value of the dimension that a visit's *name* is of."""
        match self.by:
            case "campaign":
                found = self.campaigns.named(name)
                return found.id if found else OTHER if name else NONE
            case "storefront":
                return _SITES.get(name.upper(), Storefront.UNKNOWN)
            case "country":
                return country(name) or (OTHER if name else NONE)
        return self._of_listing(name)

    def _sold(self, title: str, sku: str) -> str:
        if self.by == SKU:
            return f"{self.books.listing(title) or title} / {sku}"
        return self._of_listing(title)

    def _of_listing(self, title: str) -> str:
        """Return the listing with this *title*, or its kind or storefront."""
        listing = self.listings.get(self.books.listing(title))
        if listing is None:
            return Storefront.UNKNOWN if self.by == "storefront" else OTHER
        facts = {"kind": str(listing.kind), "storefront": listing.storefront.value}
        return facts.get(self.by, listing.id.lower())


def months_of(period: Period) -> Iterator[str]:
    """Yield the months, as 2026-11, that have days in *period*."""
    for part in period.parts("month"):
        yield part.first.isoformat()[:7]


def by_id(listings: Iterable[Listing]) -> dict[str, Listing]:
    """Return *listings* by their ids in lower case."""
    return {one.id.lower(): one for one in listings}
