"""Destinations: what HubSpot's contacts hold of a lead, and what is read of its records.

Vendor: HubSpot's default contact properties (knowledge.hubspot.com), the guide of the contacts
object and the specification of properties (developers.hubspot.com/docs, 2026-03).
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.destinations.description import FieldFacts
from leadshare.destinations.hubspot.answers import Record
from leadshare.destinations.hubspot.batch import properties
from leadshare.destinations.replies import Verdict
from leadshare.destinations.writing.mapping import Value, source
from leadshare.playbook import Intent
from leadshare.reason import Reason
from leadshare.store import keys
from leadshare.times import from_text

SHOWN: Final = re.compile(
    r"https://app[\w-]*\.hubspot\.com/contacts/\d+/(?:record/0-(?:1|136)|contact)/(?P<id>\d+)"
)
"""The address of the page that shows a record."""

FIELDS: Final = {
    "email": source("email"),
    "firstname": source("first_name"),
    "lastname": source("last_name"),
    "company": source("company"),
    "jobtitle": source("job_title"),
    "phone": source("phone"),
    "country": source("country", transform="country_name"),
    "website": source("website"),
    # Whoever used Contact me agreed to be contacted; of others nothing is known.
    "hs_legal_basis": source(
        "intent", values={Intent.CONTACT_REQUEST: "Freely given consent from contact"}
    ),
    "message": source("summary"),
    # Whoever asks not to be contacted is no lead to HubSpot's workflows.
    "lifecyclestage": source(
        "category", values=dict.fromkeys(("normal", "internal", "blank", "test"), "lead")
    ),
}
"""What each property of a contact is filled from."""

LENGTH: Final = 65_536
"""Characters that a text property takes."""

NOTES: Final = "message"

LENGTHS: Final = {NOTES: LENGTH}

NAMES: Final = {"email", "firstname", "lastname"}
"""One of them at least makes a contact (CRM API, Contacts, "Create contacts")."""

NAMELESS: Final = "(not given)"

Found = Mapping[str, Record | None]
"""Records by name: None for one that is not there, nothing where that was not said."""

_KINDS: Final[dict[str, Any]] = {"number": "number", "bool": "boolean"}

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def contact_of(delivery: Delivery) -> str:
    """Return the id of the person, which all their leads share."""
    return keys.contact_of(delivery.lead)


def told(values: Mapping[str, Value], key: str, name: str) -> dict[str, str]:
    """Return properties as the API takes them, all of them texts, with our key."""
    texts = {field: _text(value) for field, value in values.items()}
    return {**texts, key: name}


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def held(there: Mapping[str, Any], values: Mapping[str, Value]) -> dict[str, object]:
    """Return properties that a record holds, which are texts, with *values* as they were told."""
    same = {name: value for name, value in values.items() if there.get(name) == _text(value)}
    shown = {name: text for name, text in there.items() if text != NAMELESS}
    return {**shown, **same}


def created(name: str, values: Mapping[str, Value], key: str) -> Record:
    """Return a new contact as an upsert takes it."""
    named = {} if NAMES & values.keys() else {"lastname": NAMELESS}
    return {"idProperty": key, "id": name, "properties": told({**values, **named}, key, name)}


def made_by_us(there: Record, delivery: Delivery) -> bool:
    """Say whether a contact with our key was created for this lead.

    One that is older than the lead's first touch was there before: it was merged, or is of another
    lead. Nothing else tells that would need no property of its own.
    """
    try:
        created = from_text(str(there.get("createdAt")))
    except ValueError:
        created = _NEVER
    return created >= from_text(delivery.record["first_touch"])


def free(there: Record, key: str, name: str, claimed: Container[str]) -> bool:
    """Say whether a contact may get this person's id: neither has another, nor gets it now."""
    holder = properties(there).get(key) or name
    return bool(holder == name) and there["id"] not in claimed


def facts(row: Record) -> FieldFacts:
    """Read what HubSpot says of a property."""
    kind, modification = str(row.get("type")), row.get("modificationMetadata") or {}
    # Options kept elsewhere are owners, teams and the like.
    listed = kind == "enumeration" and not row.get("externalOptions")
    return FieldFacts(
        kind=_KINDS.get(kind, "text"),
        length=LENGTH if kind == "string" else None,
        choices=frozenset(str(one["value"]) for one in row["options"]) if listed else None,
        writable=not (modification.get("readOnlyValue") or row.get("calculated")),
        label=str(row.get("label") or ""),
    )


def missed(found: Found, name: str) -> Verdict | None:
    """Return what it means if a record is not there that once was; None if it is."""
    if found.get(name) is not None:
        return None
    return Verdict(Rejected(Reason.DELETED_IN_CRM) if name in found else Deferred(Reason.NO_ANSWER))


def seen(found: Found, name: str) -> Outcome:
    """Say whether the record of this name was found."""
    if there := found.get(name):
        return Accepted(str(there["id"]))
    return Rejected(Reason.NOT_FOUND_AFTER_ACCEPT) if name in found else Deferred(Reason.NO_ANSWER)
