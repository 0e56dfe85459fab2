"""Destinations: leads join campaigns of Dynamics 365: as responses to them, and as their source.

Vendor: campaignresponse.md and lead.md of the Web API reference
(MicrosoftDocs/dynamics-365-customer-engagement). A response is an activity about the campaign, not
about the lead, so that it is no sign of a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

import httpx

from leadshare.client.answers.response import object_in
from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.dynamics.answers import refused
from leadshare.destinations.dynamics.batch import API, Operation
from leadshare.destinations.dynamics.environment import HEADERS, Environment, parts_of
from leadshare.destinations.dynamics.places import Place
from leadshare.destinations.errors import Refused
from leadshare.destinations.replies import refusal
from leadshare.destinations.writing.mapping import cut
from leadshare.destinations.writing.telling import printable
from leadshare.reason import Reason

SUBJECT: Final = 200
"""MaxLength of an activity's subject."""

CUSTOMER: Final = 11
"""The part that a lead has in a response (activityparty.md, ParticipationTypeMask)."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def joined(
    one: Delivery, place: Place, campaign: str, namespace: UUID, headers: Mapping[str, str]
) -> list[Operation]:
    """Return what puts the lead at *place* in *campaign*: its response, once by its primary key.

    The campaign is the lead's own source only as it is created, and where it has none: after that
    it is the sellers'.
    """
    record, lead = one.record, place.path.removeprefix(API)
    bound = f"/campaigns({campaign})"
    subject = ": ".join(filter(None, (record["campaign_name"], record["listing_title"])))
    response = {
        "subject": cut(printable(subject), SUBJECT),
        "receivedon": record["last_touch"],
        "regardingobjectid_campaign_campaignresponse@odata.bind": bound,
        "campaignresponse_activity_parties": [
            {"partyid_lead@odata.bind": lead, "participationtypemask": CUSTOMER}
        ],
    }
    path = f"{API}/campaignresponses({uuid5(namespace, f'{one.lead}/{campaign}')})"
    answered = Operation("PATCH", path, {**headers, "If-None-Match": "*"}, response)
    if one.sent or place.closed or place.there.get("_campaignid_value"):
        return [answered]
    source = {"campaignid@odata.bind": bound}
    # Only the lead that is there: without a condition it would be made.
    return [Operation("PATCH", place.path, {**headers, "If-Match": "*"}, source), answered]


async def unknown(environment: Environment, now: datetime) -> list[str]:
    """Return which campaigns are not there, or not shown to our user; by our own ids."""
    ids = {our: their for our, their in environment.campaigns.items() if _GUID.fullmatch(their)}
    paths = [f"{API}/campaigns({one})?$select=campaignid" for one in ids.values()]
    if not paths:
        return [*environment.campaigns]
    response = await environment.post([Operation("GET", one, HEADERS) for one in paths], now)
    if verdict := refusal(response, now):
        raise Refused(verdict.reason)
    there = set()
    for our, part in zip(ids, parts_of(response, len(ids)), strict=True):
        absent = part is not None and part.status_code in _ABSENT
        if part is None or (part.is_error and not absent):
            raise Refused(refused(part, now) if part is not None else Reason.NO_ANSWER)
        if not absent and object_in(part).get("campaignid"):
            there.add(our)
    return [our for our in environment.campaigns if our not in there]


_ABSENT: Final = (httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN)
