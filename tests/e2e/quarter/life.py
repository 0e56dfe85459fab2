"""A quarter of a publisher's life: what customers, sellers and Microsoft do, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from tests.builders import post

BEGINS: Final = date(2026, 9, 7)
"""A Monday; in the seventh week the clocks of Europe go back."""

LISTINGS: Final = {
    "contoso.robot": ("SPZA", "Contoso Robot"),
    "contoso.review": ("AppSource", "Contoso Review"),
    "contoso.lake": ("AzureMarketplace", "Contoso Lake"),
}
"""Listings: the source that their leads come from, and their title."""

STRANGE: Final = ("Newsletter", "Watch", "contoso.gone")
"""A source, an action and a listing that nobody knows."""

MOMENTS: Final = (time(7, 10), time(13, 40), time(22, 30))
"""When things happen; the last is the next day by the publisher's clocks."""

KINDS: Final = {
    "chief": 38,
    "developer": 24,
    "student": 12,
    "test": 6,
    "internal": 4,
    "blank": 4,
    "silent": 6,
    "strange": 6,
}
"""Customers, by what they are, of a hundred."""

COUNTRIES: Final = ("DE", "DE", "DE", "AT", "FR", "US", "US", "")
PLACES: Final = ("Germany", "Germany", "Austria", "France", "United States", "")
CURRENCIES: Final = ("EUR", "EUR", "USD")
MINUTE: Final = timedelta(minutes=1)
REFUSED: Final = "unwelcome"
"""Whose leads one system refuses, until somebody has mended it."""

FAIR: Final = (date(2026, 9, 9), date(2026, 9, 22))


@dataclass(frozen=True, order=True)
class Event:
    """Something happens at a moment."""

    at: datetime
    kind: str = field(compare=False)
    values: Mapping[str, Any] = field(compare=False)


def live(days: int, seed: int) -> list[Event]:
    """Return what happens in so many days, in order."""
    chance = random.Random(seed)  # noqa: S311 - a test's plan
    events: list[Event] = []
    for number in range(round(days * 1.8)):
        day = chance.randrange(days)
        kind = chance.choices([*KINDS], [*KINDS.values()])[0]
        events += [*_customer(chance, kind, number, day)]
    for day in range(days):
        events += [*_books(chance, day)]
    last = _moment(days - 1, 2)
    events = sorted(one for one in events if one.at <= last)
    return sorted([*events, *_unwelcome(days), *_outage(days), *_erased(events, days)])


def _moment(day: int, number: int) -> datetime:
    return datetime.combine(BEGINS + timedelta(days=day), MOMENTS[number], UTC)


def _unwelcome(days: int) -> Iterator[Event]:
    """Yield customers whom a system refuses, until somebody mends it and sends them again."""
    for number in range(2):
        person = {"Email": f"buyer{number}@{REFUSED}.example", "Company": "Unwelcome"}
        body = post(**person, **_of_listing("chief", "contoso.lake", "PLT"))
        yield Event(_moment(days // 5 + number, 0), "touch", {"body": body})
    mended = _moment(days * 3 // 5, 1)
    yield Event(mended, "world", {"refuses": False})
    replay = {"destination": "market"}
    yield Event(mended + MINUTE, "order", {"path": "replay", "body": replay})


def _outage(days: int) -> Iterator[Event]:
    """Yield the end of the CRM and its return, a day and a half later."""
    yield Event(_moment(days // 3, 0), "world", {"is_down": True})
    yield Event(_moment(days // 3 + 1, 1), "world", {"is_down": False})


def _erased(events: Sequence[Event], days: int) -> Iterator[Event]:
    """Yield that some customers want to be forgotten; one may come back."""
    at = _moment(days * 7 // 10, 1)
    begun = [
        event.values["body"]["UserDetails"]["Email"]
        for event in events
        if event.kind == "touch" and event.at < at - timedelta(days=1)
    ]
    gone = dict.fromkeys(who for who in begun if "company" in who)
    for number, who in enumerate(islice(gone, 4)):
        yield Event(at + number * MINUTE, "order", {"path": "erase", "body": {"email": who}})


def _customer(chance: random.Random, kind: str, number: int, day: int) -> Iterator[Event]:
    """Yield what one customer does, and what sellers make of it."""
    listings = [chance.choice([*LISTINGS])]
    if kind == "chief" and chance.random() < 0.2:
        listings = chance.sample([*LISTINGS], 2)
    person = _person(chance, kind, number)
    for listing in listings:
        begins = day + 2 * listings.index(listing)  # by which a contact comes is never in doubt
        acts = _acts(chance, kind, begins)
        for moment, action in acts:
            values = {"Description": _words(chance, moment), **_of_listing(kind, listing, action)}
            body = post(**person, **values)
            for _ in range(chance.choice((1, 1, 1, 1, 2))):
                yield Event(moment, "touch", {"body": body})
        if kind in {"chief", "developer"}:
            ready = acts[0 if kind == "chief" else -1][0]
            who = {"email": person["Email"], "listing": listing}
            yield from (Event(at, "outcome", who | told) for at, told in _sold(chance, ready))


def _person(chance: random.Random, kind: str, number: int) -> dict[str, str]:
    company = f"company-{number}.example"
    names = {"FirstName": "Sample", "LastName": f"Buyer{'abcdefghij'[number % 10]}"}
    told = {**names, "Email": f"buyer@{company}", "Company": f"Company {number}"}
    told |= {"Country": chance.choice(COUNTRIES), "Phone": f"49301234{number:04d}"}
    titles = {"chief": "Head of IT", "developer": "Developer", "student": "Student"}
    told["Title"] = titles.get(kind, "Head of IT")
    match kind:
        case "test":
            told["Company"] = f"MSFT_TEST_{number}"
        case "internal":
            told["Email"] = f"colleague-{number}@contoso.example"
        case "blank":
            told |= dict.fromkeys(("FirstName", "LastName", "Email", "Company", "Phone"), "")
    return told


def _acts(chance: random.Random, kind: str, day: int) -> list[tuple[datetime, str]]:
    """Return when a customer does what, a day or more apart."""
    first = _moment(day, chance.choice((0, 0, 1, 1, 2)))
    later = first + timedelta(days=chance.randint(2, 12))
    match kind:
        case "developer":
            acts = [(first, "INS"), (later, "PLT")]
            return acts[: chance.choice((1, 2, 2))]
        case "student":
            return [(first, "PLT"), (later, "INS")][: chance.choice((1, 2))]
        case "silent":
            return [(first, "DNC")]
        case "chief":
            more = [(later, "INS"), (later + timedelta(days=3), "PLT")]
            return [(first, "PLT"), *more[: chance.choice((0, 0, 1, 2))]]
    return [(first, "PLT")]


def _words(chance: random.Random, moment: datetime) -> str:
    """Return what the marketplace tells of campaigns."""
    near = abs((moment.date() - FAIR[0]).days) < 30
    return f"Campaigns: {'fair' if near and chance.random() < 0.3 else ''}"


def _of_listing(kind: str, listing: str, action: str) -> dict[str, str]:
    source, title = LISTINGS[listing]
    if kind == "strange":
        (source, action, listing), title = STRANGE, ""
    return {"LeadSource": f"{source}-{action}|{listing}", "ActionCode": action, "OfferTitle": title}


def _sold(chance: random.Random, ready: datetime) -> Iterator[tuple[datetime, dict[str, str]]]:
    """Yield what a seller tells, and when; a day has three moments."""

    def after(days: int, moment: datetime = ready) -> datetime:
        return _moment((moment.date() - BEGINS).days + days, chance.randrange(2))

    if chance.random() < 0.2:
        return
    called = after(chance.choice((1, 1, 2, 4)))
    if chance.random() < 0.85:
        yield called, {"state": "working"}
    if chance.random() < 0.25:
        yield after(chance.randint(1, 9), called), {"state": "lost"}
        return
    deal = after(chance.randint(1, 12), called)
    worth, currency = Decimal(chance.randint(10**4, 10**7)) / 100, chance.choice(CURRENCIES)
    yield deal, {"state": "opportunity", "amount": f"{worth}", "currency": currency}
    end = after(chance.randint(2, 15), deal)
    match chance.randrange(4):
        case 0 | 1:
            worth += Decimal(chance.randint(-500, 500)) / 100
            yield end, {"state": "won", "amount": f"{worth}", "currency": currency}
            if chance.random() < 0.2:
                yield after(5, end), {"state": "lost"}
        case 2:
            yield end, {"state": "lost"}


def _books(chance: random.Random, day: int) -> Iterator[Event]:
    """Yield what Microsoft counts on a day."""
    at, today = _moment(day, 0), BEGINS + timedelta(days=day)
    month = today.replace(day=1).isoformat()
    titles = [title for _, title in LISTINGS.values()] + ["Contoso Gone"]
    for title in titles:
        told = {
            "Date": today.isoformat(),
            "OfferName": title,
            "CountryName": chance.choice(PLACES),
            "Campaign": chance.choice(("", "", "fair", "autumn", "somebody's own")),
            "Site": "AZUREMARKETPLACE" if title == "Contoso Lake" else "APPSOURCE",
            "PageVisits": chance.randint(3, 60),
            "GetItNow": chance.randint(0, 9),
            "ContactMe": chance.randint(0, 4),
            "TestDrive": chance.randint(0, 2),
            "FreeTrial": chance.randint(0, 2),
            "consentGivenCount": chance.randint(0, 3),
        }
        yield Event(at, "ISVMarketplaceInsights", told)
    if chance.random() < 0.4:
        title, sku, key = chance.choice(titles), chance.choice(("basic", "pro")), f"order-{day}"
        told = {"MonthStartDate": month, "OfferName": title, "PurchaseRecordId": key}
        line = {"Sku": sku, "PurchaseRecordLineItemId": "1", "OrderStatus": "Active"}
        yield Event(at, "ISVOrderV2", told | line)
        billed = {"SKU": sku, "EarningCurrencyCode": chance.choice(CURRENCIES), "LineItemId": "1"}
        for _ in range(chance.choice((1, 1, 2))):  # shares of one line: paid out, and to be
            revenue = f"{Decimal(chance.randint(-5000, 2 * 10**6)) / 100}"
            yield Event(at, "ISVRevenue", told | billed | {"Revenue": revenue})
