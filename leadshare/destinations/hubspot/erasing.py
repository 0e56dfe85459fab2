"""Destinations: persons are taken out of HubSpot: contacts that are ours, their notes and leads.

Vendor: the 2026-03 specifications of contacts and notes. A permanent delete (`gdpr-delete`) leaves
nothing of a contact, nor its associations: so our notes go first, which would stay. What is
archived stays in the recycle bin for 90 days. Neither keeps an address from coming back by the API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import httpx

from leadshare.client.answers.json_values import as_object, objects
from leadshare.client.answers.sentences import said
from leadshare.deliveries.delivery import Deferred, Delivery, Reply
from leadshare.destinations.erasing import UNFORGOTTEN, Standing, did, forget
from leadshare.destinations.errors import Refused
from leadshare.destinations.hubspot.answers import Record, refused
from leadshare.destinations.hubspot.batch import find, properties
from leadshare.destinations.hubspot.contacts import OWNER, Contacts
from leadshare.destinations.hubspot.fields import contact_of, told
from leadshare.destinations.hubspot.leads_object import Leads
from leadshare.destinations.hubspot.reader import MERGED, Reader, id_of
from leadshare.destinations.hubspot.settings import HubspotSettings
from leadshare.destinations.hubspot.stages import LEAD_STAGES
from leadshare.destinations.hubspot.statuses import LIFECYCLE
from leadshare.destinations.hubspot.steps import Steps
from leadshare.destinations.replies import Verdict, Verdicts, every, failed
from leadshare.destinations.settings import Erasure
from leadshare.destinations.steps import refusing
from leadshare.destinations.writing.policy import Did, erased
from leadshare.lifecycle.outcome import State
from leadshare.reason import Vendor
from leadshare.times import EPOCH, read

AT_ONCE: Final = timedelta(minutes=1)
"""Within which a contact that we made got our key: one that was there before got it later."""

SOLD: Final = {State.OPPORTUNITY, State.WON}
"""States in which sellers have made something of a person."""

MOST: Final = 100
"""Notes that one call archives."""


@dataclass(frozen=True, slots=True)
class Held:
    """What there is of a lead."""

    contact: Record | None
    lead: Record | None
    deals: bool

    def standing(self, key: str, name: str) -> Standing:
        """Return whose the records are: a contact is ours that got our key as it was made."""
        if self.contact is None:
            return Standing.OURS if self.lead else Standing.GONE  # on no contact
        stage = str(properties(self.lead or {}).get("hs_pipeline_stage"))
        cycle = str(properties(self.contact).get("lifecyclestage"))
        sold = self.deals or LEAD_STAGES.get(stage) in SOLD or LIFECYCLE.get(cycle) in SOLD
        merged = bool(properties(self.contact).get(MERGED))
        made = not merged and _made_with(self.contact, key, name)
        return Standing.OURS if made and not sold else Standing.THEIRS


def _made_with(contact: Record, key: str, name: str) -> bool:
    rows = objects(as_object(contact.get("propertiesWithHistory")).get(key))
    times = [time for row in rows if row.get("value") == name if (time := _time(row, "timestamp"))]
    made = _time(contact, "createdAt")
    return bool(times and made) and min(times) - (made or EPOCH) <= AT_ONCE


def _time(row: Record, name: str) -> datetime | None:
    return read(str(row.get(name)))


@dataclass(frozen=True, slots=True)
class Eraser:
    """How persons are taken out there."""

    settings: HubspotSettings
    contacts: Contacts
    leads: Leads
    steps: Steps
    reader: Reader

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Take persons out; see `Destination.forget`."""
        try:
            held = await self._held(deliveries, now)
        except Refused as error:
            return every(deliveries, refusing(Verdict(Deferred(error.reason)), UNFORGOTTEN))
        stand = {d.lead: self._standing(held[d.lead], contact_of(d)) for d in deliveries}

        async def erase(ours: Sequence[Delivery]) -> Verdicts:
            verdicts: dict[str, Verdict] = {}
            gone: set[str] = set()
            for one in ours:
                mine = held[one.lead]
                if mine.contact and id_of(mine.contact) in gone:  # by another lead of the person
                    mine = replace(mine, contact=None)
                verdicts[one.lead] = await self._erase(one, mine, now)
                if mine.contact and not verdicts[one.lead].reason:
                    gone.add(id_of(mine.contact))
            return verdicts

        there = {lead: one.contact for lead, one in held.items() if one.contact}
        tasks = self.steps.tasks(there, now)
        return await forget(deliveries, stand, erase, tasks, self.settings.erase)

    def _standing(self, held: Held, name: str) -> Standing | Verdict:
        """Return whose the records are; a lead that is on no contact can have no task."""
        standing = held.standing(self.settings.key, name)
        alone = held.contact is None and held.lead is not None
        return UNFORGOTTEN if alone and self.settings.erase is Erasure.TASK else standing

    async def _held(self, deliveries: Sequence[Delivery], now: datetime) -> dict[str, Held]:
        """Return what there is of each lead: the contact by our key, else by its record id."""
        names = [contact_of(one) for one in deliveries]
        found = await self._find(("contacts", self.settings.key), names, now)
        leads: Mapping[str, Record | None] = {}
        if self.settings.lead_object:
            place = ("leads", self.settings.lead_key)
            leads = await self._find(place, [one.lead for one in deliveries], now)
        wanted = {
            one.lead: id_of(row) if row else "" if self.settings.lead_object else one.record_id
            for one, name in zip(deliveries, names, strict=True)
            for row in [found.get(name)]
        }
        wanted |= await self._of_leads(wanted, leads, now)
        asked = (self.settings.key, OWNER, "lifecyclestage")
        key = self.settings.key
        there = await self.reader.read("contacts", wanted.values(), asked, (key,), now)
        by_id = there.heads | {id_of(row): row for row in there.rows}
        contacts = {lead: by_id.get(one) for lead, one in wanted.items()}
        deals = await self._with_deals("contacts", contacts.values(), now)
        deals |= await self._with_deals("leads", leads.values(), now)
        return {
            lead: Held(
                contact,
                leads.get(lead),
                any(id_of(one) in deals for one in (contact, leads.get(lead)) if one),
            )
            for lead, contact in contacts.items()
        }

    async def _of_leads(
        self, known: Mapping[str, str], leads: Mapping[str, Record | None], now: datetime
    ) -> dict[str, str]:
        """Return the contacts of leads that are *known* by no key, as where two were merged."""
        lost = {lead: id_of(row) for lead, row in leads.items() if row and not known[lead]}
        links = await self.reader.links("leads", "contacts", lost.values(), now)
        return {lead: links[one][0] for lead, one in lost.items() if links.get(one)}

    async def _find(
        self, place: tuple[str, str], names: Iterable[str], now: datetime
    ) -> Mapping[str, Record | None]:
        found = await find(self.contacts.post, place, names, ("hs_pipeline_stage",), now)
        if isinstance(found, Verdict):
            raise Refused(found.reason)
        return found

    async def _with_deals(
        self, kind: str, rows: Iterable[Record | None], now: datetime
    ) -> set[str]:
        links = await self.reader.links(kind, "deals", [id_of(row) for row in rows if row], now)
        return {one for one, deals in links.items() if deals}

    async def _erase(self, delivery: Delivery, held: Held, now: datetime) -> Verdict:
        """Take a person out: of the contact last, by which the rest is found again."""
        delete = self.settings.erase is Erasure.DELETE
        try:
            verdict: Verdict | None = None
            if held.contact:
                verdict = await self._clear_notes(held.contact, delivery, now)
            for kind, row in (("leads", held.lead), ("contacts", held.contact)):
                if row and verdict is None:
                    way = self._deleted if delete else self._anonymised
                    verdict = self._judged(await way(kind, id_of(row)), delivery, now)
        except Refused as error:
            verdict = Verdict(Deferred(error.reason))
        except httpx.TransportError as error:
            verdict = failed(error)
        return did(Did.DELETED if delete else Did.ANONYMISED, verdict)

    async def _clear_notes(
        self, contact: Record, delivery: Delivery, now: datetime
    ) -> Verdict | None:
        """Archive the notes of a contact that are ours: they hold what the customer said."""
        links = await self.reader.links("contacts", "notes", [id_of(contact)], now)
        ids = [one for several in links.values() for one in several]
        key = self.settings.touch_key
        found = (await self.reader.read("notes", ids, (key,), (), now)).rows
        ours = [{"id": id_of(row)} for row in found if properties(row).get(key)]
        for first in range(0, len(ours), MOST):
            body = {"inputs": ours[first : first + MOST]}
            response = await self.contacts.post("notes/batch/archive", body)
            if verdict := self._judged(response, delivery, now):
                return verdict
        return None

    async def _deleted(self, kind: str, number: str) -> httpx.Response:
        if kind == "contacts":
            return await self.contacts.post("contacts/gdpr-delete", {"objectId": number})
        return await self._object("DELETE", kind, number)

    async def _anonymised(self, kind: str, number: str) -> httpx.Response:
        """Overwrite what tells of the person, and take our key away, by which it is theirs."""
        mapping, key = {
            "contacts": (self.contacts.crm.mapping, self.settings.key),
            "leads": (self.leads.mapping, self.settings.lead_key),
        }[kind]
        texts = told({name: value or "" for name, value in erased(mapping).items()}, key, "")
        return await self._object("PATCH", kind, number, json={"properties": texts})

    async def _object(self, method: str, kind: str, number: str, **more: object) -> httpx.Response:
        path = f"objects/{self.reader.version}/{kind}/{number}"
        return await self.reader.call(method, path, **more)

    @staticmethod
    def _judged(response: httpx.Response, delivery: Delivery, now: datetime) -> Verdict | None:
        status = response.status_code
        if response.is_success or status == httpx.codes.NOT_FOUND:
            return None
        reason = Vendor.HUBSPOT.reason(status)
        waits = Verdict(Deferred(reason, said=said(response)), status)
        return refused(response, now, [delivery]) or waits
