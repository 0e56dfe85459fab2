"""Destinations: leads become members of the campaigns that a Salesforce org has of its own.

Vendor: the Object Reference, CampaignMember and CampaignMemberStatus.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import httpx

from leadshare.client.answers.json_values import objects, text
from leadshare.client.answers.response import object_in
from leadshare.client.guard import LARGE
from leadshare.destinations.campaigns import UNJOINED, campaign_of
from leadshare.destinations.errors import Refused
from leadshare.destinations.replies import Verdict
from leadshare.destinations.salesforce.calls import call_refused
from leadshare.destinations.salesforce.extras import Extra, Kind, put_beside
from leadshare.destinations.salesforce.org import DESCRIBE, Org
from leadshare.destinations.salesforce.places import Place
from leadshare.destinations.salesforce.queries import KEYS_PER_QUERY, QUERIES_PER_CALL, address
from leadshare.destinations.salesforce.visit import Visit
from leadshare.reason import Reason

RESPONDED: Final = "Responded"
"""The status of a customer who came by a campaign, if that campaign has it; else its default."""

_STATUSES: Final = (
    "SELECT CampaignId,Label FROM CampaignMemberStatus WHERE Label = '{}' AND CampaignId IN ({})"
)
_CAMPAIGNS: Final = "SELECT Id FROM Campaign WHERE Id IN ({})"
_ID: Final = re.compile(r"701[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")
CONTACT: Final = "003"
"""How the ids of contacts begin."""


def member(place: Place, campaign: str, **more: object) -> dict[str, object]:
    """Return the member of *campaign* that who lives at *place* becomes; a contact, if converted.

    Without a status it gets the campaign's default one.
    """
    who = "ContactId" if place.who.startswith(CONTACT) else "LeadId"
    return {
        "attributes": {"type": "CampaignMember"},
        "CampaignId": campaign,
        who: place.who,
        **more,
    }


async def join(org: Org, visit: Visit, places: Mapping[str, Place]) -> None:
    """Make those that are taken so far members of their campaigns.

    A lead that was converted to no contact can be none any more, which is no reason to wait.
    """
    owed = []
    for one in visit.done.deliveries:
        into, record_id = campaign_of(one, org.campaigns), visit.taken(one.lead)
        place = places.get(one.lead, Place(record_id, record_id))
        if into and record_id and place.who:
            owed.append((one, place, into))
    responding = await _responding(org, {into for *_, into in owed}, visit.now)
    extras = [
        Extra(
            one,
            one.lead,
            member(place, into, **({"Status": RESPONDED} if into in responding else {})),
        )
        for one, place, into in owed
    ]
    await put_beside(org, visit, extras, Kind(UNJOINED))


async def unknown(org: Org, now: datetime) -> list[str]:
    """Return which campaigns the org does not have, or lets us put nobody in; by our ids."""
    members = await org.call("GET", DESCRIBE.format("CampaignMember"), now, extensions=LARGE)
    if members.is_error and (refused := call_refused(members, now)):
        raise Refused(refused.reason)
    if object_in(members).get("createable") is not True:
        return [*org.campaigns]
    asked = {ours: theirs for ours, theirs in org.campaigns.items() if _ID.fullmatch(theirs)}
    there: set[str] = set()
    urls = [
        address("query", _CAMPAIGNS.format(",".join(f"'{one}'" for one in some)))
        for some in _chunks([*asked.values()])
    ]
    for first in range(0, len(urls), QUERIES_PER_CALL):
        for rows in await org.queried(urls[first : first + QUERIES_PER_CALL], (), now):
            if not isinstance(rows, Verdict):
                there |= {text(row.get("Id"))[:15] for row in rows}
            elif rows.reason != Reason.TABLE_MISSING:
                raise Refused(rows.reason)
    return [ours for ours in org.campaigns if asked.get(ours, "")[:15] not in there]


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[at : at + KEYS_PER_QUERY] for at in range(0, len(ids), KEYS_PER_QUERY)]


async def _responding(org: Org, campaigns: Iterable[str], now: datetime) -> set[str]:
    """Return which of *campaigns* have the status `RESPONDED`; asked for once, if it is told."""
    new = [one for one in campaigns if one not in org.responding and _ID.fullmatch(one)]
    for some in _chunks(new):
        ids = ",".join(f"'{one}'" for one in some)
        try:
            answer = await org.call("GET", address("query", _STATUSES.format(RESPONDED, ids)), now)
        except httpx.TransportError:
            break  # The call that adds members says more.
        rows = objects(object_in(answer).get("records"))
        having = {text(row.get("CampaignId"))[:15] for row in rows}
        if answer.is_success:
            org.responding |= {one: one[:15] in having for one in some}
    return {one for one in campaigns if org.responding.get(one)}
