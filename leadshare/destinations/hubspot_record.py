"""Destinations: what HubSpot's contacts hold of a lead, and what is read of its records.

Vendor: HubSpot's default contact properties (knowledge.hubspot.com), the guide of the contacts
object and the specification of properties (developers.hubspot.com/docs, 2026-03).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from leadshare.core import rows
from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.core.mapping import Value, source
from leadshare.core.preflight import FieldFacts
from leadshare.core.times import from_text
from leadshare.destinations.hubspot_batch import Record, properties

FIELDS: Final = {
    "email": source("email"),
    "firstname": source("first_name"),
    "lastname": source("last_name"),
    "company": source("company"),
    "jobtitle": source("job_title"),
    "phone": source("phone"),
    "country": source("country", transform="country_name"),
    "website": source("website"),
    "message": source("summary"),
    # Whoever asks not to be contacted is no lead to HubSpot's workflows.
    "lifecyclestage": source(
        "lane", values=dict.fromkeys(("normal", "internal", "blank", "test"), "lead")
    ),
}
"""What each property of a contact is filled from."""

LENGTH: Final = 65_536
"""Characters that a text property takes."""

LENGTHS: Final = {"message": LENGTH}

PERSON: Final = ("firstname", "lastname", "company", "jobtitle", "phone", "country", "website")
"""Who the customer is: of a contact that was there before us, only gaps are filled."""

KEPT: Final = ("email", "lifecyclestage")
"""What is never changed: a seller may have learnt a better address, and a stage only moves on."""

NAMES: Final = {"email", "firstname", "lastname"}
"""One of them at least makes a contact (CRM API, Contacts, "Create contacts")."""

NAMELESS: Final = "(not given)"

Found = Mapping[str, Record | None]
"""Records by name: None for one that is not there, nothing where that was not said."""

_KINDS: Final[dict[str, Any]] = {"number": "number", "bool": "boolean"}

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def contact_of(delivery: Delivery) -> str:
    """Return the id of the person, which all their leads share."""
    return rows.contact_of(delivery.lead)


def told(values: Mapping[str, Value], key: str, name: str) -> dict[str, str]:
    """Return properties as the API takes them, all of them texts, with our key."""
    texts = {field: _text(value) for field, value in values.items()}
    return {**texts, key: name}


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def gaps(values: Mapping[str, Value], there: Record, *, ours: bool) -> dict[str, Value]:
    """Return *values* without those that a contact keeps."""
    keeps = KEPT if ours else (*KEPT, *PERSON)
    held = properties(there)
    return {name: v for name, v in values.items() if name not in keeps or not held.get(name)}


def row(delivery: Delivery, values: Mapping[str, Value], key: str, there: Record | None) -> Record:
    """Return the contact of *delivery* as an upsert takes it; *there* is the one that is there."""
    name, given = contact_of(delivery), dict(values)
    if there is not None:
        given = gaps(given, there, ours=made_by_us(there, delivery))
    elif not NAMES & given.keys():
        given["lastname"] = NAMELESS
    return {"idProperty": key, "id": name, "properties": told(given, key, name)}


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


def free(there: Record, key: str, name: str, claimed: Iterable[Record]) -> bool:
    """Say whether a contact may get this person's id: neither has another, nor gets it now."""
    holder = properties(there).get(key) or name
    return bool(holder == name) and there["id"] not in [row["id"] for row in claimed]


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
    )


def one(outcome: Outcome) -> Reply:
    """Return the reply for one lead."""
    return Reply((outcome,))


def accepted(reply: Reply) -> str:
    """Return the id of the record that was written, "" if none was."""
    [outcome] = reply.outcomes
    return outcome.receipt if isinstance(outcome, Accepted) else ""


def reason(reply: Reply) -> str:
    """Return why one record was not taken, "" if it was."""
    [outcome] = reply.outcomes
    return "" if isinstance(outcome, Accepted) else outcome.reason


def missed(found: Found, name: str) -> Reply | None:
    """Return what it means if a record is not there that once was; None if it is."""
    if found.get(name) is not None:
        return None
    return one(Rejected("deleted_in_crm") if name in found else Deferred("no_answer"))


def seen(found: Found, name: str) -> Outcome:
    """Say whether the record of this name was found."""
    if there := found.get(name):
        return Accepted(str(there["id"]))
    return Rejected(MISSING) if name in found else Deferred("no_answer")
