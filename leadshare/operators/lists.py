"""Operators: what they read: lists and stories, with ids, codes and times but no persons.

Whoever may see persons is told what customers wrote, and what destinations said of a lead, besides.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from leadshare.configuration.clock import Clock as TeamClock
from leadshare.deliveries.delivery import Kind, State
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.ledger import said_in
from leadshare.errors import Unknown
from leadshare.leads.held import LIFE, SUMMARY
from leadshare.leads.routing import UNFOLLOWED
from leadshare.operators.models.short_ids import whole_lead
from leadshare.operators.outlook import Links, Outlooks, linked
from leadshare.operators.persons import listing_shown
from leadshare.operators.story import story
from leadshare.operators.waiting import READY, waited
from leadshare.store.keys import (
    Span,
    all_due,
    all_parked,
    all_quarantined,
    all_seen,
    all_unfollowed,
    all_waiting,
    contact_of,
    index_kind,
    index_time,
    lead_key,
    of_contact,
    of_contacts,
    partition_of,
)
from leadshare.store.paging import ListQuery, page
from leadshare.store.table import Row, Table
from leadshare.times import to_text


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists what is in the table, and tells a lead's story."""

    table: Table
    state: Table
    clock: Callable[[], datetime]
    rates: Mapping[str, Rate | None] = field(default_factory=dict)
    """The rate budgets of the destinations that are configured, by their names."""
    links: Links = field(default_factory=dict)
    team: TeamClock | None = None
    """The clock by which leads wait for a call."""
    persons: bool = False
    """Whether persons, and what they wrote, are shown as well."""

    async def leads(
        self, where: Mapping[str, str], since: datetime | None, limit: int, after: str
    ) -> dict[str, object]:
        """Return a page of leads, newest first."""
        return await self._page("leads", all_seen(since), where, limit, after)

    async def unfollowed(
        self, routing: str, where: Mapping[str, str], since: datetime | None, limit: int, after: str
    ) -> dict[str, object]:
        """Return a page of leads that nobody follows up, such by their *routing*, oldest first."""
        return await self._page("leads", all_unfollowed(routing, since), where, limit, after)

    async def waiting(
        self, where: Mapping[str, str], since: datetime | None, limit: int, after: str
    ) -> dict[str, object]:
        """Return a page of leads that wait for a call, the longest first, *since* then or later."""
        columns = (*SUMMARY, *READY)
        query = ListQuery("leads", all_waiting(since), where, columns, self._waits)
        return await page(self.table, query, limit, after)

    async def lead(self, lead: str) -> dict[str, Any]:
        """Return a lead's whole story; `Unknown` if there is none."""
        lead = await whole_lead(self.table, lead)
        rows = await self.table.read(partition_of(lead), *of_contact(contact_of(lead)))
        found = [row for row in rows if row.key == lead_key(lead)]
        if not found:
            raise Unknown("no such lead")
        [row] = found
        return {
            "lead": {
                **self._summary(row),
                "first_touch": row.values["first_touch"],
                **{name: row.values.get(name) or "" for name in LIFE if name != "states"},
                "flags": json.loads(row.values["flags"]),
                "route": json.loads(row.values["route"]),
                "receipt": json.loads(row.values["receipt"]),
                "clock": waited(row.values, self.team, self.clock()),
                **({"record": json.loads(row.values["record"])} if self.persons else {}),
            },
            **story(rows, row, await self._outlooks(), self.links, persons=self.persons),
        }

    async def told(self, leads: Sequence[str]) -> list[dict[str, object]]:
        """Tell of *leads* by their ids, and where persons are shown what is known of each."""
        if not self.persons:
            return [{"lead": lead} for lead in leads]
        reads = (self.table.get(partition_of(lead), lead_key(lead)) for lead in leads)
        return [
            {**self._summary(row), "record": json.loads(row.values["record"])}
            for row in await asyncio.gather(*reads)
            if row
        ]

    async def deliveries(
        self, state: str, where: Mapping[str, str], limit: int, after: str
    ) -> dict[str, object]:
        """Return a page of the deliveries in *state*; due and parked ones oldest first."""
        if state in (State.DUE, State.PARKED):
            where = {**where, "kind": Kind.DELIVER}
            destination = where.get("destination", "")
            span = all_due(destination) if state == State.DUE else all_parked(destination)
        else:
            # The delivered have no index: nothing but this list ever asks for them.
            span, where = of_contacts(), {**where, "state": state}
        outlooks = await self._outlooks()
        show = partial(self._delivery, outlooks)
        columns = (*_COLUMNS, *(() if state in (State.DUE, State.PARKED) else ("index",)))
        columns += ("said",) if self.persons else ()
        query = ListQuery("deliveries", span, where, columns, show)
        return await page(self.table, query, limit, after)

    async def quarantine(
        self, where: Mapping[str, str], limit: int, after: str
    ) -> dict[str, object]:
        """Return a page of the touches that could not be classified, oldest first."""
        return await self._page("quarantine", all_quarantined(), where, limit, after)

    async def _page(
        self,
        name: str,
        span: Span,
        where: Mapping[str, str],
        limit: int,
        after: str,
    ) -> dict[str, object]:
        """Return one page of the rows in *span*, and the token of the next if there is one."""
        rows = ListQuery(name, span, where, _COLUMNS, self._facts)
        return await page(self.table, rows, limit, after)

    async def _outlooks(self) -> Outlooks:
        return await Outlooks.read(self.state, self.rates, self.clock())

    def _waits(self, row: Row) -> dict[str, object]:
        return self._summary(row) | {"clock": waited(row.values, self.team, self.clock())}

    def _summary(self, row: Row) -> dict[str, object]:
        """Tell of a lead in short: of its listing the id alone, unless persons are shown."""
        facts = {name: row.values.get(name, "") for name in SUMMARY}
        if self.persons:
            return facts
        del facts["listing_title"]
        return facts | {"listing": listing_shown(facts["listing"])}

    def _delivery(self, outlooks: Outlooks, row: Row) -> dict[str, object]:
        """Tell of a delivery, with until when it waits and what for, and where its record is.

        Where persons are shown, with what its system said last as well, which may quote the lead.
        """
        waits = outlooks.facts(row.values.get("index", row.key))
        said = {"said": said_in(row)} if self.persons else {}
        return {"reason": "", **self._facts(row), **waits, **linked(row, self.links), **said}

    def _facts(self, row: Row) -> dict[str, object]:
        facts = {name: row.values[name] for name in _COLUMNS if name in row.values}
        if "listing" in facts and not self.persons:
            facts.pop("listing_title", None)
            facts["listing"] = listing_shown(facts["listing"])
        return facts | _index_facts(row)


_COLUMNS: Final = (
    *SUMMARY,
    *("destination", "state", "reason", "wanted", "sent", "attempts", "next", "record_id"),
    *("owed_since", "updated", "touch", "found_at"),
)
"""The columns that lists tell; none of them names a person."""


def _index_facts(row: Row) -> dict[str, object]:
    """Tell from the key of an index row what its columns leave out."""
    kind = index_kind(row.key)
    if kind in (State.DUE, State.PARKED):
        return {"state": kind}
    if kind in UNFOLLOWED:
        return {"since": to_text(index_time(row.key))}
    return {}
