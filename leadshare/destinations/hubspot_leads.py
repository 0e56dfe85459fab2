"""Destinations: HubSpot's leads object (Sales Hub), with a record for each lead on its contact.

Vendor: the guide and the 2026-03 specification of the leads object (developers.hubspot.com/docs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from leadshare.core.delivery import Deferred, Delivery, Rejected, Reply
from leadshare.core.mapping import Source, fill, source
from leadshare.destinations.hubspot_batch import TAKEN, Post, Record, find, properties, write
from leadshare.destinations.hubspot_record import NAMELESS, missed, one, told

T = TypeVar("T")

LEAD_FIELDS: Final = {
    "hs_lead_name": source("topic"),
    "hs_lead_label": source(
        "stage", values={"sales_ready": "HOT", "nurture": "WARM", "blank": "COLD"}
    ),
}
"""What each property of a record of the leads object is filled from."""

CLOSED: Final = {"qualified-stage-id", "unqualified-stage-id"}
"""Stages of the default lead pipeline from which a lead is never taken back."""

LEAD_TO_PRIMARY_CONTACT: Final = {
    "associationCategory": "HUBSPOT_DEFINED",
    "associationTypeId": 578,
}
"""The association of a lead with its contact, by its built-in type."""


@dataclass(frozen=True, slots=True)
class Leads:
    """How leads are kept there."""

    key: str
    mapping: Mapping[str, Source]

    def texts(self, delivery: Delivery) -> dict[str, str]:
        """Return the properties of *delivery*'s record."""
        return told(fill(self.mapping, delivery.record), self.key, delivery.lead)


def named(fields: Mapping[str, T]) -> dict[str, T]:
    """Return *fields* of the leads object as a preflight tells them, beside those of contacts."""
    return {f"leads.{name}": field for name, field in fields.items()}


async def write_leads(
    post: Post, leads: Leads, going: Sequence[tuple[Delivery, str]], now: datetime
) -> dict[str, Reply]:
    """Write a record for each lead in *going*, on its contact, whose id is beside it.

    A lead must hang on its contact from the start, and an upsert takes no associations: so leads
    are created or updated, and our unique key forbids a second one.
    """
    if not going:
        return {}
    place, names = ("leads", leads.key), [delivery.lead for delivery, _ in going]
    found = await find(post, place, names, ("hs_pipeline_stage",), now)
    if isinstance(found, Reply):
        return dict.fromkeys(names, found)
    replies: dict[str, Reply] = {}
    new: dict[str, Record] = {}
    known: dict[str, Record] = {}
    for delivery, contact in going:
        name, there = delivery.lead, found.get(delivery.lead)
        # A receipt that is the contact's is from before the leads object was configured.
        had_one = delivery.sent and delivery.receipt != contact
        if there is not None and str(properties(there).get("hs_pipeline_stage")) in CLOSED:
            replies[name] = one(Rejected("closed_in_crm"))
        elif there is not None:
            known[name] = {"id": there["id"], "properties": leads.texts(delivery)}
        elif had_one and (lost := missed(found, name)):
            replies[name] = lost
        else:
            new[name] = _created(leads.texts(delivery), contact)
    replies |= await write(post, "leads/batch/update", leads.key, known, now)
    made = await write(post, "leads/batch/create", leads.key, new, now)
    # What is there after all is looked up by the next attempt.
    later = one(Deferred("changed_meanwhile"))
    return replies | {n: later if r.outcomes == (TAKEN,) else r for n, r in made.items()}


def _created(texts: Mapping[str, str], contact: str) -> Record:
    on = [{"to": {"id": contact}, "types": [LEAD_TO_PRIMARY_CONTACT]}]
    return {"properties": {"hs_lead_name": NAMELESS, **texts}, "associations": on}
