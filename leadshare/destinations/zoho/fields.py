"""Destinations: a lead as a record of Zoho's module Leads.

Vendor: field-meta.html under www.zoho.com/crm/developer/docs/api/v8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from leadshare.client.answers.json_values import as_object
from leadshare.destinations.description import Description, FieldFacts
from leadshare.destinations.writing.mapping import source

SHOWN: Final = re.compile(r"https://crm\.zoho[\w.]*/crm/(?:.*/)?tab/Leads/(?P<id>\d+)")
"""The address of the page that shows a record."""

FIELDS: Final = {
    "Last_Name": source("last_name", default="(not given)"),
    "First_Name": source("first_name"),
    "Company": source("company", default="(not given)"),
    "Designation": source("job_title"),
    "Email": source("email"),
    "Phone": source("phone"),
    "Website": source("website"),
    "Country": source("country", transform="country_name"),
    # Lead_Source and Rating are pick lists of each organisation's own.
    "Description": source("summary"),
    # Never false: a seller may have learnt of an objection since, and that one must stay.
    "Email_Opt_Out": source("category", values={"no_contact": True}, write="always"),
}
"""What each field is filled from."""

LENGTHS: Final = {
    "Last_Name": 80,
    "First_Name": 40,
    "Company": 100,
    "Designation": 100,
    "Email": 100,
    "Phone": 30,
    "Website": 120,
    "Country": 30,
    "Description": 32000,
}
"""UTF-16 units that each field takes."""

WHOLE: Final = ("Email", "Phone", "Website")
"""Fields whose text is wrong once it is cut: what is too long goes to the description."""

ADDRESS: Final = frozenset({"Address", "Street", "City", "State", "Zip_Code", "Country"})
"""What is judged together."""

_KINDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("integer", "bigint", "double", "decimal", "currency", "percent"), "number"),
    "boolean": "boolean",
}
_ENOUGH: Final = 49
"""Characters of our key."""


def described(rows: Sequence[Mapping[str, Any]], key: str) -> Description:
    """Read the fields' metadata."""
    fields = {str(row.get("api_name")): _facts(row) for row in rows}
    [held] = [row for row in rows if row.get("api_name") == key] or [{}]
    unique = bool(held.get("unique")) and (held.get("length") or 0) >= _ENOUGH
    return Description(fields, key_unique=unique)


def _facts(row: Mapping[str, Any]) -> FieldFacts:
    listed = row.get("pick_list_values") if row.get("data_type") == "picklist" else None
    choices = frozenset(str(as_object(one).get("actual_value")) for one in listed or [])
    length = row.get("length")
    return FieldFacts(
        kind=_KINDS.get(str(row.get("data_type")), "text"),
        length=length if isinstance(length, int) else None,
        choices=choices or None,
        writable=not (row.get("read_only") or row.get("field_read_only")),
        required=row.get("system_mandatory") is True,
        label=str(row.get("display_label") or row.get("field_label") or ""),
    )
