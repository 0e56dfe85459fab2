"""A plausible mix of leads: the shares that docs/scoring.md writes down, and people by them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, Final

from leadshare.intake.message import open_envelope
from leadshare.leads import touch as touches
from leadshare.leads.lead import Lead, fold
from leadshare.leads.touch import Touch
from tests.builders import IDENTITY, NOW, configuration, message
from tests.scoring.mix_texts import ROLES, WORDS

Shares = Mapping[str, int]
"""Of a hundred."""

LISTINGS: Final = (
    {
        "id": "contoso.invoice-robot",
        "title": "Contoso Invoice Robot",
        "kind": "app",
        "campaign": "autumn-webinar",
    },
    {
        "id": "contoso.ledger-robot",
        "title": "Contoso Ledger Robot",
        "kind": "app",
        "campaign": "demo-days",
    },
    {"id": "contoso.vm-suite", "title": "Contoso VM Suite", "kind": "offer"},
    {"id": "contoso.vm-backup", "title": "Contoso VM Backup", "kind": "offer"},
)
CONFIGURATION: Final = configuration(listing=LISTINGS)


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which customers act, and what they leave of themselves there, of a hundred."""

    source: str
    action: str
    storefront: str
    share: int
    email: Shares
    """Kinds of e-mail address."""
    titled: int
    """Who gives a job title."""
    phone: int


def _emails(business: int, free: int, disposable: int, none: int) -> Shares:
    return {"business": business, "free": free, "disposable": disposable, "none": none}


WAYS: Final = {
    "AppSource, Contact me": Way("SPZA", "PLT", "appsource", 26, _emails(70, 26, 2, 2), 75, 80),
    "AppSource, Get it now": Way("SPZA", "INS", "appsource", 22, _emails(66, 30, 2, 2), 60, 60),
    "AppSource, test drive": Way(
        "SPZA", "StartTestDrive", "appsource", 4, _emails(55, 38, 5, 2), 60, 60
    ),
    "AppSource, do not contact": Way("SPZA", "DNC", "appsource", 3, _emails(70, 26, 2, 2), 75, 80),
    "Azure Marketplace, Get it now": Way(
        "AzureMarketplace", "INS", "azure_marketplace", 18, _emails(58, 38, 2, 2), 50, 50
    ),
    "Azure portal, Create": Way(
        "AzurePortal", "Create", "azure_marketplace", 16, _emails(70, 26, 1, 3), 35, 40
    ),
    "Azure Marketplace, test drive": Way(
        "TestDrive", "StartTestDrive", "azure_marketplace", 8, _emails(48, 44, 6, 2), 50, 50
    ),
    "Azure Marketplace, another action": Way(
        "AzureMarketplace", "REQ", "azure_marketplace", 3, _emails(60, 36, 2, 2), 50, 50
    ),
}

TITLES: Final[Mapping[str, Shares]] = {
    "business": {"decides": 18, "has a say": 30, "another role": 50, "assists": 2, "studies": 0},
    "another": {"decides": 14, "has a say": 14, "another role": 50, "assists": 2, "studies": 20},
}
"""Who somebody with a job title is, by the e-mail address."""

NOTES: Final[Mapping[str, Shares]] = {
    "Contact me": {
        "nothing": 30,
        "campaign only": 15,
        "general": 25,
        "asks": 20,
        "asks with budget or date": 8,
        "no buyer": 2,
    },
    "elsewhere": {"nothing": 75, "campaign only": 25},
}
"""What the description says. Only Contact me has a field to write in."""

COMPANY: Final = {"business": 95, "another": 45}
NAMED: Final = 97
COUNTRY: Final = 98
"""Who gives company, full name and country."""

AGAIN: Final = {"once": 85, "twice": 12, "four times": 3}
"""How often somebody acts on one listing."""

SECOND_LISTING: Final = 4
"""Who acts on another listing of the storefront as well."""

COUNTRIES: Final = {
    "US": 30,
    "IN": 10,
    "GB": 10,
    "DE": 10,
    "FR": 6,
    "CA": 5,
    "ES": 5,
    "BR": 4,
    "IT": 4,
    "NL": 4,
    "AU": 4,
    "DK": 3,
    "JP": 3,
    "PL": 2,
}
LANGUAGE: Final = {
    "DE": "de",
    "FR": "fr",
    "ES": "es",
    "BR": "pt",
    "IT": "it",
    "NL": "nl",
    "DK": "da",
    "JP": "ja",
    "PL": "pl",
}
"""Others write English."""

_DOMAINS: Final = {
    "free": ("gmail.com", "outlook.com", "yahoo.fr", "web.de", "icloud.com"),
    "disposable": ("mailinator.com", "yopmail.com"),
}


def leads(number: int, seed: int = 1) -> list[Lead]:
    """Return so many leads of people by the shares above, through the real path."""
    chance = random.Random(seed)  # noqa: S311 - variety, no secret
    found: list[Lead] = []
    for person in count():
        if len(found) >= number:
            return found[:number]
        found += fold(_touches(person, chance), CONFIGURATION.campaigns).values()
    raise AssertionError


def _touches(person: int, chance: random.Random) -> Iterator[Touch]:
    """Yield what one customer does, a day apart."""
    way = WAYS[_one({name: way.share for name, way in WAYS.items()}, chance)]
    details = _details(person, way, chance)
    own = [one for one in LISTINGS if (one["kind"] == "app") == (way.storefront == "appsource")]
    first, second = chance.sample(own, 2)
    times = {"once": 1, "twice": 2, "four times": 4}[_one(AGAIN, chance)]
    for day, listing in enumerate([first] * times + [second] * _is(SECOND_LISTING, chance)):
        body = {
            "UserDetails": details,
            "LeadSource": f"{way.source}-{way.action}|{listing['id']}",
            "ActionCode": way.action,
            "OfferTitle": listing["title"],
            "Description": _notes(details, way, chance),
        }
        sent = message(body, person * 10 + day, NOW + timedelta(days=day))
        yield touches.read(open_envelope(sent), CONFIGURATION.catalogue, IDENTITY)


def _details(person: int, way: Way, chance: random.Random) -> dict[str, Any]:
    kind = _one(way.email, chance)
    of_kind = "business" if kind == "business" else "another"
    country = _one(COUNTRIES, chance)
    role = _one(TITLES[of_kind], chance)
    domain = chance.choice(_DOMAINS.get(kind, (f"fabrikam{person % 997}.example",)))
    return {
        "FirstName": "Sample",
        "LastName": "Buyer" if _is(NAMED, chance) else "",
        "Email": "" if kind == "none" else f"sample.buyer.{person}@{domain}",
        "Phone": f"+1425555{person % 10_000:04d}" if _is(way.phone, chance) else "",
        "Country": country if _is(COUNTRY, chance) else "",
        "Company": "Fabrikam" if _is(COMPANY[of_kind], chance) else "",
        "Title": chance.choice(ROLES[_language(country)][role]) if _is(way.titled, chance) else "",
    }


def _notes(details: Mapping[str, Any], way: Way, chance: random.Random) -> str:
    said = _one(NOTES["Contact me" if way.action == "PLT" else "elsewhere"], chance)
    if said == "nothing":
        return chance.choice(("", " "))
    if said == "campaign only":
        return chance.choice(("Campaigns: ", "Campaigns: demo-days", "Campaigns: autumn-webinar"))
    words = WORDS[_language(details["Country"])]
    return chance.choice(words.get(said) or WORDS["en"][said])


def _language(country: str) -> str:
    return LANGUAGE.get(country, "en")


def _one(shares: Shares, chance: random.Random) -> str:
    return chance.choices(list(shares), list(shares.values()))[0]


def _is(share: int, chance: random.Random) -> bool:
    return chance.randrange(100) < share
