"""Destinations: a lead as a person of Marketo.

Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from leadshare.deliveries.delivery import Delivery, Outcome, Rejected
from leadshare.destinations.description import Description, FieldFacts
from leadshare.destinations.writing.mapping import Value, source
from leadshare.reason import Reason
from leadshare.times import from_text, read

SHOWN: Final = re.compile(r"https://[\w.-]+\.(?:marketo|adobe)\.com/.*\bleadId=(?P<id>\d+)")
"""The address of the page that shows a record."""

FIELDS: Final = {
    "firstName": source("first_name"),
    "lastName": source("last_name"),
    "email": source("email"),
    "company": source("company"),
    "title": source("job_title"),
    "phone": source("phone"),
    "country": source("country", transform="country_name"),
    "website": source("website"),
    "leadSource": source(
        "storefront",
        values={
            "appsource": "Microsoft AppSource",
            "azure_marketplace": "Microsoft Azure Marketplace",
            "unknown": "Microsoft Marketplace",
        },
    ),
    "leadshareSummary": source("summary"),
    # Never false: a person may have objected elsewhere, and that must stay.
    "unsubscribed": source("category", values={"no_contact": True}, write="always"),
    "doNotCall": source("category", values={"no_contact": True}, write="always"),
}
"""What each field is filled from, by its REST API name (list-of-standard-fields.md).

There is no standard field of free text: `leadshareSummary` is the publisher's, a text area.
"""

LENGTHS: Final = {
    **dict.fromkeys(
        ("firstName", "lastName", "email", "company", "title", "phone", "country", "website"), 255
    ),
    # 30,000 bytes (field-types.md), of which a UTF-16 unit takes three at most.
    "leadshareSummary": 10_000,
}
"""UTF-16 units that a field takes: a string 255 (field-types.md)."""

OF_COMPANY: Final = frozenset(
    (
        *("annualRevenue", "company", "industry", "mainPhone", "numberOfEmployees", "sicCode"),
        *("site", "website"),
        *("billingCity", "billingCountry", "billingPostalCode", "billingState", "billingStreet"),
    )
)
"""Fields of a person's company, which not every instance lets us change (leads.md)."""

WHOLE: Final = ("email", "phone", "website")
"""Fields whose text is wrong once it is cut: what is too long goes to the notes."""

NOTES: Final = "leadshareSummary"

LEAD_ID: Final = 49
"""Characters of a lead id, which the key holds."""

_KINDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("integer", "float", "currency", "percent", "score"), "number"),
    "boolean": "boolean",
}
"""What is no text, of the types of fields (field-types.md)."""


def unfit(who: str, values: Mapping[str, Value]) -> Outcome | None:
    """Say what keeps a lead with *values* from being a person at all, known by *who*."""
    email = str(values.get("email", ""))
    if not who:
        return Rejected(Reason.EMAIL_MISSING)
    if not email.isascii():
        return Rejected(Reason.EMAIL_NOT_ASCII)
    # A search takes several values between commas: it could never be found.
    return Rejected(Reason.EMAIL_WITH_COMMA) if "," in email else None


def apart(deliveries: Sequence[Delivery], who: Callable[[Delivery], str]) -> list[list[Delivery]]:
    """Part *deliveries* so that no call has two leads of one person, whom *who* tells apart.

    What Marketo makes of those is not told; of two calls at once it makes two persons.
    """
    calls: list[list[Delivery]] = []
    times: Counter[str] = Counter()
    for delivery in deliveries:
        person = who(delivery)
        if times[person] == len(calls):
            calls.append([])
        calls[times[person]].append(delivery)
        times[person] += 1
    return calls


def made_by_us(person: Mapping[str, object], delivery: Delivery) -> bool:
    """Say whether a person who shows the lead was made for it, and was not there before.

    Older than the lead's first touch is only who was there; Marketo tells whole seconds.
    """
    created = read(str(person.get("createdAt")))
    return created is not None and created >= from_text(delivery.record["first_touch"]).replace(
        microsecond=0
    )


def described(person: dict[str, Any], key: str, lookup_field: str) -> Description:
    """Read Describe Lead2 (LeadAttribute2 in swagger-mapi.json)."""
    fields = {
        field["name"]: FieldFacts(
            kind=_KINDS.get(field["dataType"], "text"),
            length=field.get("length"),
            writable=field["updateable"],
            required=field["name"] == "email" == lookup_field,
            label=str(field.get("displayName", "")),
        )
        for field in person["fields"]
    }
    ours = fields.get(key)
    takes = ours is not None and ours.writable and ours.kind == "text"
    long_enough = ours is not None and (ours.length is None or ours.length >= LEAD_ID)
    # No custom field is unique in Marketo; what matters is that a person is found by it.
    found_by = [key] in person["searchableFields"]
    return Description(fields, key_unique=takes and long_enough and found_by)
