"""A stranger counts once more: from what customers, sellers and Microsoft did, by the pages alone.

It knows docs/report.md, the playbook and the publisher's configuration, and nothing of leadshare:
not one of its modules is imported, and not one of its rows is read. Its input is what those wrote
down whom things happened to: each POST with its body, each event that a CRM took or refused, each
outcome that a seller posted, each order of an operator, each line of Microsoft's books.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Line = Mapping[str, Any]
Told = dict[str, Any]

ZONE = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)

KINDS = {
    "contoso.robot": "app",
    "contoso.review": "consulting service",
    "contoso.lake": "offer",
    "contoso.gone": "none",
}
STOREFRONTS = {
    "SPZA": "appsource",
    "AppSource": "appsource",
    "AzureMarketplace": "azure_marketplace",
    "Newsletter": "unknown",
}
TITLES = {
    "Contoso Robot": "contoso.robot",
    "Contoso Review": "contoso.review",
    "Contoso Lake": "contoso.lake",
}
SITES = {"APPSOURCE": "appsource", "AZUREMARKETPLACE": "azure_marketplace"}
CODES = {"Germany": "DE", "Austria": "AT", "France": "FR", "United States": "US", "": "none"}
CAMPAIGNS = ("fair", "dach", "autumn")
FAIR = (date(2026, 9, 9), date(2026, 9, 22))
READY = ("Head of IT",)
"""Who is sales-ready at once, by any action that is known; a developer is by a second touch, a
student never."""
TESTS_STAY = timedelta(days=7)
GIVES_UP_AFTER = {"market": 3}
"""Attempts, after which a delivery is parked; elsewhere there were never so many."""

COUNTS = (
    *("touches", "repeats", "tests", "internals", "blanks", "no_contacts", "contacts", "leads"),
    *("sales_ready", "called", "opportunities", "won", "lost", "unrouted", "delivered", "parked"),
    "departed",
)
MEASURES = {
    "normal": "touches",
    "no_contact": "no_contacts",
    "test": "tests",
    "internal": "internals",
    "blank": "blanks",
}
RATES = {"called": "sales_ready"}
"""What a rate is of, if not of all leads."""
CLICKS = {
    "get_it_now": "GetItNow",
    "contact_me": "ContactMe",
    "test_drive": "TestDrive",
    "free_trial": "FreeTrial",
}


@dataclass(frozen=True)
class Taken:
    """A destination had first accepted a lead, by the event of this id."""

    id: str
    at: datetime
    last_touch: datetime


@dataclass
class Lead:
    """One contact on one listing."""

    email: str
    listing: str
    source: str
    category: str = "normal"
    touches: list[tuple[datetime, Line]] = field(default_factory=list)
    repeats: list[datetime] = field(default_factory=list)
    told: list[tuple[datetime, Line]] = field(default_factory=list)
    called: datetime | None = None
    accepted: dict[str, Taken] = field(default_factory=dict)
    """By destination."""
    parked: list[tuple[str, datetime]] = field(default_factory=list)
    erased: datetime | None = None
    is_over: bool = False
    """Whether its time was up when the report was asked for."""

    @property
    def last(self) -> datetime:
        """The last touch."""
        return max(self.touches[-1][0], *self.repeats, self.first)

    @property
    def first(self) -> datetime:
        """The first touch."""
        return self.touches[0][0]

    @property
    def ready(self) -> datetime | None:
        """When it became sales-ready."""
        if self.category != "normal" or self.source == "Newsletter":
            return None
        title = self.touches[0][1]["UserDetails"]["Title"]
        if title in READY:
            return self.first
        second = self.touches[1:] if title == "Developer" else []
        return second[0][0] if second else None

    @property
    def state(self) -> tuple[str, datetime, Line]:
        """What was told last."""
        return (self.told[-1][1]["state"], *self.told[-1]) if self.told else ("", self.first, {})

    @property
    def deals(self) -> list[datetime]:
        """When a deal was told of."""
        return [at for at, told in self.told if told["state"] in {"opportunity", "won"}]

    @property
    def destinations(self) -> tuple[str, ...]:
        """Its route: a lead of Azure Marketplace without a country has none."""
        if STOREFRONTS[self.source] != "azure_marketplace":
            return ("crm",)
        if not self.country:
            return ()
        return ("market", "seller") if self.ready else ("market",)

    @property
    def country(self) -> str:
        """Its country's code."""
        return str(self.touches[-1][1]["UserDetails"]["Country"])

    def campaign(self, by: datetime | None = None) -> str:
        """Return its campaign *by* then: what was named, else what is asked, else its listing's."""
        for at, body in self.touches:
            named = body["Description"] == "Campaigns: fair" and not (by and at > by)
            if named and FAIR[0] <= at.date() <= FAIR[1]:
                return "fair"
        if self.country in {"DE", "AT", "CH"} and STOREFRONTS[self.source] == "appsource":
            return "dach"
        return "autumn" if self.listing == "contoso.robot" else "none"

    def values(self, by: str) -> Sequence[str]:
        """Return what it is told under."""
        if (self.erased or self.is_over) and by in {"country", "campaign", "destination"}:
            return ("departed",)
        values = {
            "listing": self.listing,
            "kind": KINDS[self.listing],
            "storefront": STOREFRONTS[self.source],
            "campaign": self.campaign(),
            "country": self.country or "none",
        }
        return (values[by],) if by in values else self.destinations or ("none",)


def read(raw: Iterable[Line]) -> tuple[list[Lead], list[Line]]:
    """Return the leads that come of what happened, and the lines of Microsoft's books."""
    leads: dict[tuple[str, str], Lead] = {}
    gone: list[Lead] = []
    books: list[Line] = []
    tries: Counter[tuple[str, str, str]] = Counter()
    for line in raw:
        at = datetime.fromisoformat(line["at"])
        match line["kind"]:
            case "touch":
                _touch(leads, at, line["body"])
            case "received" | "refused" if line["type"] in {"lead.created", "lead.updated"}:
                lead = leads[line["email"], line["listing"]]
                _handed_over(lead, at, line, tries)
            case "outcome":
                if known := leads.get((line["email"], line["listing"])):  # else it was erased
                    known.told += [(at, line)]
                    # Whatever is posted was done by a person.
                    known.called = known.called or at
            case "order" if line["path"] == "erase":
                gone += _erased(leads, at, line["body"]["email"])
            case "asked":
                for lead in leads.values():
                    lead.is_over = lead.category == "test" and at - lead.last > TESTS_STAY
            case "book":
                books.append(line)
    return [*gone, *leads.values()], books


def _erased(leads: dict[tuple[str, str], Lead], at: datetime, who: str) -> list[Lead]:
    """Take out the leads of a person; whoever comes back after that is somebody new."""
    gone = [leads.pop(place) for place in [*leads] if place[0] == who]
    for lead in gone:
        lead.erased = at
    return gone


def _touch(leads: dict[tuple[str, str], Lead], at: datetime, body: Line) -> None:
    person, (source, listing) = body["UserDetails"], body["LeadSource"].split("|")
    source, action = source.rsplit("-", 1)
    email = person["Email"]
    category = "normal"
    if "MSFT_TEST" in person["Company"]:
        category = "test"
    elif email.endswith("@contoso.example"):
        category = "internal"
    elif not any(person[name] for name in ("Email", "Phone", "Company", "LastName")):
        category, email = "blank", f"nobody {len(leads)}"
    elif action == "DNC":
        category = "no_contact"
    lead = leads.setdefault((email, listing), Lead(email, listing, source, category))
    if any(body == other and at - then < DAY for then, other in lead.touches):
        lead.repeats.append(at)
    else:
        lead.touches.append((at, body))


def _handed_over(
    lead: Lead, at: datetime, line: Line, tries: Counter[tuple[str, str, str]]
) -> None:
    where = line["destination"]
    place = (lead.email, lead.listing, where)
    if line["kind"] == "refused":
        tries[place] += 1
        if tries[place] == GIVES_UP_AFTER.get(where):
            lead.parked.append((where, at))
            tries[place] = 0
        return
    taken = lead.accepted.get(where)
    # What comes once more under the same id was not known to be taken.
    if taken is None or line["id"] == taken.id:
        last = max(then for then, _ in lead.touches if then <= at)
        lead.accepted[where] = Taken(line["id"], at, last)


@dataclass
class Cell:
    """What is counted under one value."""

    counts: Counter[str] = field(default_factory=Counter)
    then: Counter[str] = field(default_factory=Counter)
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    amounts: dict[str, dict[str, Decimal]] = field(
        default_factory=lambda: {"won": defaultdict(Decimal), "opportunity": defaultdict(Decimal)}
    )

    def told(self) -> Told:
        """Return it as a report tells it."""
        base = self.then["leads"]
        return {
            **{name: self.counts[name] for name in COUNTS},
            "called_in": _times(self.took["called_in"]),
            "accepted_in": _times(self.took["accepted_in"]),
            "amounts": {
                stage: {currency: f"{amount:f}" for currency, amount in sorted(sums.items())}
                for stage, sums in self.amounts.items()
            },
            "then": {name: self.then[name] for name in _THEN},
            "rates": {
                name: _rate(self.then[name], self.then[RATES[name]] if name in RATES else base)
                for name in _THEN
            },
        }


_THEN = ("sales_ready", "called", "opportunity", "won", "lost")


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _times(seconds: list[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    ordered = sorted(max(one, 1.0) for one in seconds)
    return {
        "median": ordered[math.ceil(0.5 * len(ordered)) - 1],
        "p90": ordered[math.ceil(0.9 * len(ordered)) - 1],
    }


def count(leads: Sequence[Lead], by: str, first: date, last: date) -> dict[str, Told]:
    """Return the figures of the days from *first* to *last* by a dimension, "" for the total.

    A lead is of no SKU.
    """
    if by == "sku":
        return {}
    cells: dict[str, Cell] = defaultdict(Cell)
    known = set[tuple[str, datetime | None]]()
    for lead in sorted(leads, key=lambda one: one.first):
        new = lead.category == "normal" and (lead.email, lead.erased) not in known
        known |= {(lead.email, lead.erased)} if lead.category == "normal" else set()
        for value in lead.values(by) if by else ("",):
            _count(cells[value], lead, first, last, new=new)
        places = {*lead.accepted, *(where for where, _ in lead.parked)}
        for where in places:
            _deliver(cells[_place(lead, where, by)], lead, where, first, last)
    return {value: cell.told() for value, cell in cells.items()}


def _place(lead: Lead, where: str, by: str) -> str:
    """Return the value that a delivery is told under: what the lead was when it was taken."""
    if not by:
        return ""
    if by == "destination" and not lead.erased:
        return where
    if by == "campaign" and not lead.erased and where in lead.accepted:
        return lead.campaign(lead.accepted[where].at)
    return lead.values(by)[0]


def _deliver(cell: Cell, lead: Lead, where: str, first: date, last: date) -> None:
    if lead.category != "normal":
        return
    for place, at in lead.parked:
        if place == where and first <= _day(at) <= last:
            cell.counts["parked"] += 1
    if where in lead.accepted:
        taken = lead.accepted[where]
        if first <= _day(taken.at) <= last:
            cell.counts["delivered"] += 1
            cell.took["accepted_in"] += [(taken.at - taken.last_touch).total_seconds()]


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def _count(cell: Cell, lead: Lead, first: date, last: date, *, new: bool) -> None:
    def on(at: datetime | None, name: str) -> bool:
        within = at is not None and first <= _day(at) <= last
        cell.counts[name] += within
        return within

    touches = [(at, MEASURES[lead.category]) for at, _ in lead.touches]
    for at, measure in [*touches, *((at, "repeats") for at in lead.repeats)]:
        on(at, measure)
    if lead.category != "normal":
        return
    on(lead.erased, "departed")
    if new:
        on(lead.first, "contacts")
    if not (lead.destinations or lead.erased):
        on(lead.first, "unrouted")
    on(lead.ready, "sales_ready")
    if on(lead.called, "called") and lead.called and lead.ready:
        cell.took["called_in"] += [(lead.called - lead.ready).total_seconds()]
    on(min(lead.deals, default=None), "opportunities")
    if on(lead.first, "leads"):
        _follow(cell.then, lead)
    state, at, told = lead.state
    if state in {"won", "lost"}:
        on(at, state)
    if state in cell.amounts and first <= _day(at) <= last and not lead.erased:
        cell.amounts[state][told["currency"]] += Decimal(told["amount"])


def _follow(then: Counter[str], lead: Lead) -> None:
    """Count what came of a lead until now."""
    then["leads"] += 1
    then["sales_ready"] += bool(lead.ready)
    then["called"] += bool(lead.ready and lead.called)
    then["opportunity"] += bool(lead.deals)
    then["won"] += lead.state[0] == "won"
    then["lost"] += lead.state[0] == "lost"


def count_books(
    books: Sequence[Line], by: str, first: date, last: date, *, whole: bool
) -> dict[str, Told]:
    """Return what Microsoft's books come to: visits by their days, what is sold by *whole* months.

    Of days and weeks nothing is told of what is sold, and neither is it by what has no orders.
    Microsoft knows nothing of a publisher's destinations.
    """
    if by == "destination":
        return {}
    sells = whole and by in {"", "listing", "kind", "storefront", "sku"}
    months = {f"{first + n * DAY:%Y-%m}" for n in range((last - first).days + 1)}
    cells: dict[str, Told] = defaultdict(_nothing)
    orders: dict[tuple[str, str], tuple[str, str]] = {}
    for book in books:
        line = book["line"]
        month = line.get("MonthStartDate", "")[:7]
        if book["dataset"] == "ISVMarketplaceInsights":
            if first <= date.fromisoformat(line["Date"]) <= last and by != "sku":
                _see(cells[_value(line, by)], line)
        elif month in months and sells:
            value = _value(line, by)
            if book["dataset"] == "ISVOrderV2":
                orders[line["PurchaseRecordId"], line["PurchaseRecordLineItemId"]] = (month, value)
            else:
                revenue = cells[value]["revenue"]
                sums = revenue.get(line["EarningCurrencyCode"], Decimal(0))
                revenue[line["EarningCurrencyCode"]] = sums + Decimal(line["Revenue"])
    for _, value in orders.values():
        cells[value]["orders"] += 1
    return {value: _as_told(cell, sold=sells) for value, cell in cells.items()}


def _nothing() -> Told:
    names = ("visits", "clicks", *CLICKS, "consents", "orders")
    return {**dict.fromkeys(names, 0), "revenue": {}}


def _see(cell: Told, line: Line) -> None:
    cell["visits"] += line["PageVisits"]
    cell["consents"] += line["consentGivenCount"]
    for name, column in CLICKS.items():
        cell[name] += line[column]
        cell["clicks"] += line[column]


def _value(line: Line, by: str) -> str:
    listing = TITLES.get(line["OfferName"], "other")
    kind = KINDS.get(listing, "other")
    fronts = {"offer": "azure_marketplace", "other": "unknown"}
    named = line.get("Campaign", "")
    values = {
        "": "",
        "listing": listing,
        "kind": kind,
        "campaign": named if named in CAMPAIGNS else "other" if named else "none",
        "country": CODES.get(line.get("CountryName", "")),
        "storefront": SITES.get(line.get("Site", ""), fronts.get(kind, "appsource")),
        "sku": f"{listing if listing != 'other' else line['OfferName']} / {_sku(line)}",
    }
    return str(values[by])


def _sku(line: Line) -> str:
    return str(line.get("Sku") or line.get("SKU"))


def _as_told(cell: Told, *, sold: bool) -> Told:
    if not sold:
        return {**cell, "orders": None, "revenue": None}
    revenue = {currency: f"{amount:f}" for currency, amount in sorted(cell["revenue"].items())}
    return {**cell, "revenue": revenue}
