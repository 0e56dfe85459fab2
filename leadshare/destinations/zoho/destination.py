"""Destinations: Zoho CRM, whose leads are records of the module Leads, through its REST API v8.

Vendor pages are cited by their file names under www.zoho.com/crm/developer/docs/api/v8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final
from urllib.parse import quote

import httpx

from leadshare.client.tokens.bearer import Bearer, Token
from leadshare.deliveries.delivery import Accepted, Delivery, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.campaigns import join
from leadshare.destinations.crm import Crm
from leadshare.destinations.description import Description
from leadshare.destinations.errors import Refused
from leadshare.destinations.narrowing import in_parts
from leadshare.destinations.replies import Round, Verdict, every, same
from leadshare.destinations.settings import Erasure
from leadshare.destinations.steps import CRM_VERBS
from leadshare.destinations.writing.mapping import Value
from leadshare.destinations.writing.telling import Note
from leadshare.destinations.writing.timeline import Owed, settled
from leadshare.destinations.zoho.answers import CONVERSION, is_done, judged, taken
from leadshare.destinations.zoho.calls import NAMES, Line, by_key, data, query_for, refused, sole
from leadshare.destinations.zoho.campaigns import lacking, members
from leadshare.destinations.zoho.erasing import Eraser
from leadshare.destinations.zoho.fields import ADDRESS, FIELDS, LENGTHS, SHOWN, WHOLE
from leadshare.destinations.zoho.metadata import describe
from leadshare.destinations.zoho.outcomes import PAGE, Outcomes
from leadshare.destinations.zoho.records import (
    Row,
    in_all,
    left_alone,
    placed,
    seen,
    seen_later,
    timelines,
)
from leadshare.destinations.zoho.settings import ZohoSettings
from leadshare.destinations.zoho.sign_in import CENTRES, ZohoAuth, sign_in
from leadshare.destinations.zoho.steps import take_steps
from leadshare.destinations.zoho.timeline import tell
from leadshare.lifecycle.outcome import Changed, Outcome, Records
from leadshare.reason import Reason

API: Final = "/crm/v8"


class Zoho(Crm[ZohoSettings]):
    """One organisation.

    Leads are inserted and updated, never upserted: whatever `duplicate_check_fields` says, an
    upsert goes on to all other unique fields (upsert-records.html, "How does the duplicate check
    work?"). Where phone or e-mail is unique, it would find the record of the same person's other
    lead and put this lead's id and texts over it. An insert is refused instead, and as the key is
    unique, too, it is as safe to repeat.
    """

    FIELDS = FIELDS
    SHOWN = SHOWN
    LENGTHS = LENGTHS
    WHOLE = WHOLE
    NOTES = "Description"
    COMPOUNDS = (ADDRESS,)
    # Zoho limits calls at once, 5 to 25 by edition, and credits of a day (api-limits.html).
    RATE = Rate(calls=10, seconds=10)
    erases = True
    batch_size: ClassVar[int] = 100  # insert-records.html
    sweep_size = PAGE
    verbs = CRM_VERBS
    erasures = frozenset(Erasure)

    def __init__(self, settings: ZohoSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self._bearer = Bearer(self._sign_in, settings.timeout)
        self._outcomes = Outcomes(settings, self._call)
        self._eraser = Eraser(settings, self.mapping)

    def link(self, record_id: str) -> str:
        """Return where people see a record of the data centre."""
        signs_in, _ = CENTRES[self.settings.data_centre]
        host = signs_in.replace("accounts", "crm", 1)
        return f"https://{host}/crm/tab/Leads/{quote(record_id, safe='')}"

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Insert what is new; read what is there, write what may be; then tell the timelines."""
        ids: Mapping[str, list[str]] = {}
        if known := [delivery for delivery in deliveries if delivery.known]:
            answer = await self._query(known, now)
            listed = by_key(answer, self.settings.key)
            if listed is None:
                return every(deliveries, refused(answer, now, deliveries))
            ids = listed
        places, verdicts = placed(known, ids)
        written = Round(deliveries, verdicts)
        if fresh := [delivery for delivery in written.open if delivery.lead not in places]:
            held: dict[str, str] = {}
            inserted = await in_parts(fresh, lambda some: self._insert(some, held, now))
            written, places = written.settle(inserted), places | held
        found: dict[str, Row] = {}
        if there := [delivery for delivery in deliveries if delivery.lead in places]:
            updated = await in_parts(there, lambda some: self._update(some, places, found, now))
            written = written.settle(updated)
        line, on = Line(self._call, now), timelines(written, found)
        owed = [
            Owed(one, on[one.lead], note)
            for one in deliveries
            if one.lead in on
            for note in self._news(one, found.get(one.lead))
        ]
        told = await tell(line.call, line.refuses, owed)
        written = written.settle(settled(written.verdicts, owed, told))
        return (await join(written, self.campaigns, on, members(line))).reply()

    async def unknown_campaigns(self, now: datetime) -> Sequence[str]:
        """Read campaigns by their ids."""
        return await lacking(Line(self._call, now), self.campaigns)

    async def take_steps(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Carry out steps of leads, and of contacts that they became."""
        return await take_steps(Line(self._call, now), self.settings.key, deliveries)

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Take persons out of leads that we made and nobody converted."""
        return await self._eraser.take_out(Line(self._call, now), deliveries)

    def _news(self, delivery: Delivery, row: Row | None) -> list[Note]:
        return self.told_at_once(delivery) if row is None else self.told_late(delivery, row)

    async def _insert(
        self, deliveries: Sequence[Delivery], held: dict[str, str], now: datetime
    ) -> dict[str, Verdict]:
        """Insert; return what became of each; *held* gets the records that were there already.

        They hold our key, which is unique, so they are ours: an attempt arrived that was not noted.
        """
        rows = [{**self.values(one), self.settings.key: one.lead} for one in deliveries]
        body: dict[str, object] = {"data": rows}
        if self.settings.lar_id:
            body["lar_id"] = self.settings.lar_id
        answer = await self._call("POST", "/Leads", now, json=body)
        found, doubtful = taken(answer, deliveries, self.settings.key)
        if doubtful:
            found |= sole(by_key(await self._query(doubtful, now), self.settings.key) or {})
        held |= found
        return judged(answer, deliveries, now)

    async def _update(
        self,
        deliveries: Sequence[Delivery],
        places: Mapping[str, str],
        there: dict[str, Row],
        now: datetime,
    ) -> dict[str, Verdict]:
        """Read the records at *places*, write what may be written; return what became of each.

        *there* gets what each of them held.
        """
        held = await self._read([places[delivery.lead] for delivery in deliveries], now)
        if isinstance(held, httpx.Response):
            return same(deliveries, refused(held, now, deliveries))
        there |= {d.lead: row for d in deliveries if (row := held.get(places[d.lead]))}
        verdicts: dict[str, Verdict] = {}
        bodies: dict[str, dict[str, Value]] = {}
        for delivery in deliveries:
            lead, place, row = delivery.lead, places[delivery.lead], there.get(delivery.lead)
            left = left_alone(row, delivery, self.settings.key, self.settings.timeline)
            if left is None and row and (body := self._changed(delivery, row)):
                bodies[lead] = {"id": place, **body}
            else:
                verdicts[lead] = Verdict(left or Accepted(place))
        writable = [delivery for delivery in deliveries if delivery.lead in bodies]
        if writable:
            answer = await self._call("PUT", "/Leads", now, json={"data": [*bodies.values()]})
            written = judged(answer, writable, now)
            verdicts |= {lead: seen_later(one, there[lead]) for lead, one in written.items()}
        return verdicts

    def _changed(self, delivery: Delivery, row: Row) -> dict[str, Value]:
        """Return what is written in the record that is read as *row*, with the key if cleared."""
        lost = {} if row.get(self.settings.key) else {self.settings.key: delivery.lead}
        return {**self.changes(delivery, row), **lost}

    async def find_records(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back by the key."""
        answer = await self._query(deliveries, now)
        ids = by_key(answer, self.settings.key)
        if ids is None:
            return every(deliveries, refused(answer, now, deliveries))
        outcomes = (seen(ids.get(delivery.lead, [])) for delivery in deliveries)
        return Reply(tuple(outcomes), answer.status_code)

    async def describe(self, now: datetime) -> Description:
        """Read the metadata of the module's fields, and whether notes and tasks can be read."""
        return await describe(Line(self._call, now), self.settings)

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask what has changed of leads, and of deals."""
        return await self._outcomes.changed(cursor, now)

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Read leads, converted ones too, with their deals."""
        return await self._outcomes.current(records, now)

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Move the lead to the recycle bin (delete-records.html)."""
        ids = by_key(await self._query([delivery], now), self.settings.key)
        if ids is None:
            raise Refused(Reason.ERASE_REFUSED)
        for place in ids.get(delivery.lead, []):
            answer = await self._call("DELETE", f"/Leads?ids={place}", now)
            if not all(is_done(row) for row in data(answer) or [{}]):
                raise Refused(Reason.ERASE_REFUSED)

    async def _query(self, deliveries: Sequence[Delivery], now: datetime) -> httpx.Response:
        """Ask which records hold the keys of *deliveries* (Get-Records-through-COQL-Query.html)."""
        query = query_for(self.settings.key, [delivery.lead for delivery in deliveries])
        return await self._call("POST", "/coql", now, json={"select_query": query})

    async def _read(self, ids: Sequence[str], now: datetime) -> dict[str, Row] | httpx.Response:
        """Read records by their ids, converted ones too, which a query may be denied.

        Return what refuses it where that is the answer (get-records.html).
        """
        names = (self.settings.key, *CONVERSION, *self.compared)
        parts: list[list[dict[str, object]]] = []
        for first in range(0, len(names), NAMES):
            asked = ",".join(names[first : first + NAMES])
            path = f"/Leads?ids={','.join(ids)}&fields={asked}&converted=both"
            answer = await self._call("GET", path, now)
            rows = data(answer)
            if rows is None:
                return answer
            parts.append(rows)
        return in_all(parts)

    async def _call(self, method: str, path: str, now: datetime, **more: Any) -> httpx.Response:
        # Only the token says where its API is.
        url = f"{(await self._bearer.token(now)).base}{API}{path}"
        auth = ZohoAuth(self._bearer, now, "Zoho-oauthtoken")
        return await self.client.request(method, url, auth=auth, **more)

    async def _sign_in(self, now: datetime) -> Token:
        return await sign_in(self.client, self.settings, now)
