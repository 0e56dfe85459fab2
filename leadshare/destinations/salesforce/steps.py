"""Destinations: steps of tracks in Salesforce: tasks, notes, and members of campaigns.

Vendor: the Object Reference, Task and CampaignMember.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leadshare.client.answers.json_values import text
from leadshare.deliveries.delivery import Delivery, Reply
from leadshare.destinations.narrowing import NOT_SENT, Judged, Part, narrow
from leadshare.destinations.replies import Verdict
from leadshare.destinations.salesforce.campaigns import CONTACT, member
from leadshare.destinations.salesforce.extras import Extra, Kind, in_calls, insert, remove
from leadshare.destinations.salesforce.org import Org
from leadshare.destinations.salesforce.places import Place
from leadshare.destinations.salesforce.queries import KEYS_PER_QUERY, Row, address
from leadshare.destinations.salesforce.records import standing
from leadshare.destinations.salesforce.timeline import closed_status, task
from leadshare.destinations.salesforce.visit import MOST_CALLS
from leadshare.destinations.steps import (
    CLOSED,
    UNDONE,
    note,
    step_of,
    subject,
    take,
    until,
    ways_of,
)
from leadshare.destinations.steps import (
    text as words,
)
from leadshare.destinations.writing.telling import Note

Places = Mapping[str, Place | Verdict]
"""By lead: where it lives on, or why nothing can be done for it."""


_PERSON: Final = "005"
"""How the ids of users begin; tasks are no queue's."""


async def take_steps(org: Org, deliveries: Sequence[Delivery], now: datetime) -> Reply:
    """Carry out the steps of *deliveries* where their leads live on."""
    steps = Steps(org, await standing(org, deliveries, now), now)
    return await take(deliveries, ways_of(steps))


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of leads whose places are known."""

    org: Org
    places: Places
    now: datetime

    async def tasks(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Give people tasks: the owner of the lead, if that is a person."""

        def made(one: Delivery, place: Place) -> dict[str, object]:
            step = step_of(one)
            owner = text(place.there.get("OwnerId"))
            whose = {"OwnerId": owner} if owner.startswith(_PERSON) else {}
            what = Note(step.id, until(step, self.now), subject(step), words(step))
            return task(self.org, place, what, **whose)

        return await self._put(deliveries, made, self.org.settings.timeline_key)

    async def notes(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Tell something in timelines, by tasks that are done."""
        status = await closed_status(self.org, self.now)

        def made(one: Delivery, place: Place) -> dict[str, object]:
            return task(self.org, place, note(step_of(one), self.now), Status=status)

        return await self._put(deliveries, made, self.org.settings.timeline_key)

    async def enlist(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Make leads members of campaigns, in the campaign's default status."""
        return await self._put(deliveries, lambda one, at: member(at, step_of(one).into), "")

    async def _put(
        self,
        deliveries: Sequence[Delivery],
        made: Callable[[Delivery, Place], dict[str, object]],
        unique: str,
    ) -> dict[str, Verdict]:
        verdicts, extras = dict[str, Verdict](), list[Extra]()
        for one in deliveries:
            name, place = step_of(one).id, self.places[one.lead]
            if isinstance(place, Verdict):
                verdicts[name] = place
            elif not place.who:
                verdicts[name] = CLOSED
            else:
                extras.append(Extra(one, name, made(one, place)))
        return verdicts | await self._made(extras, Kind(UNDONE, unique))

    async def _made(self, extras: Sequence[Extra], kind: Kind) -> dict[str, Verdict]:
        """Make *extras*, until Salesforce wants no other call; the rest waits."""
        calls = {call[0].name: call for call in in_calls(extras)}

        async def make(part: Part) -> Judged:
            made = await insert(self.org, calls[part[0]], kind, self.now)
            rests = any(one.hold or (one.failing and not one.status) for one in made.values())
            return Judged(made, stop=NOT_SENT if rests else None)

        parts = [[one.name for one in call] for call in calls.values()]
        return await narrow(parts, make, MOST_CALLS, NOT_SENT)

    async def leave(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Take leads out of campaigns, whatever they were converted to; who is none is out."""
        verdicts: dict[str, Verdict] = {}
        for first in range(0, len(deliveries), KEYS_PER_QUERY):
            some = deliveries[first : first + KEYS_PER_QUERY]
            at = [place for one in some if isinstance(place := self.places[one.lead], Place)]
            members = await self._members(at, some)
            for one in some:
                verdicts[step_of(one).id] = await self._left(one, members)
        return verdicts

    async def _left(self, one: Delivery, members: list[Row] | Verdict) -> Verdict:
        place = self.places[one.lead]
        if isinstance(place, Verdict):
            return place
        if isinstance(members, Verdict):
            return members
        ids = [text(row.get("Id")) for row in members if _is_of(row, one, place)]
        return await remove(self.org, ids, one, UNDONE, self.now)

    async def _members(
        self, places: Sequence[Place], deliveries: Sequence[Delivery]
    ) -> list[Row] | Verdict:
        """Return what *places* are members of; a lead that was converted stays one as a lead.

        One that was merged is one as its master.
        """
        ids = [one for place in places for one in (place.record_id, place.who) if one]
        contacts = [one for one in ids if one.startswith(CONTACT)]
        leads = [one for one in ids if one not in contacts]
        rows: list[Row] = []
        for by, named in (("LeadId", leads), ("ContactId", contacts)):
            if named:
                values = ",".join(f"'{one}'" for one in dict.fromkeys(named))
                fields = "Id,CampaignId,LeadId,ContactId"
                # All come in safe: ids are as Salesforce told them.
                query = f"SELECT {fields} FROM CampaignMember WHERE {by} IN ({values})"  # noqa: S608 - see above
                found = await self.org.queried([address("query", query)], deliveries, self.now)
                if isinstance(found[0], Verdict):
                    return found[0]
                rows += found[0]
        return rows


def _is_of(row: Row, one: Delivery, place: Place) -> bool:
    who = {text(row.get(name))[:15] for name in ("LeadId", "ContactId")} - {""}
    into = text(row.get("CampaignId"))[:15] == step_of(one).into[:15]
    return into and bool(who & {place.record_id[:15], place.who[:15]})
