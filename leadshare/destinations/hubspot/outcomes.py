"""Destinations: HubSpot is asked what became of leads: what has changed, and record by record.

Vendor: the 2026-03 specifications, and the guide of the search (developers.hubspot.com/docs).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from leadshare.client.answers.json_values import all_objects, part
from leadshare.client.answers.response import answered_at, object_in
from leadshare.destinations.errors import Refused
from leadshare.destinations.hubspot.answers import Record
from leadshare.destinations.hubspot.batch import properties
from leadshare.destinations.hubspot.reader import HISTORIES, Reader, id_of
from leadshare.destinations.hubspot.settings import HubspotSettings
from leadshare.destinations.hubspot.stages import Stage, stages
from leadshare.destinations.hubspot.statuses import (
    CONTACT,
    CONTACT_HISTORY,
    DEAL,
    LEAD,
    LEAD_HISTORY,
    Case,
    modified,
    outcome,
)
from leadshare.lifecycle.outcome import Changed, Outcome, Records, State
from leadshare.lifecycle.pages import Page, after, to_ask
from leadshare.lifecycle.paging import Position, cursor_of, positions
from leadshare.reason import Reason

PAGE: Final = HISTORIES
"""Records of a page. A search gives 200 at most, and 10,000 in all, which no page of ours comes
near: each page is a search of its own."""

MILLISECOND: Final = timedelta(milliseconds=1)
"""What HubSpot tells times in."""

_OURS: Final = re.compile(r"[0-9a-f]{32}(-[0-9a-f]{16})?")


class Stream(NamedTuple):
    """One kind of record whose changes are asked for."""

    kind: str
    changed: str
    """The property that tells when."""
    key: str = ""
    """The property that those have which are ours; "" where none tells."""


@dataclass(slots=True)
class Outcomes:
    """What became of the leads of one account.

    Without the leads object HubSpot keeps persons, not leads: what is changed is told of the
    person's id.
    """

    settings: HubspotSettings
    reader: Reader
    _stages: dict[str, Stage] = field(default_factory=dict)
    """Stages of deals and leads by id; read when one is met that is not known."""

    @property
    def home(self) -> Stream:
        """Where a lead's own record is."""
        if self.settings.lead_object:
            return Stream("leads", "hs_lastmodifieddate", self.settings.lead_key)
        return Stream("contacts", "lastmodifieddate", self.settings.key)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """All whose changes say something of leads."""
        contacts = Stream("contacts", "lastmodifieddate", self.settings.key)
        of_leads = (contacts,) if self.settings.lead_object else ()
        return (Stream("deals", "hs_lastmodifieddate"), self.home, *of_leads)

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask for one page of each stream; see `Destination.changed`."""
        standing = positions(cursor, len(self.streams))
        homes: list[str] = []
        for number in to_ask(standing):
            some, standing[number] = await self._page(self.streams[number], standing[number], now)
            homes += some
        cases, _ = await self._cases(homes, now)
        told = [self._outcome(case, case.name) for case in cases if _OURS.fullmatch(case.name)]
        return Changed(tuple(told), cursor_of(standing), any(one.midway for one in standing))

    async def _page(
        self, stream: Stream, position: Position, now: datetime
    ) -> tuple[list[str], Position]:
        """Return whose records changed by a page of a stream, and where it goes on."""
        response = await self.reader.search(stream.kind, _search(stream, position, now), now)
        answer = object_in(response)
        rows = all_objects(answer.get("results"))
        times = [time for row in rows or [] if (time := modified(row))]
        if rows is None or len(times) != len(rows):
            raise Refused(Reason.UNREADABLE_ANSWER)
        ids = [id_of(row) for row in rows]
        last = max(map(int, ids), default=0) if position.after else 0
        full = bool(part(answer, "paging", "next"))
        page = Page(times, full, str(last), answered_at(response))
        then = after(position, page, now, MILLISECOND)
        if stream.kind == self.home.kind:
            return ids, then
        links = await self.reader.links(stream.kind, self.home.kind, ids, now)
        return [one for several in links.values() for one in several], then

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Read *records*; see `Destination.current`. Of what is not said, nothing is told."""
        cases, missing = await self._cases(records.values(), now)
        found = {id_of(case.home): case for case in cases}
        gone = [lead for lead, record in records.items() if record in missing - found.keys()]
        return [
            *(
                self._outcome(found[record], lead)
                for lead, record in records.items()
                if record in found
            ),
            *(Outcome(lead, self.settings.name, now, State.GONE) for lead in gone),
        ]

    def _outcome(self, case: Case, lead: str) -> Outcome:
        return outcome(case, lead, self.settings.name, self._stages, self.settings.statuses)

    async def _cases(self, ids: Iterable[str], now: datetime) -> tuple[list[Case], set[str]]:
        """Return the leads of the records with *ids* that are ours, and the ids of those gone."""
        key, of_leads = self.home.key, self.settings.lead_object
        names, history = (LEAD, LEAD_HISTORY) if of_leads else (CONTACT, CONTACT_HISTORY)
        there = await self.reader.read(self.home.kind, ids, (key, *names), (key, *history), now)
        mine = [row for row in there.rows if properties(row).get(key)]
        deals = await self._on(mine, "deals", DEAL, now)
        people = await self._on(mine, "contacts", CONTACT, now) if of_leads else None
        met = [row for several in deals.values() for row in several]
        await self._learn("deals", "dealstage", met, now)
        await self._learn("leads", "hs_pipeline_stage", mine, now)
        cases = [
            Case(row, key, deals[one], people[one] if people is not None else None)
            for row in mine
            if (one := id_of(row))
        ]
        return cases, there.missing

    async def _on(
        self, homes: Sequence[Record], kind: str, names: Iterable[str], now: datetime
    ) -> dict[str, list[Record]]:
        """Return the records of a *kind* that are on each of *homes*, by the ids of these."""
        links = await self.reader.links(self.home.kind, kind, map(id_of, homes), now)
        wanted = [one for several in links.values() for one in several]
        found = await self.reader.read(kind, wanted, names, (), now)
        rows = {id_of(row): row for row in found.rows}
        return {
            id_of(home): [rows[one] for one in links.get(id_of(home), []) if one in rows]
            for home in homes
        }

    async def _learn(self, kind: str, name: str, rows: Iterable[Record], now: datetime) -> None:
        """Read the pipelines where one of *rows* is in a stage that is not known."""
        met = {str(stage) for row in rows if (stage := properties(row).get(name))}
        if met - self._stages.keys():
            found = await self.reader.pipelines(kind, now)
            self._stages |= stages(found, deals=kind == "deals")


def _search(stream: Stream, position: Position, now: datetime) -> dict[str, Any]:
    """Return the search for the next page; HubSpot takes times as milliseconds, in texts."""
    since = str(round(position.since(now).timestamp() * 1000))
    filters = [{"propertyName": stream.changed, "operator": "GTE", "value": since}]
    order = stream.changed
    if position.after:
        beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": position.after}
        filters, order = [{**filters[0], "operator": "EQ"}, beyond], "hs_object_id"
    if stream.key:
        filters.append({"propertyName": stream.key, "operator": "HAS_PROPERTY"})
    return {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
        "properties": [stream.changed],
        "limit": PAGE,
        "after": "0",
    }
