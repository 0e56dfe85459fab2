"""Destinations: Marketo Engage, whose persons are e-mail addresses, through its REST API.

Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

import httpx

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.crm import Crm
from leadshare.destinations.description import Description
from leadshare.destinations.errors import Refused
from leadshare.destinations.marketo.answers import (
    CallRefused,
    rows_in,
    verdict,
)
from leadshare.destinations.marketo.api import DESCRIBE, Api
from leadshare.destinations.marketo.erasing import Eraser, proof_by, take_away
from leadshare.destinations.marketo.fields import (
    FIELDS,
    LENGTHS,
    NOTES,
    SHOWN,
    WHOLE,
    apart,
    described,
    unfit,
)
from leadshare.destinations.marketo.membership import Memberships
from leadshare.destinations.marketo.settings import MarketoSettings
from leadshare.destinations.marketo.steps import VERBS, take_steps
from leadshare.destinations.marketo.timeline import Timeline
from leadshare.destinations.marketo.writes import CREATE, UPDATE, There, Write, write
from leadshare.destinations.replies import Round, Verdict, absent, every
from leadshare.destinations.settings import Erasure
from leadshare.destinations.writing.mapping import Value
from leadshare.destinations.writing.policy import erased
from leadshare.destinations.writing.timeline import Owed, settled
from leadshare.reason import Reason
from leadshare.store.keys import contact_of


class Marketo(Crm[MarketoSettings]):
    """One instance."""

    FIELDS = FIELDS
    SHOWN = SHOWN
    LENGTHS = LENGTHS
    WHOLE = WHOLE
    NOTES = NOTES
    # "50 calls per 20 seconds or fewer" of the 100 that all integrations share, and of 50,000 a
    # day, from midnight in Chicago (marketo-integration-best-practices.md).
    RATE = Rate(calls=45, seconds=20, daily=40_000, resets="America/Chicago")
    erases = True
    serial = True
    verbs = VERBS
    erasures = frozenset(Erasure)

    batch_size: ClassVar[int] = 300
    """Records of a call (leads.md), values of a search, members of a program or list."""

    def __init__(self, settings: MarketoSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        secret = settings.client_secret.get_secret_value()
        self._api = Api(client, settings.url, settings.client_id, secret, settings.timeout)
        self._timeline = Timeline(self._api, settings.touches)
        self._memberships = Memberships(self._api, settings.program, settings.list)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Write each lead to its person, who is looked up first, and tell the news."""
        unfits = {d.lead: unfit(self._who(d), self.values(d)) for d in deliveries}
        done = Round(deliveries, {lead: verdict(why) for lead, why in unfits.items() if why})
        try:
            # All calls together: once the lane's lease is over, another process might overlap.
            async with asyncio.timeout(self.settings.timeout):
                for call in apart(done.open, self._who):
                    done = done.settle(await self._take(call, now))
        except CallRefused as refused:
            return done.reply(refused.verdict)
        except TimeoutError:
            raise httpx.ReadTimeout("all calls together") from None
        return done.reply()

    async def _take(self, call: Sequence[Delivery], now: datetime) -> dict[str, Verdict]:
        """Write *call*, no two of which are of one person."""
        there = await self._there(call, now)
        writes = {d.lead: one for d in call if (one := self._write_of(d, there.get(d.lead)))}
        verdicts = {d.lead: self._as_found(d, there.get(d.lead)) for d in call}
        for action in (CREATE, UPDATE):
            group = [w for w in writes.values() if w.action == action]
            verdicts |= await write(group, self._api, self.settings, now)
        new = {d.lead: verdicts[d.lead] for d in call if not d.sent}
        verdicts |= await self._memberships.join(new, now)
        owed = [one for d in call for one in self._owed(d, there.get(d.lead), verdicts[d.lead])]
        return settled(verdicts, owed, await self._timeline.tell(owed, now))

    async def _there(self, call: Sequence[Delivery], now: datetime) -> dict[str, There]:
        """Return by lead the persons who are there: by their ids, and else by what they are by.

        A person whose address was changed has its id; one merged into another, its address.
        """
        ids = {d.lead: d.record_id for d in call if d.record_id.isdecimal() and d.sent}
        by_id = {
            str(row.get("id")): row for row in await self._compared("id", [*ids.values()], now)
        }
        found = {lead: There(by_id[one]) for lead, one in ids.items() if one in by_id}
        rest = {d.lead: self._who(d) for d in call if d.lead not in found}
        field = self.settings.lookup_field
        by_who: dict[str, list[dict[str, object]]] = defaultdict(list)
        for row in await self._compared(field, [*rest.values()], now):
            by_who[str(row.get(field)).lower()].append(row)
        return found | {
            lead: There(rows[0], several=len(rows) > 1, moved=lead in ids)
            for lead, who in rest.items()
            if (rows := by_who.get(who))
        }

    def _as_found(self, delivery: Delivery, there: There | None) -> Verdict:
        """Return what becomes of a lead for whom nothing is written."""
        if there is None:
            return verdict(absent(delivery))
        if there.several:
            return verdict(Rejected(Reason.SEVERAL_IN_CRM))
        return verdict(Accepted(str(there.row.get("id"))))

    def _write_of(self, delivery: Delivery, there: There | None) -> Write | None:
        """Return what is written for a lead, if anything."""
        key = {self.settings.key: delivery.lead}
        if there is None:
            if delivery.sent:
                return None
            return Write(CREATE, delivery, {**self.values(delivery), **key})
        if there.several or there.moved:
            return None
        changed = self.changes(delivery, there.row)
        if not changed and there.row.get(self.settings.key) == delivery.lead:
            return None
        return Write(UPDATE, delivery, {"id": there.row["id"], **changed, **key})

    def _owed(self, delivery: Delivery, there: There | None, became: Verdict) -> list[Owed]:
        if not became.record_id:
            return []
        notes = self.told_late(delivery, there.row) if there else self.told_at_once(delivery)
        return [Owed(delivery, became.record_id, note) for note in notes]

    async def find_records(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Find each lead's person by our key, else by address.

        The key holds a person's latest lead. A lead whose person shows another lead of the same
        contact is found, too: that one has replaced it.
        """
        try:
            rows = await self._people(self.settings.key, [d.lead for d in deliveries], now)
            people = {str(row.get(self.settings.key)): row for row in rows}
            rest = [d for d in deliveries if d.lead not in people]
            people |= await self._replaced(rest, now)
        except CallRefused as refused:
            return every(deliveries, refused.verdict)
        outcomes = [
            Accepted(str(people[d.lead].get("id", "")))
            if d.lead in people
            else Rejected(Reason.NOT_FOUND_AFTER_ACCEPT)
            for d in deliveries
        ]
        return Reply(tuple(outcomes), httpx.codes.OK)

    async def describe(self, now: datetime) -> Description:
        """Read the persons' fields."""
        try:
            [person] = rows_in(await self._api.ask("GET", DESCRIBE, now), 1)
            told = described(person, self.settings.key, self.settings.lookup_field)
            lacks = await self._timeline.lacks(now) if self.settings.timeline else ""
            return replace(told, timeline_lacks=lacks)
        except CallRefused as refused:
            raise Refused(refused.verdict.reason) from None
        except (KeyError, TypeError):
            raise Refused(Reason.UNREADABLE_ANSWER) from None

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Delete the person, if this lead is what it was written for last."""
        await take_away(self._api, self.settings.key, delivery, now)

    async def take_steps(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Find the persons, and do for them what the steps say."""
        taking = take_steps(self._api, self._timeline, self.settings.key, deliveries, now)
        return await self._in_time(deliveries, taking)

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Find the persons, and take out those who are ours."""
        told, values = self.settings, erased(self.mapping)
        proof = proof_by(self.writes)
        eraser = Eraser(self._api, self._timeline, told.key, told.erase, values, proof)
        return await self._in_time(deliveries, eraser.take_out(deliveries, now))

    async def _in_time(self, deliveries: Sequence[Delivery], taking: Awaitable[Reply]) -> Reply:
        """Do so before the lane's lease is over, lest another process's calls overlap."""
        try:
            async with asyncio.timeout(self.settings.timeout):
                return await taking
        except CallRefused as refused:
            return every(deliveries, refused.verdict)
        except TimeoutError:
            raise httpx.ReadTimeout("all calls together") from None

    def values(self, delivery: Delivery) -> dict[str, Value]:
        """Return the fields of *delivery*'s person, among them what a person is known by."""
        left_out = delivery.without - {self.settings.lookup_field}
        return super().values(replace(delivery, without=left_out))

    def _who(self, delivery: Delivery) -> str:
        """Return what the person is known by; Marketo does not tell case apart."""
        if self.settings.lookup_field == self.settings.key:
            return delivery.lead
        return str(self.values(delivery).get(self.settings.lookup_field, "")).lower()

    async def _replaced(
        self, deliveries: Sequence[Delivery], now: datetime
    ) -> dict[str, dict[str, object]]:
        """Return the persons of *deliveries* by lead that show another lead of the same contact."""
        if self.settings.lookup_field == self.settings.key:
            return {}
        addresses = [who for d in deliveries if (who := self._who(d))]
        rows = await self._people("email", addresses, now)
        shown = {contact_of(str(row.get(self.settings.key))): row for row in rows}
        found = {d.lead: shown.get(contact_of(d.lead)) for d in deliveries}
        return {lead: person for lead, person in found.items() if person}

    async def _people(
        self, field: str, values: Sequence[str], now: datetime
    ) -> list[dict[str, object]]:
        return await self._api.people(field, values, ("id", "email", self.settings.key), now)

    async def _compared(
        self, field: str, values: Sequence[str], now: datetime
    ) -> list[dict[str, object]]:
        shown = dict.fromkeys(("id", "email", self.settings.key, *self.compared))
        return await self._api.people(field, values, [*shown], now)
