"""Destinations: steps of tracks in Zoho: tasks and notes on leads, and campaigns they are on.

Vendor: zoho/crm-oas v8.0 (record.json, notes.json), COQL-Limitations.html. A task has no field that
could be unique: so a tag ends its subject, by which it is looked for before it is made. Tasks and
notes of ours are by the user who made the lead, so that they are nobody's sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Final

import httpx

from leadshare.client.answers.json_values import as_object
from leadshare.deliveries.delivery import Accepted, Delivery, Reply
from leadshare.destinations.replies import Verdict, Verdicts, every
from leadshare.destinations.steps import (
    Take,
    change,
    each,
    missing,
    note,
    step_of,
    subject,
    take,
    text,
    unless,
    until,
)
from leadshare.destinations.writing.mapping import cut
from leadshare.destinations.writing.timeline import Owed, within
from leadshare.destinations.zoho.answers import CONVERSION, is_ours, judge
from leadshare.destinations.zoho.calls import Line, by_key, data, id_in, query_for
from leadshare.destinations.zoho.campaigns import members
from leadshare.destinations.zoho.records import Row, timeline_of
from leadshare.destinations.zoho.timeline import CONTENT, tell
from leadshare.lifecycle.step import Step, Verb

SUBJECT: Final = 255
"""Characters of a task's subject."""

CRITERIA: Final = 25
"""Conditions that a query may have."""

READ: Final = (*CONVERSION, "Owner", "Created_By")
"""Fields that are read of a lead, beside our key."""


async def take_steps(line: Line, key: str, deliveries: Sequence[Delivery]) -> Reply:
    """Carry out steps of leads that are there, or of the contacts that they became."""
    there = await held(line, key, deliveries)
    if isinstance(there, Verdict):
        return every(deliveries, there)

    ways = _ways(line, there)
    lost = missing(there)
    return await take(deliveries, {verb: unless(lost, way) for verb, way in ways.items()})


async def held(line: Line, key: str, deliveries: Sequence[Delivery]) -> Verdict | dict[str, Row]:
    """Return the records of *deliveries* that are there, by lead, or why there is no telling."""
    leads = [one.lead for one in deliveries]
    answer = await line.call("POST", "/coql", json={"select_query": query_for(key, leads)})
    ids = by_key(answer, key)
    if ids is None:
        return line.refuses(answer, deliveries)
    # A query may not show converted leads: those that were accepted have a record id.
    found = {one.lead: [*ids.get(one.lead, ()), id_in({"id": one.record_id})] for one in deliveries}
    places = {lead: several[0] for lead, several in found.items() if several[0]}
    if not places:
        return {}
    asked = f"ids={','.join(places.values())}&fields={','.join((key, *READ))}&converted=both"
    answer = await line.call("GET", f"/Leads?{asked}")
    rows = data(answer)
    if rows is None:
        return line.refuses(answer, deliveries)
    by_id = {id_in(row): row for row in rows}
    return {
        lead: row
        for lead, place in places.items()
        if (row := by_id.get(place)) and is_ours(row, key, lead)
    }


def _ways(line: Line, there: Mapping[str, Row]) -> Mapping[Verb, Take]:
    places = {lead: timeline_of(row, str(row["id"])) for lead, row in there.items()}

    async def tell_notes(some: Sequence[Delivery]) -> Verdicts:
        owed = [Owed(one, places[one.lead], note(step_of(one), line.now)) for one in some]
        return await tell(line.call, line.refuses, owed)

    async def enlist(some: Sequence[Delivery]) -> Verdicts:
        return await change(some, places, members(line))

    async def delist(some: Sequence[Delivery]) -> Verdicts:
        return await change(some, places, members(line, leave=True))

    verbs = {Verb.NOTE: tell_notes, Verb.LIST: enlist, Verb.LEAVE: delist}
    return {Verb.TASK: tasks(line, there), **verbs}


def tasks(line: Line, there: Mapping[str, Row]) -> Take:
    """Return what makes tasks on the records that are *there*, by lead, for their owners."""

    async def make(some: Sequence[Delivery]) -> Verdicts:
        made = await _made(line, some)
        if isinstance(made, Verdict):
            return each(some, made)
        new = [one for one in some if _tag(step_of(one)) not in made]
        done = each([one for one in some if one not in new], Verdict(Accepted()))
        if not new:
            return done
        rows = [_task(line, step_of(one), there[one.lead]) for one in new]
        answer = await line.call("POST", "/Tasks", json={"data": rows})
        return done | _judged(line, answer, new)

    return make


async def _made(line: Line, some: Sequence[Delivery]) -> Verdict | set[str]:
    """Return the tags of those tasks that are there already, or why there is no telling."""
    tags = [_tag(step_of(one)) for one in some]
    found: set[str] = set()
    for first in range(0, len(tags), CRITERIA):
        likes = [f"Subject like '%{tag}%'" for tag in tags[first : first + CRITERIA]]
        # Of more than two, each pair has brackets of its own. Tags are hexadecimal.
        where = reduce(lambda one, other: f"({one} or {other})", likes)
        query = f"select id, Subject from Tasks where {where} limit 200"  # noqa: S608 - see above
        answer = await line.call("POST", "/coql", json={"select_query": query})
        rows = data(answer)
        if rows is None:
            return line.refuses(answer, some)
        found |= {tag for tag in tags if any(tag in str(row.get("Subject")) for row in rows)}
    return found


def _judged(line: Line, answer: httpx.Response, some: Sequence[Delivery]) -> dict[str, Verdict]:
    rows = data(answer)
    if rows is None or len(rows) != len(some):
        return each(some, line.refuses(answer, some))
    return {
        step_of(one).id: judge(row, one, answer.status_code)
        for one, row in zip(some, rows, strict=True)
    }


def _task(line: Line, step: Step, row: Row) -> dict[str, Any]:
    """Return a task of whoever owns the lead (record.json; `What_Id` needs its module)."""
    module, _, number = timeline_of(row, str(row["id"])).partition("/")
    on: dict[str, Any] = {"What_Id": {"id": number}, "$se_module": module}
    if module == "Contacts":
        on = {"Who_Id": {"id": number}}
    owner = id_in(as_object(row.get("Owner")))
    tag = f" [{_tag(step)}]"
    return {
        "Subject": cut(subject(step), SUBJECT - len(tag)) + tag,
        "Description": within(text(step), CONTENT),
        "Due_Date": until(step, line.now).date().isoformat(),
        **on,
        **({"Owner": {"id": owner}} if owner else {}),
    }


def _tag(step: Step) -> str:
    return step.id[:16]
