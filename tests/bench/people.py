"""Bench: leads as varied as real ones, each a function of its number."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat

from leadshare import intake

_FIRST: Final = (
    *("Sample", "Jürgen", "Chloé", "Søren", "Łukasz", "Ana María", "Wei", "Olumide", "Priya"),
    *("Marco", "Yuki", "Fatima", "Jan-Willem", "Siobhán", "Tomáš", "Liam", "Noa", "Aleksandra"),
)
_LAST: Final = (
    *("Buyer", "Müller", "Lefèvre", "Østergaard", "Kowalski", "García López", "Zhang", "Sharma"),
    *("Rossi", "Tanaka", "Al-Masri", "van den Berg", "O'Neill", "Novák", "Smith", "Cohen", "Silva"),
)
_COMPANY: Final = (
    *("Fabrikam", "Northwind", "Adventure Works", "Tailspin", "Wingtip", "Litware", "Proseware"),
    *("Wide World", "Woodgrove", "Alpine Ski", "Coho", "Lucerne", "Margie", "Trey", "Blue Yonder"),
)
_FORM: Final = ("GmbH", "Ltd", "Inc.", "S.A.", "AG", "BV", "SpA", "Pty", "")
_TITLE: Final = (
    *("Head of IT", "CTO", "Senior Cloud Architect", "Purchasing Manager", "Developer", "Student"),
    *("Vice President, Operations", "IT Director", "Consultant", "Leiter Einkauf", "Analyst", ""),
)
_FREE: Final = ("gmail.com", "outlook.com", "yahoo.fr", "web.de", "icloud.com")
_COUNTRY: Final = (
    (("DE", "DEU", "Germany"), "+491512345"),
    (("US", "USA", "United States"), "+1201555"),
    (("FR", "FRA", "France"), "+3361234"),
    (("GB", "GBR", "United Kingdom"), "+44740012"),
    (("DK", "DNK", "Denmark"), "+453441"),
    (("PL", "POL", "Poland"), "+4851234"),
    (("ES", "ESP", "Spain"), "+3461234"),
    (("IN", "IND", "India"), "+91812345"),
    (("IT", "ITA", "Italy"), "+39312345"),
    (("JP", "JPN", "Japan"), "+81901234"),
    (("NL", "NLD", "Netherlands"), "+3161234"),
    (("BR", "BRA", "Brazil"), "+551196123"),
)
"""The forms that people give a country in, and a mobile number there but for four digits."""

_OFFER: Final = (
    ("contoso.invoice-robot", "Contoso Invoice Robot"),
    ("contoso.cloud-assessment", "Contoso Cloud Assessment: 2-Week"),
    ("contoso.vm-suite", "Contoso VM Suite"),
    ("contoso.metrics", "Contoso Metrics"),
)
_ACTION: Final = (
    *(("SPZA", "PLT"), ("AppSource (SPZA)", "INS"), ("AzureMarketplace", "INS")),
    *(("AzurePortal", "Create"), ("TestDrive", "StartTestDrive")),
)
_NOTES: Final = ("", "", "Campaigns: autumn-webinar", "Please call me back in the afternoon.")


def body(number: int) -> bytes:
    """Return the POST of customer *number*: never a test, a repeat or a DNC."""
    chance = random.Random(number)  # noqa: S311 - variety, no secret
    offer, title = chance.choice(_OFFER)
    source, action = chance.choice(_ACTION)
    post = {
        "UserDetails": _person(number, chance),
        "LeadSource": f"{source}-{action}|{offer}",
        "ActionCode": action,
        "OfferTitle": title,
        "Description": chance.choice(_NOTES),
    }
    return json.dumps(post, ensure_ascii=False).encode()


def messages(count: int, at: datetime, first: int = 0) -> Iterator[bytes]:
    """Yield the queue messages of *count* customers, a second apart, beginning at *at*."""
    for number in range(first, first + count):
        received = at + timedelta(seconds=number - first)
        message = intake.take(body(number), "", touch=f"{number:032x}", now=received).message
        if message is not None:
            yield message


def _person(number: int, chance: random.Random) -> dict[str, str]:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    company = chance.choice(_COMPANY)
    country, stem = chance.choice(_COUNTRY)
    free = chance.random() < 0.25
    slug = company.replace(" ", "").lower()
    domain = chance.choice(_FREE) if free else f"{slug}{number % 977}.example"
    return {
        "FirstName": first,
        "LastName": last,
        "Email": f"{last.split()[0].strip('.').lower()}.{number}@{domain}",
        "Phone": _phone(stem, chance),
        "Country": chance.choice(country),
        "Company": f"{company} {chance.choice(_FORM)}".strip(),
        "Title": chance.choice(_TITLE),
    }


def _phone(stem: str, chance: random.Random) -> str:
    """Return a number with an end of its own, in one of the forms that people type."""
    number = phonenumbers.parse(f"{stem}{chance.randrange(10_000):04d}")
    return phonenumbers.format_number(number, chance.choice(_FORMATS)).lstrip("+")


_FORMATS: Final = (
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
)
