"""Destinations: the timeline of HubSpot's contacts, in which each entry is a note.

Vendor: the 2026-03 specification of notes in HubSpot/HubSpot-public-api-spec-collection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from leadshare.deliveries.delivery import Accepted
from leadshare.destinations.hubspot.answers import TAKEN, Record
from leadshare.destinations.hubspot.batch import Place, Post, Row, find, write
from leadshare.destinations.replies import Verdict, failed
from leadshare.destinations.writing.mapping import TRANSFORMS
from leadshare.destinations.writing.telling import Note
from leadshare.destinations.writing.timeline import Owed, within
from leadshare.reason import Reason
from leadshare.times import to_text

MOST: Final = 100
"""Notes that one call takes."""

LENGTH: Final = 65_536
"""Characters of a note's body."""

NOTE_TO_CONTACT: Final = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}
"""The association of a note with a contact, by its built-in type."""

TOLD: Final = Verdict(Accepted())
"""For an entry that is there already."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What stands in a timeline: notes, or tasks."""

    kind: str
    key: str
    """The unique property that holds what it is known by."""
    properties: Callable[[Owed], Record]
    on: Record
    """Its association with a contact, by its built-in type."""

    @property
    def place(self) -> Place:
        """Where it is found."""
        return self.kind, self.key


async def tell(
    post: Post, activity: Activity, owed: Sequence[Owed], now: datetime
) -> dict[str, Verdict]:
    """Put what is *owed* in the timelines; return what became of each entry, by touch.

    Its touch stands in a unique property, so that a lost answer doubles nothing.
    """
    told: dict[str, Verdict] = {}
    for first in range(0, len(owed), MOST):
        part = owed[first : first + MOST]
        try:
            told |= await _told(post, activity, part, now)
        except httpx.TransportError as error:  # what is written is written
            told |= {one.note.touch: failed(error) for one in part}
        stop = told[part[-1].note.touch]
        if stop.hold or stop.failing:
            return told | {one.note.touch: stop for one in owed[first + MOST :]}
    return told


async def _told(
    post: Post, activity: Activity, owed: Sequence[Owed], now: datetime
) -> dict[str, Verdict]:
    place = activity.place
    there = await _there(post, place, [one for one in owed if _may_be_told(one)], now)
    rows = {
        one.note.touch: Row(one.delivery, _made(one, activity))
        for one in owed
        if one.note.touch not in there
    }
    written = await write(post, f"{activity.kind}/batch/create", activity.key, rows, now)
    unsure = [one for one in owed if _is_taken(written.get(one.note.touch, TOLD))]
    return there | written | await _there(post, place, unsure, now)


def _may_be_told(one: Owed) -> bool:
    return one.delivery.attempts > 0 or one.delivery.tried


def _is_taken(verdict: Verdict) -> bool:
    """Say whether *verdict* may mean that the entry is there: not every form names a property."""
    return verdict.outcome == TAKEN or verdict.reason == Reason.CHANGED_MEANWHILE


async def _there(
    post: Post, place: Place, owed: Sequence[Owed], now: datetime
) -> dict[str, Verdict]:
    """Return those of *owed* that are in timelines already, and all if there is no telling."""
    if not owed:
        return {}
    found = await find(post, place, [one.note.touch for one in owed], (), now)
    if isinstance(found, Verdict):
        return {one.note.touch: found for one in owed}
    return {touch: TOLD for touch, record in found.items() if record is not None}


def _made(one: Owed, activity: Activity) -> Record:
    on = [{"to": {"id": one.record_id}, "types": [activity.on]}]
    properties = {**activity.properties(one), activity.key: one.note.touch}
    return {"properties": properties, "associations": on}


def notes(key: str) -> Activity:
    """Return the notes that tell entries, whose touches stand in the property *key*."""
    return Activity("notes", key, _note, NOTE_TO_CONTACT)


def _note(one: Owed) -> Record:
    return {"hs_timestamp": to_text(one.note.at), "hs_note_body": _body(one.note)}


def _body(note: Note) -> str:
    html = TRANSFORMS["html"]
    subject = f"<strong>{html(within(note.subject, _SUBJECT))}</strong><br><br>"
    whole = subject + html(note.text)
    if len(whole.encode("utf-16-le")) <= 2 * LENGTH:
        return whole
    return subject + html(within(note.text, _SURELY))


_SUBJECT: Final = 1000
_SURELY: Final = LENGTH // 6 - _SUBJECT - 100
"""What stands for a character in HTML has six at most."""
