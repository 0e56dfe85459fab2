"""Destinations: what a customer did since, as closed tasks in the activity of a Salesforce record.

Vendor: the Object Reference, Task.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx

from leadshare.client.answers.json_values import first_object, text
from leadshare.client.answers.response import object_in
from leadshare.destinations.replies import UNTOLD
from leadshare.destinations.salesforce.calls import API, call_refused
from leadshare.destinations.salesforce.extras import Extra, Kind, put_beside
from leadshare.destinations.salesforce.org import Org
from leadshare.destinations.salesforce.places import Place
from leadshare.destinations.salesforce.visit import Visit
from leadshare.destinations.writing.mapping import fit
from leadshare.destinations.writing.telling import Note

COMPLETED: Final = "Completed"
"""The status of a closed task in an org that has changed nothing."""

LENGTHS: Final = {"Subject": 255, "Description": 32000}

STATUS: Final = "SELECT ApiName FROM TaskStatus WHERE IsClosed = true ORDER BY SortOrder LIMIT 1"
"""Asks what a closed task is called in this org (Object Reference, TaskStatus)."""


def task(org: Org, place: Place, note: Note, **more: object) -> dict[str, object]:
    """Return the task that tells *note* at *place*, known by our own field."""
    day = note.at.astimezone(ZoneInfo(org.settings.zone)).date()
    texts = {"Subject": note.subject, "Description": note.text}
    return {
        "attributes": {"type": "Task"},
        org.settings.timeline_key: note.touch,
        "WhoId": place.who,
        **({"WhatId": place.what} if place.what else {}),
        **fit(texts, LENGTHS, notes="Description"),
        "ActivityDate": day.isoformat(),
        **more,
    }


async def tell(org: Org, visit: Visit, places: Mapping[str, Place]) -> None:
    """Put into the timeline what is owed of those that are taken so far, the oldest first.

    Such a task is done, so that it asks nobody for anything.
    """
    owed = []
    for one in visit.done.deliveries:
        if record_id := visit.taken(one.lead):
            place = places.get(one.lead)
            notes = org.told_late(one, place.there) if place else org.told_at_once(one)
            owed += [(one, place or Place(record_id, record_id), note) for note in notes]
    status = await closed_status(org, visit.now) if owed else ""
    extras = [
        Extra(one, note.touch, task(org, place, note, Status=status)) for one, place, note in owed
    ]
    await put_beside(org, visit, extras, Kind(UNTOLD, org.settings.timeline_key))


async def closed_status(org: Org, now: datetime) -> str:
    """Return what the org calls a task that is done; asked for until the org has answered."""
    if not org.closed_status:
        url = f"{API}/query/?{urlencode({'q': STATUS})}"
        try:
            answer = await org.call("GET", url, now)
        except httpx.TransportError:
            return COMPLETED  # The call that tells says more.
        if not call_refused(answer, now):  # that it has no such table stays so
            status = first_object(object_in(answer).get("records")).get("ApiName")
            org.closed_status = text(status) or COMPLETED
    return org.closed_status or COMPLETED
