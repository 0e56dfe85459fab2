"""Destinations: leads in Salesforce: those that are made, those that are found, and what changes.

Vendor pages are cited by their names in developer.salesforce.com/docs/platform/api-rest/guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import httpx

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected
from leadshare.destinations.errors import Refused
from leadshare.destinations.replies import Round, Verdict, failed
from leadshare.destinations.salesforce.answers import is_there
from leadshare.destinations.salesforce.fields import COUNTRY_CODE
from leadshare.destinations.salesforce.org import Org, Read
from leadshare.destinations.salesforce.places import STANDING, Place, closed, followed, place_of
from leadshare.destinations.salesforce.queries import Row
from leadshare.destinations.salesforce.visit import Visit, collection, write
from leadshare.reason import Reason

MERGERS: Final = 3
"""How often a lead is followed to the one that it was merged into."""

Places = dict[str, Place]
"""Where some leads live on, by lead."""


_LEAD: Final = {"attributes": {"type": "Lead"}}


def headers(*, assigned: bool) -> dict[str, str]:
    """Return the headers of a call that writes leads; *assigned* to owners by the org's rule."""
    return {
        "Sforce-Auto-Assign": "TRUE" if assigned else "FALSE",
        "Sforce-Duplicate-Rule-Header": "allowSave=true",
    }


async def create(org: Org, visit: Visit) -> None:
    """Insert what was never accepted: the unique field refuses what is there already."""
    new = [one for one in visit.done.deliveries if not one.sent]

    async def insert(group: Sequence[Delivery]) -> httpx.Response:
        records = [{**_LEAD, org.settings.key: one.lead, **org.values(one)} for one in group]
        told = headers(assigned=org.settings.assignment_rules)
        return await collection(org, "POST", records, visit.now, told)

    await write(org, visit, new, insert)
    if again := await _by_code(org, visit, new):
        await write(org, visit, again, insert)


async def _by_code(org: Org, visit: Visit, new: Sequence[Delivery]) -> list[Delivery]:
    """Return who goes again with the country's code, where the org turns out to have codes.

    An org with picklists of countries compares the name with its own list, in which names are
    in its own language or of another year; it takes the code besides.
    """
    refused = [one for one in new if _country_refused(visit.done.verdicts[one.lead])]
    if not refused or org.is_learnt:
        return []
    try:
        await org.learn(visit.now)
    except (Refused, httpx.TransportError):
        return []  # The refusal of the name stands, and is told.
    return refused if COUNTRY_CODE in org.mapping else []


def _country_refused(verdict: Verdict) -> bool:
    outcome = verdict.outcome
    if not isinstance(outcome, Rejected) or outcome.fields is None:
        return False
    return "Country" in outcome.fields or (not outcome.fields and "ountry" in outcome.said)


async def look(org: Org, visit: Visit) -> Places:
    """Return where those live on that are there already: by their ids, else by our key."""
    if visit.halted:
        return {}
    there = [one for one in visit.done.deliveries if one.sent or _taken(visit.done, one)]
    found = await standing(org, there, visit.now)
    visit.settle({lead: one for lead, one in found.items() if isinstance(one, Verdict)})
    return {lead: one for lead, one in found.items() if isinstance(one, Place)}


def _taken(done: Round, one: Delivery) -> bool:
    """Say whether a lead of ours is there that was never accepted: the insert found our key."""
    return done.verdicts[one.lead].reason == Reason.CHANGED_MEANWHILE


async def standing(
    org: Org, deliveries: Sequence[Delivery], now: datetime
) -> dict[str, Place | Verdict]:
    """Return by lead where each lives on, or what it means that nothing can be said of it."""
    found: dict[str, Place | Verdict] = {}
    known = {one.lead: one.record_id for one in deliveries if is_there(one)}
    others = {one.lead: one.lead for one in deliveries if one.lead not in known}
    await _read(org, found, "Id", known, deliveries, now)
    await _read(org, found, org.settings.key, others, deliveries, now)
    for _ in range(MERGERS):
        merged = {
            lead: place.master
            for lead, place in found.items()
            if isinstance(place, Place) and place.master
        }
        await _read(org, found, "Id", merged, deliveries, now)
    return found


async def _read(  # noqa: PLR0913, PLR0917 - what is asked of whom, and where it goes
    org: Org,
    found: dict[str, Place | Verdict],
    by: str,
    asked: Mapping[str, str],
    deliveries: Sequence[Delivery],
    now: datetime,
) -> None:
    """Read the leads *asked* for, or those that they were merged into, into *found*."""
    ours = [one for one in deliveries if one.lead in asked]
    fields = [*dict.fromkeys((*STANDING, org.settings.key, *org.compared))]
    values = [*dict.fromkeys(asked.values())]
    read: Read = {}
    try:
        read = await org.rows(fields, by, values, ours, now)
    except httpx.TransportError as error:
        read = dict.fromkeys(values, failed(error))
    for one in ours:
        found[one.lead] = _found(read[asked[one.lead]], found.get(one.lead), one)


def _found(
    rows: list[Row] | Verdict, before: Place | Verdict | None, one: Delivery
) -> Place | Verdict:
    if isinstance(rows, Verdict):
        return rows
    return followed(before, rows, one) if isinstance(before, Place) else place_of(rows, one)


async def update(org: Org, visit: Visit, places: Places) -> None:
    """Write what may be written in what is there, and no call where that is nothing."""
    ours = [one for one in visit.done.deliveries if one.lead in places]
    for one in ours:
        place = places[one.lead]
        taken = Verdict(Accepted(place.record_id), httpx.codes.OK)
        lost = closed(place, one, timeline=org.settings.timeline)
        visit.settle({one.lead: lost or taken})
    changed = {
        one.lead: org.changes(one, places[one.lead].there) for one in ours if places[one.lead].open
    }

    async def patch(group: Sequence[Delivery]) -> httpx.Response:
        records = [
            {**_LEAD, "id": places[one.lead].record_id, **changed[one.lead]} for one in group
        ]
        # The rule would take the lead from its seller (headers-autoassign).
        return await collection(org, "PATCH", records, visit.now, headers(assigned=False))

    await write(org, visit, [one for one in ours if changed.get(one.lead)], patch)
