"""Destinations: persons are taken out of Salesforce: out of leads that are ours, and our tasks.

Vendor: resources-composite-sobjects-collections-delete; the Object Reference, Lead: deleted rows
stay in the recycle bin for 15 days, and show in `queryAll` for a day after it was emptied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import httpx

from leadshare.client.answers.json_values import text
from leadshare.client.answers.response import json_in
from leadshare.deliveries.delivery import Delivery, Reply
from leadshare.destinations.erasing import UNFORGOTTEN, Standing, did, forget
from leadshare.destinations.replies import Verdict, Verdicts, failed
from leadshare.destinations.salesforce.extras import DONE, Kind, judged, remove, whole
from leadshare.destinations.salesforce.org import Org
from leadshare.destinations.salesforce.places import Place
from leadshare.destinations.salesforce.queries import address
from leadshare.destinations.salesforce.records import headers, standing
from leadshare.destinations.salesforce.steps import Steps
from leadshare.destinations.salesforce.visit import collection
from leadshare.destinations.settings import Erasure
from leadshare.destinations.writing.policy import Did, erased
from leadshare.reason import Reason


async def take_out(org: Org, deliveries: Sequence[Delivery], now: datetime) -> Reply:
    """Take persons out; see `Destination.forget`."""
    # As if accepted: then each is looked for by its id, and what is not there is gone.
    ours = [replace(one, sent=1) for one in deliveries]
    found = await standing(org, ours, now)
    us = (await org.token(now)).user
    stand = {one.lead: _stands(found[one.lead], one, org.settings.key, us) for one in ours}

    async def erase(some: Sequence[Delivery]) -> Verdicts:
        return {one.lead: await _erase(org, one, found, now) for one in some}

    steps = Steps(org, found, now)
    return await forget(ours, stand, erase, steps.tasks, org.settings.erase)


def _stands(found: Place | Verdict, one: Delivery, key: str, us: str) -> Standing | Verdict:
    """Return whose a lead is: ours that our user made with our key, and that nobody converted.

    One that was converted or merged is not open any more.
    """
    if isinstance(found, Verdict):
        return Standing.GONE if found.reason == Reason.DELETED_IN_CRM else found
    maker = text(found.there.get("CreatedById"))
    made = bool(us) and maker[:15] == us[:15] and found.there.get(key) == one.lead
    return Standing.OURS if made and found.open else Standing.THEIRS


async def _erase(
    org: Org, one: Delivery, found: Mapping[str, Place | Verdict], now: datetime
) -> Verdict:
    """Take a person out of a lead that is ours: of our tasks, which hold their words, first."""
    place = found[one.lead]
    assert isinstance(place, Place), "only what is there is ours"  # noqa: S101 - `_stands` said so
    delete = org.settings.erase is Erasure.DELETE
    try:
        told = await _told(org, place, one, now)
        if isinstance(told, Verdict):
            return did(Did.DELETED, told)
        gone = [*told, *([place.record_id] if delete else [])]
        verdict = await remove(org, gone, one, UNFORGOTTEN, now)
        if verdict == DONE and not delete:
            verdict = await _overwrite(org, place, one, now)
    except httpx.TransportError as error:
        verdict = failed(error)
    return did(Did.DELETED if delete else Did.ANONYMISED, verdict)


async def _told(org: Org, place: Place, one: Delivery, now: datetime) -> list[str] | Verdict:
    """Return the ids of the tasks by which we told something of a lead, archived ones too."""
    key = org.settings.timeline_key
    # All come in safe: the field by its pattern, the id as Salesforce told it.
    where = f"WhoId IN ('{place.who}') AND {key} != null AND IsDeleted = false"
    query = f"SELECT Id FROM Task WHERE {where}"  # noqa: S608 - see above
    [rows] = await org.queried([address("queryAll", query)], [one], now)
    if isinstance(rows, Verdict):
        # Without the field there are none of ours.
        return [] if rows.reason == Reason.FIELD_MISSING else rows
    return [text(row.get("Id")) for row in rows]


async def _overwrite(org: Org, place: Place, one: Delivery, now: datetime) -> Verdict:
    record = {"attributes": {"type": "Lead"}, "id": place.record_id, **erased(org.mapping)}
    response = await collection(org, "PATCH", [record], now, headers(assigned=False))
    if fault := whole(response, now, [one], UNFORGOTTEN):
        return fault
    rows = json_in(response)
    row = rows[0] if isinstance(rows, list) and rows else None
    return judged(row, one, Kind(UNFORGOTTEN)) or DONE
