"""Destinations: what a customer did since, as closed tasks in the activity of a Salesforce record.

Vendor: the Object Reference, Task; resources-composite-sobjects-collections-create.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx

from leadshare.client.answers import json_in, object_in
from leadshare.client.json_values import first_object, text
from leadshare.client.sentences import said, said_in
from leadshare.deliveries.delivery import Deferred, Delivery
from leadshare.destinations.mapping import fit
from leadshare.destinations.narrowing import NOT_SENT
from leadshare.destinations.replies import UNTOLD, Verdict, failed, same, throttled_by, unreadable
from leadshare.destinations.salesforce.answers import (
    CODE,
    CONVERTED,
    DELETED,
    FINAL,
    LACKING,
    OPERATORS,
    TAKEN,
    VALUES,
)
from leadshare.destinations.salesforce.calls import API, QUOTA, call_refused, used_up
from leadshare.destinations.salesforce.org import Org
from leadshare.destinations.salesforce.places import Place
from leadshare.destinations.salesforce.queries import size_of
from leadshare.destinations.salesforce.visit import Visit, collection
from leadshare.destinations.telling import Note
from leadshare.reason import Reason, Vendor

COMPLETED: Final = "Completed"
"""The status of a closed task in an org that has changed nothing."""

LENGTHS: Final = {"Subject": 255, "Description": 32000}

STATUS: Final = "SELECT ApiName FROM TaskStatus WHERE IsClosed = true ORDER BY SortOrder LIMIT 1"
"""Asks what a closed task is called in this org (Object Reference, TaskStatus)."""

_REFUSED: Final = {*OPERATORS, *VALUES, *LACKING, *FINAL, TAKEN} - {*DELETED, CONVERTED}
"""Codes of a task that the org takes from nobody, or not from us, or not as we make it."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One entry that is owed to the timeline of a lead."""

    delivery: Delivery
    place: Place
    note: Note

    def task(self, key: str, status: str, zone: str) -> dict[str, object]:
        """Return the task that tells it: done, so that it asks nobody for anything."""
        texts = {"Subject": self.note.subject, "Description": self.note.text}
        return {
            "attributes": {"type": "Task"},
            key: self.note.touch,
            "WhoId": self.place.who,
            **({"WhatId": self.place.what} if self.place.what else {}),
            **fit(texts, LENGTHS, notes="Description"),
            "Status": status,
            "ActivityDate": self.note.at.astimezone(ZoneInfo(zone)).date().isoformat(),
        }


def in_calls(owed: Iterable[Owed]) -> list[list[Owed]]:
    """Return what goes in one call each, the oldest of a lead first; see `SIZES`."""
    sorts: dict[int, list[Owed]] = {}
    for one in owed:
        sorts.setdefault(size_of(one.delivery), []).append(one)
    return [
        group[at : at + size] for size, group in sorts.items() for at in range(0, len(group), size)
    ]


def whole(
    response: httpx.Response, now: datetime, deliveries: Sequence[Delivery]
) -> Verdict | None:
    """Return what it means that a call was refused as it is; None if tasks were judged.

    A right, an object or a field that is missing is no fault of the lane: new leads need none.
    """
    refused = call_refused(response, now, deliveries)
    forbidden = response.status_code == httpx.codes.FORBIDDEN
    if refused and (refused.hold or not forbidden):
        return refused
    return UNTOLD.saying(said(response)) if response.is_error else None


def judged(row: object, owed: Owed, key: str) -> Verdict | None:
    """Say what *row*, the result of one task, means; None where the entry is told."""
    result: Mapping[str, object] = row if isinstance(row, dict) else {}
    if result.get("success") is True:
        return None
    error, words = first_object(result.get("errors")), said_in(result.get("errors"))
    code, fields = str(error.get("statusCode")), error.get("fields")
    if code == TAKEN and (key in words or (isinstance(fields, list) and key in fields)):
        return None  # An earlier call told it, whose answer was lost.
    if code == QUOTA:
        return used_up(str(error.get("message")), httpx.codes.OK).saying(words)
    if code in DELETED or code == CONVERTED:
        # Between our look and the task: the next attempt sees where it lives on.
        return Verdict(Deferred(Reason.CHANGED_MEANWHILE), httpx.codes.OK).saying(words)
    if code in _REFUSED:
        return UNTOLD.saying(words)
    passing = throttled_by(words, owed.delivery, httpx.codes.OK)
    known = CODE.fullmatch(code)
    reason = Vendor.SALESFORCE.reason(code) if known else Reason.UNREADABLE_ANSWER
    return passing or Verdict(Deferred(reason), httpx.codes.OK).saying(words)


async def tell(org: Org, visit: Visit, places: Mapping[str, Place]) -> None:
    """Put into the timeline what is owed of those that are taken so far."""
    calls = in_calls(_owed(org, visit, places))
    status = await _closed_status(org, visit) if calls else ""
    for call in calls:
        if visit.halted or visit.left < 1:
            visit.settle(_worst(visit, {one.delivery.lead: NOT_SENT for one in call}))
            continue
        visit.left -= 1
        visit.settle(_worst(visit, await _told(org, visit, call, status)))


def _owed(org: Org, visit: Visit, places: Mapping[str, Place]) -> list[Owed]:
    """Return all entries that are owed, the oldest of a lead first."""
    owed = []
    for one in visit.done.deliveries:
        verdict = visit.done.verdicts.get(one.lead)
        if verdict and verdict.record_id:
            place = places.get(one.lead)
            notes = org.told_late(one, place.there) if place else org.told_at_once(one)
            place = place or Place(verdict.record_id, verdict.record_id)
            owed += [Owed(one, place, note) for note in notes]
    return owed


async def _closed_status(org: Org, visit: Visit) -> str:
    """Return what the org calls a task that is done; asked for once."""
    if not org.closed_status:
        url = f"{API}/query/?{urlencode({'q': STATUS})}"
        try:
            answer = object_in(await org.call("GET", url, visit.now))
        except httpx.TransportError:
            return COMPLETED  # The call that tells says more.
        org.closed_status = text(first_object(answer.get("records")).get("ApiName")) or COMPLETED
    return org.closed_status


async def _told(org: Org, visit: Visit, call: Sequence[Owed], status: str) -> dict[str, Verdict]:
    """Make one call; return what became of the leads of which it did not tell all."""
    key, deliveries = org.settings.timeline_key, [one.delivery for one in call]
    tasks = [one.task(key, status, org.settings.zone) for one in call]
    try:
        response = await collection(org, "POST", tasks, visit.now, {})
    except httpx.TransportError as error:
        return same(deliveries, failed(error))
    if refused := whole(response, visit.now, deliveries):
        return same(deliveries, refused)
    rows = json_in(response)
    if not isinstance(rows, list) or len(rows) != len(call):
        return same(deliveries, unreadable(response))
    verdicts: dict[str, Verdict] = {}
    for row, one in zip(rows, call, strict=True):
        if fault := judged(row, one, key):
            verdicts.setdefault(one.delivery.lead, fault)
    return verdicts


def _worst(visit: Visit, verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Return those of *verdicts* whose lead counts as taken so far: the first fault is told."""
    return {k: v for k, v in verdicts.items() if visit.done.verdicts[k].record_id}
