"""Destinations: the timeline of Zoho's records, in which each entry is a note.

A note has a title, a text and a parent, and no field that could be unique (zoho/crm-oas
v8.0/notes.json). So a tag ends its title, and a record's notes are read before any is made.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import Any, Final

import httpx

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.destinations.replies import Verdict, failed
from leadshare.destinations.writing.mapping import cut
from leadshare.destinations.writing.telling import Note
from leadshare.destinations.writing.timeline import Owed, within
from leadshare.destinations.zoho.answers import judge
from leadshare.destinations.zoho.calls import data, id_in
from leadshare.reason import Reason

MOST: Final = 100
"""Notes that one call takes."""

LOOKS: Final = 25
"""Leads whose notes one hand-over reads, lest it outlast the lane's lease; others come next."""

TITLE: Final = 120
CONTENT: Final = 32_000
"""Characters of a note's title and text."""

TOLD: Final = Verdict(Accepted())
"""For an entry that is there already."""

LATER: Final = Verdict(Deferred(Reason.NOT_SENT, counts=False))

_TAG: Final = re.compile(r"\[([0-9a-f]{8})\]$")

Call = Callable[..., Awaitable[httpx.Response]]
"""Call by method and path, with more for the request."""

Refuses = Callable[[httpx.Response, Sequence[Delivery]], Verdict]


async def tell(call: Call, refuses: Refuses, owed: Sequence[Owed]) -> dict[str, Verdict]:
    """Put what is *owed* in the timelines; return what became of each entry, by touch.

    A record's id is told with its module, `Leads/42`.
    """
    told: dict[str, Verdict] = {}
    new: list[Owed] = []
    stop: Verdict | None = None
    for number, (_, group) in enumerate(groupby(owed, lambda one: one.delivery.lead)):
        mine = list(group)
        if stop is None and number < LOOKS:
            there = await _tags(call, refuses, mine[0])
            if not isinstance(there, Verdict):
                told |= {one.note.touch: TOLD for one in mine if _tag(one.note) in there}
                new += [one for one in mine if _tag(one.note) not in there]
                continue
            stop = there if there.hold or there.failing else None
            told |= dict.fromkeys(_touches(mine), there)
        else:
            told |= dict.fromkeys(_touches(mine), stop or LATER)
    for first in range(0, len(new), MOST):
        part = new[first : first + MOST]
        told |= dict.fromkeys(_touches(part), stop) if stop else await _make(call, refuses, part)
        last = told[part[-1].note.touch]
        stop = stop or (last if last.hold or last.failing else None)
    return told


async def _tags(call: Call, refuses: Refuses, one: Owed) -> Verdict | set[str]:
    """Return the tags of the notes that a record has, the newest of them, or why not."""
    path = f"/{one.record_id}/Notes?fields=Note_Title&per_page=200"
    try:
        answer = await call("GET", path)
    except httpx.TransportError as error:
        return failed(error)
    rows = data(answer)
    if rows is None or not all(id_in(row) for row in rows):
        return refuses(answer, [one.delivery])
    found = (_TAG.search(str(row.get("Note_Title"))) for row in rows)
    return {tag[1] for tag in found if tag}


async def _make(call: Call, refuses: Refuses, owed: Sequence[Owed]) -> dict[str, Verdict]:
    try:
        answer = await call("POST", "/Notes", json={"data": [_note(one) for one in owed]})
    except httpx.TransportError as error:
        return dict.fromkeys(_touches(owed), failed(error))
    rows = data(answer)
    if rows is None or len(rows) != len(owed):
        whole = refuses(answer, [one.delivery for one in owed])
        return dict.fromkeys(_touches(owed), whole)
    return {
        one.note.touch: judge(row, one.delivery, answer.status_code)
        for one, row in zip(owed, rows, strict=True)
    }


def _note(one: Owed) -> dict[str, Any]:
    module, _, number = one.record_id.partition("/")
    subject, text = one.note.subject, one.note.text
    tag = f" [{_tag(one.note)}]"
    title = cut(subject, TITLE - len(tag))
    # A title that is cut stands in the text, whole.
    whole = text if title == subject else f"{subject}\n\n{text}"
    return {
        "Note_Title": f"{title}{tag}",
        "Note_Content": within(whole, CONTENT),
        "Parent_Id": {"module": {"api_name": module}, "id": number},
    }


def _tag(note: Note) -> str:
    return note.touch[:8]


def _touches(owed: Sequence[Owed]) -> list[str]:
    return [one.note.touch for one in owed]
