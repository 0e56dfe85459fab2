"""Destinations: a lead as a Lead sObject of Salesforce.

Vendor: the Salesforce Field Reference Guide, Lead; and resources-sobject-describe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from leadshare.core.mapping import Source, source
from leadshare.core.preflight import Description, FieldFacts

UNKNOWN: Final = "(not given)"
"""What stands in fields that Salesforce requires where the lead has nothing."""

FIELDS: Final = {
    "FirstName": source("first_name"),
    "LastName": source("last_name", default=UNKNOWN),
    "Company": source("company", default=UNKNOWN),
    "Title": source("job_title"),
    "Email": source("email"),
    "Phone": source("phone"),
    "Website": source("website"),
    # Orgs with country picklists take the ISO name too, and refuse a code here.
    "Country": source("country", transform="country_name"),
    "LeadSource": source(
        "storefront",
        values={"appsource": "Microsoft AppSource", "azure_marketplace": "Azure Marketplace"},
    ),
    # Other stages get none.
    "Rating": source(
        "stage",
        values={"sales_ready": "Hot", "nurture": "Warm", "blank": "Cold", "no_contact": "Cold"},
    ),
    "Description": source("summary"),
}
"""What each field is filled from."""

LENGTHS: Final = {
    "FirstName": 40,
    "LastName": 80,
    "Company": 255,
    "Title": 128,
    "Email": 80,
    "Phone": 40,
    "Website": 255,
    "Country": 80,
    "Description": 32000,
}
"""Length of each text that we write."""

WHOLE: Final = ("Email", "Phone", "Website")
"""Fields whose text is wrong once it is cut: what is too long goes to the description."""

NO_CONTACT: Final[dict[str, Source]] = {
    # Never false: a seller may have learnt of an objection since, and that one must stay.
    name: source("lane", values={"no_contact": True})
    for name in ("DoNotCall", "HasOptedOutOfEmail")
}
"""Fields that ask sellers to leave the customer alone, where true."""

_KINDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("int", "long", "double", "currency", "percent"), "number"),
    "boolean": "boolean",
}


def described(rows: Sequence[Any], key: str) -> Description:
    """Read the `fields` of a description."""
    named = {row["name"]: row for row in rows}
    facts = {name: _facts(row) for name, row in named.items()}
    id_field = named.get(key, {})
    unique = bool(id_field.get("externalId") and id_field.get("unique"))
    # The key is written beside the mapping, so that requiring it costs no lead.
    return Description({n: f for n, f in facts.items() if n != key}, key_unique=unique)


def _facts(row: Any) -> FieldFacts:
    allowed = frozenset(
        value["value"] for value in row.get("picklistValues", ()) if value.get("active")
    )
    return FieldFacts(
        kind=_KINDS.get(row["type"], "text"),
        length=row.get("length") or None,
        choices=allowed if row.get("restrictedPicklist") else None,
        writable=row["createable"],
        required=row["createable"] and not row["nillable"] and not row["defaultedOnCreate"],
    )
