"""Local: sample touches as Partner Center posts them, and the end that each must come to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Sample:
    """One POST and where it must end: `delivered`, `suppressed` or `quarantined`."""

    name: str
    body: bytes
    end: str
    listing: str = ""
    """What the URL names, if anything."""


def _body(source: str, action: str, title: str, notes: str = "", **person: str) -> bytes:
    body: dict[str, Any] = {
        "UserDetails": {name: person.get(name, "") for name in _PERSON},
        "LeadSource": source,
        "ActionCode": action,
        "OfferTitle": title,
        "Description": notes,
    }
    return json.dumps(body, ensure_ascii=False).encode()


_PERSON: Final = ("FirstName", "LastName", "Email", "Phone", "Country", "Company", "Title")

_BUYER: Final = {
    "FirstName": "Sample",
    "LastName": "Buyer",
    "Email": "buyer@fabrikam.example",
    "Phone": "4930123456",
    "Country": "DE",
    "Company": "Fabrikam GmbH",
    "Title": "Head of IT",
}
_ARCHITECT: Final = {
    "FirstName": "Sample",
    "LastName": "Architect",
    "Email": "cloud.architect@northwind.example",
    "Phone": "+1 425 555 0100",
    "Country": "USA",
    "Company": "Northwind Traders",
    "Title": "Principal Cloud Architect",
}
_STUDENT: Final = {
    "FirstName": "Sample",
    "LastName": "Student",
    "Email": "Sample.Student@gmail.com",
    "Country": "France",
}
_TEST: Final = dict.fromkeys(_PERSON, "MSFT_TEST_636573304831318844") | {
    "Email": "MSFT_TEST_636573304831318844@test.com",
    "Phone": "1234567890",
    "Country": "US",
}

_ROBOT: Final = "contoso.invoice-robot"
_SUITE: Final = "contoso.vm-suite"

_CONTACT_ME: Final = _body(
    f"SPZA-PLT|{_ROBOT}", "PLT", "Contoso Invoice Robot", "Campaigns: autumn-webinar", **_BUYER
)

VALIDATE: Final = Sample(
    "Validate in Partner Center",
    _body("AzureMarketplace", "INS", "Contoso VM Suite", _TEST["Title"], **_TEST),
    "suppressed",
)
"""Partner Center's own test lead."""

SAMPLES: Final = (
    Sample(
        "AppSource: Contact me",
        _CONTACT_ME,
        "delivered",
    ),
    Sample(
        "the same again, by mistake",
        _CONTACT_ME,
        "delivered",
    ),
    Sample(
        "the same person installs it",
        _body(f"SPZA-INS|{_ROBOT}", "INS", "Contoso Invoice Robot", **_BUYER),
        "delivered",
    ),
    Sample(
        "AppSource: consulting service",
        _body(
            "AppSource (SPZA)-PLT | contoso.cloud-assessment",
            "PLT",
            "Contoso Cloud Assessment: 2-Week",
            "Please call about the assessment.",
            **_ARCHITECT,
        ),
        "delivered",
    ),
    Sample(
        "Azure portal: Create",
        _body(f"AzurePortal-Create|{_SUITE}", "Create", "Contoso VM Suite", **_ARCHITECT),
        "delivered",
    ),
    Sample(
        "Azure Marketplace: bare source, listing in the URL",
        _body("AzureMarketplace", "INS", "Contoso VM Suite", **_STUDENT),
        "delivered",
        listing=_SUITE,
    ),
    Sample(
        "test drive",
        _body(f"TestDrive-StartTestDrive|{_SUITE}", "", "Contoso VM Suite", **_BUYER),
        "delivered",
    ),
    Sample(
        "do not contact",
        _body(
            f"SPZA-DNC|{_ROBOT}",
            "DNC",
            "Contoso Invoice Robot",
            FirstName="Sample",
            LastName="Bystander",
            Email="bystander@adventure-works.example",
            Company="Adventure Works",
        ),
        "suppressed",
    ),
    VALIDATE,
    Sample(
        ".edu: Microsoft gives no details",
        _body(f"SPZA-INS|{_ROBOT}", "INS", "Contoso Invoice Robot"),
        "suppressed",
    ),
    Sample(
        "own staff tries the preview",
        _body(
            f"AzureMarketplace-INS|{_SUITE}",
            "INS",
            "Contoso VM Suite",
            FirstName="Sample",
            LastName="Colleague",
            Email="colleague@contoso.example",
            Company="Contoso",
        ),
        "suppressed",
    ),
    Sample(
        "lower-case keys, a BOM, odd types",
        b'\xef\xbb\xbf{"userDetails":{"email":"ops@wideworldimporters.example","phone":4930987654,'
        b'"country":"Germany","company":null},"leadSource":"AzureMarketplace-INS|contoso.vm-suite"}',
        "delivered",
    ),
    Sample("not JSON at all", b"FirstName=Sample&LastName=Form", "quarantined"),
)


NURTURED: Final = 11
"""The place among the samples of one that is not sales-ready."""

AGAIN: Final = Sample(
    "the same customer buys",
    _body(
        f"AzurePortal-Create|{_SUITE}",
        "Create",
        "Contoso VM Suite",
        Email="ops@wideworldimporters.example",
        Phone="4930987654",
        Company="Wide World Importers",
        Country="Germany",
    ),
    "delivered",
)
"""What makes that one sales-ready."""


def curl(url: str) -> str:
    """Return the command by which a reader posts a lead of their own to the app at *url*."""
    body = (
        '{"UserDetails":{"Email":"you@your-company.example","Company":"Your company"},'
        '"LeadSource":"SPZA-PLT|contoso.invoice-robot","ActionCode":"PLT",'
        '"OfferTitle":"Contoso Invoice Robot"}'
    )
    return f"curl {url}/api/leads -H 'content-type: application/json' -d '{body}'"
