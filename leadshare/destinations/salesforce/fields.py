"""Destinations: a lead as a Lead sObject of Salesforce.

Vendor: the Salesforce Field Reference Guide, Lead; and resources-sobject-describe.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from leadshare.client.answers.json_values import objects
from leadshare.destinations.description import Description, FieldFacts
from leadshare.destinations.writing.mapping import Source, source
from leadshare.playbook import Stage

SHOWN: Final = re.compile(
    r"https://(?P<org>[\w-]+)\.[^/]+/(?:lightning/r/(?:Lead/)?)?(?P<id>00Q\w{15})\b"
)
"""The address of the page that shows a record."""

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
    # Orgs with picklists of countries compare it with their own list: see `by_code`.
    "Country": source("country", transform="country_name"),
    "LeadSource": source(
        "storefront",
        values={
            "appsource": "Microsoft AppSource",
            "azure_marketplace": "Azure Marketplace",
            "unknown": "Microsoft Marketplace",
        },
    ),
    # Other stages get none.
    "Rating": source(
        "stage",
        values={
            Stage.SALES_READY: "Hot",
            Stage.NURTURING: "Warm",
            Stage.NEW: "Warm",
            Stage.BLANK: "Cold",
            Stage.NO_CONTACT: "Cold",
        },
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
    name: source("category", values={"no_contact": True}, write="always")
    for name in ("DoNotCall", "HasOptedOutOfEmail")
}
"""Fields that ask sellers to leave the customer alone, where true."""

SELLERS: Final = ("OwnerId", "RecordTypeId", "Status")
"""Fields of Salesforce's own that are the sellers' once the lead is there."""

COUNTRY_CODE: Final = "CountryCode"
"""Is there where the org has picklists of countries: the two-letter code, of those in its list."""

ADDRESS: Final = frozenset(
    {"Address", "Street", "City", "State", "StateCode", "PostalCode", "Country", COUNTRY_CODE}
)
"""One compound field and its parts, which are judged together."""

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


def by_code(mapping: Mapping[str, Source], fields: Mapping[str, FieldFacts]) -> dict[str, Source]:
    """Return *mapping*, with the country's code for its name where the org has codes.

    A publisher's own mapping of either stays as it is.
    """
    ours = mapping.get("Country") == FIELDS["Country"] and COUNTRY_CODE not in mapping
    if not ours or COUNTRY_CODE not in fields:
        return dict(mapping)
    others = {name: source for name, source in mapping.items() if name != "Country"}
    return others | {COUNTRY_CODE: source("country")}


def timeline_lacks(task: Mapping[str, Any], key: str) -> str:
    """Return what is missing of *task*, the object's description, to tell each entry once."""
    named = {row.get("name"): row for row in objects(task.get("fields"))}
    if not task.get("createable"):
        return "Task"
    found = named.get(key, {})
    return "" if found.get("unique") and found.get("createable") else key


def _facts(row: Any) -> FieldFacts:
    allowed = frozenset(
        value["value"] for value in row.get("picklistValues", ()) if value.get("active")
    )
    return FieldFacts(
        kind=_KINDS.get(row["type"], "text"),
        length=row.get("length") or None,
        choices=allowed if row.get("restrictedPicklist") else None,
        writable=row["createable"],
        label=str(row.get("label") or ""),
        required=row["createable"] and not row["nillable"] and not row["defaultedOnCreate"],
    )
