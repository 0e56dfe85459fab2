"""Destinations: asks Dataverse what became of leads: what has changed since, and by their ids.

Vendor: webapi/query/page-results.md (MicrosoftDocs/powerapps-docs).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leadshare.client.answers.json_values import all_objects, as_object, text
from leadshare.client.answers.response import answered_at, exact_json_in
from leadshare.client.guard import LARGE
from leadshare.destinations.dynamics.answers import refused
from leadshare.destinations.dynamics.batch import API, Operation
from leadshare.destinations.dynamics.environment import Environment, parts_of
from leadshare.destinations.dynamics.outcomes.statuses import Found, Row, at, outcome_of
from leadshare.destinations.dynamics.outcomes.streams import CHUNK, LEADS, STREAMS, Stream, going_on
from leadshare.destinations.errors import Refused
from leadshare.destinations.replies import refusal
from leadshare.lifecycle.outcome import Changed, Outcome, Records, State
from leadshare.lifecycle.paging import Position, cursor_of, midway, positions
from leadshare.reason import Reason

SWEEP: Final = 300
"""Leads that one call asks for: three questions for each list."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list."""

    rows: Sequence[Row]
    following: str
    """The path of the next one; "" if there is none."""
    answered: datetime | None
    """When it was answered, by the service's clock."""


async def changed(environment: Environment, cursor: str, now: datetime) -> Changed:
    """Ask each list from where it was read to, in one call; then those leads, by their ids.

    Without `key` no row tells of which lead it is: then their ids are told instead.
    """
    key = environment.settings.key
    before = positions(cursor, len(STREAMS))
    asked = [n for n, one in enumerate(before) if one.midway] or [*range(len(STREAMS))]
    questions = [STREAMS[n].since(before[n].since(now), key) for n in asked]
    pages = await _ask(environment, questions, now)
    after, ids = [*before], dict[str, None]()
    try:
        for n, page in zip(asked, pages, strict=True):
            rows, after[n] = await _second(environment, page, before[n], now)
            ids |= dict.fromkeys(_guid(row, STREAMS[n].lead) for row in rows)
        told = await _told(environment, [*ids] if key else [], now)
        outcomes = [
            outcome_of(found, lead, environment.name, environment.settings.statuses)
            for found in told.values()
            if (lead := text(found.row.get(key)))
        ]
    except ValueError:
        raise Refused(Reason.UNREADABLE_ANSWER) from None
    more, records = any(one.midway for one in after), () if key else tuple(ids)
    return Changed(tuple(outcomes), cursor_of(after), more, records)


async def current(environment: Environment, records: Records, now: datetime) -> Sequence[Outcome]:
    """Ask for the leads of *records* by their ids; what is not answered is gone."""
    ids = {lead: record.lower() for lead, record in records.items() if _GUID.fullmatch(record)}
    source, statuses = environment.name, environment.settings.statuses
    try:
        told = await _told(environment, [*ids.values()], now)
        return [
            outcome_of(told[record], lead, source, statuses)
            if record in told
            else Outcome(lead, source, now, State.GONE)
            for lead, record in ids.items()
        ]
    except ValueError:
        raise Refused(Reason.UNREADABLE_ANSWER) from None


async def _second(
    environment: Environment, page: Page, before: Position, now: datetime
) -> tuple[Sequence[Row], Position]:
    """Return the rows of *page*, the position after them, and so far that time has gone on.

    Within one second there is no order to ask on by, but the service's own: its next page.
    """
    since, rows = before.since(now), page.rows
    while page.following and (not rows or at(rows[-1]) <= since):
        link = page.following
        [page] = await _ask(environment, [going_on(link)], now)
        if page.following == link:
            raise ValueError("a page that leads to itself")
        rows = [*rows, *page.rows]
    newest = at(rows[-1]) if rows else None
    if page.following and newest:
        return rows, midway(newest)
    return rows, before.ended(newest, page.answered, now)


async def _told(environment: Environment, ids: Sequence[str], now: datetime) -> Mapping[str, Found]:
    """Return what is told of the leads with *ids*, by id; nothing of those that are not there."""
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    asked = [(stream, chunk) for chunk in chunks for stream in STREAMS]
    if not asked:
        return {}
    key = environment.settings.key
    pages = await _ask(environment, [stream.about(chunk, key) for stream, chunk in asked], now)
    rows = {stream: list[Row]() for stream in STREAMS}
    for (stream, _), page in zip(asked, pages, strict=True):
        rows[stream] += page.rows
    _, deals, *acts = (_by_lead(stream, rows[stream]) for stream in STREAMS)
    leads = {_guid(row, LEADS.lead): row for row in rows[LEADS]}
    return {
        one: Found(row, deals.get(one, ()), [act for by in acts for act in by.get(one, ())])
        for one, row in leads.items()
    }


def _by_lead(stream: Stream, rows: Iterable[Row]) -> dict[str, list[Row]]:
    by_lead: dict[str, list[Row]] = {}
    for row in rows:
        by_lead.setdefault(_guid(row, stream.lead), []).append(row)
    return by_lead


async def _ask(
    environment: Environment, questions: Sequence[Operation], now: datetime
) -> list[Page]:
    """Return the answers to *questions*, all asked in one call; `Refused` where one is."""
    response = await environment.post(questions, now, extensions=LARGE)
    if verdict := refusal(response, now):
        raise Refused(verdict.reason)
    pages: list[Page] = []
    for part in parts_of(response, len(questions)):
        if part is not None and part.is_error:
            raise Refused(refused(part, now))
        body = as_object(exact_json_in(part)) if part is not None else {}
        rows = all_objects(body.get("value"))
        if rows is None:
            raise Refused(Reason.UNREADABLE_ANSWER)
        following = _path(environment, text(body.get("@odata.nextLink")))
        pages.append(Page(rows, following, answered_at(response)))
    return pages


def _path(environment: Environment, link: str) -> str:
    """Return the path of *link*, "" for none: it must lead to the same service."""
    path = link.removeprefix(environment.settings.url)
    if link and not (path.startswith(f"{API}/") and _ADDRESS.fullmatch(path)):
        raise Refused(Reason.UNREADABLE_ANSWER)
    return path


def _guid(row: Row, name: str) -> str:
    """Return the id that *row* has as *name*; `ValueError` where it is none."""
    found = text(row.get(name))
    if not _GUID.fullmatch(found):
        raise ValueError("a row without its id")
    return found.lower()
