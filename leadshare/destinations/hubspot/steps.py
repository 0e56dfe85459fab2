"""Destinations: steps of tracks in HubSpot: tasks and notes on contacts, and lists of these.

Vendor: the 2026-03 specifications of tasks, notes and lists. Neither a task nor a note that we make
moves the properties by which a seller's first outreach is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leadshare.deliveries.delivery import Delivery, Reply
from leadshare.destinations.hubspot.answers import Record
from leadshare.destinations.hubspot.batch import Post, properties
from leadshare.destinations.hubspot.campaigns import Call, members
from leadshare.destinations.hubspot.contacts import OWNER, Contacts
from leadshare.destinations.hubspot.fields import contact_of, missed
from leadshare.destinations.hubspot.settings import HubspotSettings
from leadshare.destinations.hubspot.timeline import Activity, notes, tell
from leadshare.destinations.replies import Verdict, Verdicts, every
from leadshare.destinations.steps import (
    Take,
    change,
    note,
    step_of,
    subject,
    take,
    text,
    unless,
    until,
)
from leadshare.destinations.writing.mapping import TRANSFORMS
from leadshare.destinations.writing.timeline import Owed
from leadshare.lifecycle.step import Verb
from leadshare.times import to_text

TASK_TO_CONTACT: Final = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}
"""The association of a task with a contact, by its built-in type."""


@dataclass(frozen=True, slots=True)
class Steps:
    """How steps are carried out there."""

    settings: HubspotSettings
    post: Post
    call: Call
    contacts: Contacts

    async def take(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Carry out steps of contacts that are there."""
        found = await self.contacts.find(deliveries, now)
        if isinstance(found, Verdict):
            return every(deliveries, found)
        there = {d.lead: row for d in deliveries if (row := found.get(contact_of(d)))}

        ways = {
            verb: unless(lambda one: missed(found, contact_of(one)), way)
            for verb, way in self._ways(there, now).items()
        }
        return await take(deliveries, ways)

    def _ways(self, there: Mapping[str, Record], now: datetime) -> Mapping[Verb, Take]:
        places = {lead: str(row["id"]) for lead, row in there.items()}

        async def tell_notes(some: Sequence[Delivery]) -> Verdicts:
            owed = [Owed(one, places[one.lead], note(step_of(one), now)) for one in some]
            return await tell(self.post, notes(self.settings.touch_key), owed, now)

        async def enlist(some: Sequence[Delivery]) -> Verdicts:
            return await change(some, places, members(self.call, "add", now))

        async def delist(some: Sequence[Delivery]) -> Verdicts:
            return await change(some, places, members(self.call, "remove", now))

        tasks = self.tasks(there, now)
        return {Verb.TASK: tasks, Verb.NOTE: tell_notes, Verb.LIST: enlist, Verb.LEAVE: delist}

    def tasks(self, there: Mapping[str, Record], now: datetime) -> Take:
        """Return what makes tasks on the contacts that are *there*, by lead, for their owners."""

        def made(one: Owed) -> Record:
            step, owner = step_of(one.delivery), properties(there[one.delivery.lead]).get(OWNER)
            return {
                "hs_timestamp": to_text(until(step, now)),
                "hs_task_subject": subject(step),
                "hs_task_body": TRANSFORMS["html"](text(step)),
                "hs_task_status": "NOT_STARTED",
                "hs_task_type": "TODO",
                **({OWNER: str(owner)} if owner else {}),
            }

        activity = Activity("tasks", self.settings.task_key, made, TASK_TO_CONTACT)

        async def make(some: Sequence[Delivery]) -> Verdicts:
            owed = [Owed(one, str(there[one.lead]["id"]), note(step_of(one), now)) for one in some]
            return await tell(self.post, activity, owed, now)

        return make
