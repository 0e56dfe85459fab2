"""Destinations: where a lead of Salesforce lives on once sellers have worked with it.

Vendor: the Object Reference, Lead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx

from leadshare.deliveries.delivery import Delivery, Rejected
from leadshare.destinations.replies import Verdict, absent
from leadshare.destinations.salesforce.answers import is_id
from leadshare.destinations.salesforce.queries import UNREAD, Row
from leadshare.reason import Reason

STANDING: Final = (
    *("Id", "IsDeleted", "MasterRecordId", "IsConverted"),
    *("ConvertedContactId", "ConvertedOpportunityId", "OwnerId", "CreatedById"),
)
"""Fields that say what became of a lead, whose it is, and who made it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is there of a lead, and who hears of its customer."""

    record_id: str
    """The lead that was made for it."""
    who: str
    """The lead or contact that it lives on as; "" for nobody."""
    what: str = ""
    """The opportunity beside the contact."""
    there: Mapping[str, Any] = field(default_factory=dict)
    """What the fields hold that may be written, or tell whom it shows."""
    open: bool = False
    """Whether its fields may still be written."""
    master: str = ""
    """The lead that it was merged into, which is still to be read."""


def place_of(rows: Sequence[Row], delivery: Delivery) -> Place | Verdict:
    """Return where *rows*, all that are of this lead, live on; or what it means that none does."""
    living = [row for row in rows if not row.get("IsDeleted")]
    if len(living) > 1:
        return Verdict(Rejected(Reason.SEVERAL_IN_CRM), httpx.codes.OK)
    merged = [row for row in rows if row.get("MasterRecordId")]
    if not living and not merged:
        # One that is in the recycle bin is no longer there, as one that has left it.
        return Verdict(absent(delivery), httpx.codes.OK)
    return _place((living or merged)[0])


def _place(row: Row) -> Place | Verdict:
    record_id = str(row.get("Id"))
    if not is_id(record_id):
        return UNREAD
    if row.get("IsConverted"):
        contact, opportunity = row.get("ConvertedContactId"), row.get("ConvertedOpportunityId")
        return Place(record_id, str(contact or ""), str(opportunity or ""), row)
    if row.get("IsDeleted"):
        return Place(record_id, "", there=row, master=str(row.get("MasterRecordId")))
    return Place(record_id, record_id, there=row, open=True)


def followed(place: Place, rows: Sequence[Row], delivery: Delivery) -> Place | Verdict:
    """Return *place* with where its master lives on, by the *rows* of that one.

    The master shows whom it shows; its fields are another lead's.
    """
    found = place_of(rows, delivery)
    if isinstance(found, Verdict):
        return found
    return replace(found, record_id=place.record_id, open=False)


def closed(place: Place, delivery: Delivery, *, timeline: bool) -> Verdict | None:
    """Return what it means that news of *delivery* has no place left; None where it has one."""
    if place.open or not delivery.entries or (timeline and place.who):
        return None
    return Verdict(Rejected(Reason.CLOSED_IN_CRM), httpx.codes.OK)
