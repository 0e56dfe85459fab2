"""Destinations: HubSpot, where a person is a contact and, with Sales Hub, each lead a lead.

Vendor: the 2026-03 specifications in HubSpot/HubSpot-public-api-spec-collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

import httpx

from leadshare.client.answers.response import object_in
from leadshare.deliveries.delivery import Delivery, Rejected, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.campaigns import join
from leadshare.destinations.crm import Crm
from leadshare.destinations.description import Description
from leadshare.destinations.errors import Refused
from leadshare.destinations.hubspot.answers import Record, refused
from leadshare.destinations.hubspot.batch import Place, find
from leadshare.destinations.hubspot.campaigns import lacking, members
from leadshare.destinations.hubspot.contacts import Contacts, Standing
from leadshare.destinations.hubspot.erasing import Eraser
from leadshare.destinations.hubspot.fields import (
    FIELDS,
    LENGTHS,
    NOTES,
    SHOWN,
    Found,
    contact_of,
    facts,
    made_by_us,
    seen,
)
from leadshare.destinations.hubspot.leads_object import LEAD_FIELDS, Leads, named, write_leads
from leadshare.destinations.hubspot.outcomes import PAGE, Outcomes
from leadshare.destinations.hubspot.reader import Reader
from leadshare.destinations.hubspot.settings import HubspotSettings
from leadshare.destinations.hubspot.steps import Steps
from leadshare.destinations.hubspot.timeline import notes, tell
from leadshare.destinations.replies import Round, Verdict, every, same
from leadshare.destinations.settings import Erasure
from leadshare.destinations.steps import CRM_VERBS
from leadshare.destinations.writing.mapping import Source, Value, fill, mapped
from leadshare.destinations.writing.telling import Note
from leadshare.destinations.writing.timeline import Owed, settled
from leadshare.lifecycle.outcome import Changed, Outcome, Records
from leadshare.reason import Reason

VERSION: Final = "2026-03"
"""Of the API; each is supported for 18 months."""


class Hubspot(Crm[HubspotSettings]):
    """One account.

    E-mail is unique among contacts, and one person may have several leads: so a contact is found by
    the id of the person, and only the leads object has a record for each lead.
    """

    FIELDS = FIELDS
    SHOWN = SHOWN
    LENGTHS = LENGTHS
    NOTES = NOTES
    # Of 100 calls in 10 seconds and 250,000 a day, which the smallest plan has (usage-guidelines).
    RATE = Rate(calls=90, seconds=10, daily=200_000)
    erases = True
    batch_size: ClassVar[int] = 100
    sweep_size = PAGE
    verbs = CRM_VERBS
    erasures = frozenset(Erasure)

    def __init__(self, settings: HubspotSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self.contacts = Contacts(self._post, settings.key, self)
        leads = mapped(LEAD_FIELDS, settings.lead_fields)
        self.leads = Leads(settings.lead_key, leads, self.view, settings.timeline)
        reader = Reader(self._call, VERSION)
        self.outcomes = Outcomes(settings, reader)
        self.steps = Steps(settings, self._post, self._call, self.contacts)
        self.eraser = Eraser(settings, self.contacts, self.leads, self.steps, reader)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Write the contacts, then the leads where configured, then what is owed to timelines."""
        contacts = await self.contacts.write(deliveries, now)
        written = Round(deliveries, contacts.verdicts)
        on = {d.lead: id_ for d in deliveries if (id_ := contacts.verdicts[d.lead].record_id)}
        if self.settings.lead_object:
            taken = [(d, on[d.lead]) for d in deliveries if d.lead in on]
            leads = await write_leads(self._post, self.leads, taken, now)
            written = written.settle(leads)
        owed = [
            Owed(delivery, on[delivery.lead], note)
            for delivery in deliveries
            if written.verdicts[delivery.lead].record_id
            for note in self._news(delivery, contacts)
        ]
        told = await tell(self._post, notes(self.settings.touch_key), owed, now)
        written = written.settle(settled(written.verdicts, owed, told))
        written = written.settle(self._untold(written, contacts, owed))
        places = {lead: one for lead, one in on.items() if lead not in contacts.shared}
        add = members(self._call, "add", now)
        return (await join(written, self.campaigns, places, add)).reply()

    async def unknown_campaigns(self, now: datetime) -> Sequence[str]:
        """Read the lists that campaigns are."""
        return await lacking(self._call, self.campaigns, now)

    async def take_steps(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Carry out steps; contacts have them, and are what is on lists."""
        return await self.steps.take(deliveries, now)

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Take persons out of contacts, and of the leads object where it is written."""
        return await self.eraser.take_out(deliveries, now)

    def _news(self, delivery: Delivery, contacts: Standing) -> list[Note]:
        there = contacts.there.get(delivery.lead)
        return self.told_at_once(delivery) if there is None else self.told_late(delivery, there)

    def _untold(
        self, written: Round, contacts: Standing, owed: Sequence[Owed]
    ) -> dict[str, Verdict]:
        """Return what becomes of leads of which nothing could be put anywhere."""
        told = {one.delivery.lead for one in owed}
        return same(
            [d for d in written.deliveries if d.lead in contacts.shared - told],
            Verdict(Rejected(Reason.SEVERAL_IN_CRM)),
        )

    async def find_records(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back by our keys, which the index of a search would lag behind."""
        names = [self._name(delivery) for delivery in deliveries]
        found: Verdict | Found
        if self.settings.lead_object:
            found = await find(self._post, self._place, names, (), now)
        else:
            found = await self.contacts.find(deliveries, now)
        if isinstance(found, Verdict):
            return every(deliveries, found)
        outcomes = [seen(found, name) for name in names]
        return Reply(tuple(outcomes), httpx.codes.OK, failing=not found)

    async def describe(self, now: datetime) -> Description:
        """Read the properties of contacts and leads, and whether our keys are unique."""
        rows = await self._properties("contacts", now)
        keys = [rows.get(self.settings.key, {})]
        if self.settings.lead_object:
            leads = await self._properties("leads", now)
            keys.append(leads.get(self.settings.lead_key, {}))
            rows |= named(leads)
        unique = all(key.get("hasUniqueValue") is True for key in keys)
        fields = {name: facts(row) for name, row in rows.items()}
        settings = self.settings
        lacks = await self._lacks("notes", settings.touch_key, now) if settings.timeline else ""
        tasks = await self._lacks("tasks", settings.task_key, now)
        return Description(fields, unique, timeline_lacks=lacks, tasks_lack=tasks)

    async def _lacks(self, kind: str, key: str, now: datetime) -> str:
        """Return the property without which none of a kind would be taken; "" for none."""
        try:
            there = await self._properties(kind, now)
        except Refused as error:
            if error.reason not in (Reason.FORBIDDEN, Reason.UNREADABLE_ANSWER):
                raise  # which says nothing of the property
            return key
        return "" if there.get(key, {}).get("hasUniqueValue") is True else key

    @property
    def sources(self) -> Mapping[str, Source]:
        """Those of the leads object, too, where it is written."""
        return self.mapping | (named(self.leads.mapping) if self.settings.lead_object else {})

    def written(self, delivery: Delivery) -> Mapping[str, Value]:
        """Return the contact's fields, and the lead's where there is one."""
        leads = self.leads.mapping if self.settings.lead_object else {}
        return self.values(delivery) | named(fill(leads, self.view(delivery)))

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Move the lead, where there is one, and the contact to the recycle bin.

        Never a contact that was there before us.
        """
        places = {self._place: self._name(delivery)}
        places["contacts", self.settings.key] = contact_of(delivery)
        for place, name in places.items():
            found = await find(self._post, place, [name], (), now)
            if isinstance(found, Verdict):
                raise Refused(Reason.ERASE_REFUSED)
            if there := found.get(name):
                if not made_by_us(there, delivery):
                    raise Refused(Reason.ERASE_REFUSED)
                path = f"objects/{VERSION}/{place[0]}/{there['id']}"
                response = await self._call("DELETE", path)
                if response.status_code != httpx.codes.NO_CONTENT:
                    raise Refused(Reason.ERASE_REFUSED)

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask what has changed of contacts or leads, and of their deals."""
        return await self.outcomes.changed(cursor, now)

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Read records with their deals."""
        return await self.outcomes.current(records, now)

    @property
    def _place(self) -> Place:
        """Where a lead's own record is: the object and its key."""
        if self.settings.lead_object:
            return "leads", self.settings.lead_key
        return "contacts", self.settings.key

    def _name(self, delivery: Delivery) -> str:
        return delivery.lead if self.settings.lead_object else contact_of(delivery)

    async def _properties(self, kind: str, now: datetime) -> dict[str, Record]:
        response = await self._call("GET", f"properties/{VERSION}/{kind}")
        if verdict := refused(response, now, ()):
            raise Refused(verdict.reason)
        rows = object_in(response).get("results")
        if not isinstance(rows, list):
            raise Refused(Reason.UNREADABLE_ANSWER)
        return {row["name"]: row for row in rows if not row.get("archived")}

    async def _post(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        return await self._call("POST", f"objects/{VERSION}/{path}", json=body)

    async def _call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.settings.token.get_secret_value()}"}
        url = f"{self.settings.url}/crm/{path}"
        return await self.client.request(method, url, headers=headers, **more)
