"""Destinations: steps of tracks in Dynamics 365: tasks, notes, and members of static lists.

Vendor: task.md, list.md and listmember.md of the Web API reference, and AddListMembersList Action
(MicrosoftDocs/dynamics-365-customer-engagement).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid5

import httpx

from leadshare.client.answers.json_values import objects, text
from leadshare.client.answers.response import object_in
from leadshare.deliveries.delivery import Accepted, Delivery, Reply
from leadshare.destinations.dynamics.batch import API, Operation, get
from leadshare.destinations.dynamics.environment import (
    HEADERS,
    NAMESPACE,
    UNCONDITIONAL,
    Environment,
)
from leadshare.destinations.dynamics.looking import look
from leadshare.destinations.dynamics.places import Place
from leadshare.destinations.dynamics.plans import Answered, Answers, faults, gone, operated
from leadshare.destinations.dynamics.timeline import noted
from leadshare.destinations.replies import Verdict, absent
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
from leadshare.destinations.writing.mapping import fit
from leadshare.lifecycle.step import Verb
from leadshare.times import to_text

LENGTHS: Final = {"subject": 200, "description": 2000}
"""MaxLength of the columns of a task."""

DONE: Final = Verdict(Accepted(), httpx.codes.OK)

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TYPE: Final = "Microsoft.Dynamics.CRM"

Places = dict[str, Place | Verdict]
"""By lead: where it lives on, or why nothing can be done for it."""


async def places_of(
    environment: Environment, deliveries: Sequence[Delivery], now: datetime
) -> Places:
    """Return where leads live on; what is not there is told as such."""
    found = await look(environment, {one.lead: one for one in deliveries}, now)
    return {
        one.lead: found.get(one.lead) or Verdict(absent(one), httpx.codes.OK) for one in deliveries
    }


async def take_steps(
    environment: Environment, deliveries: Sequence[Delivery], now: datetime
) -> Reply:
    """Carry out the steps of *deliveries*, no two of which are of one lead."""
    steps = Steps(environment, await places_of(environment, deliveries, now), now)
    return await take(deliveries, ways_of(steps))


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of leads whose places are known."""

    environment: Environment
    places: Places
    now: datetime

    async def tasks(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Give people tasks about leads, or about what these were qualified to."""
        flat = [(one, self._task(one, place)) for one, place in self._there(deliveries)]
        return await self._operate(deliveries, flat)

    def _task(self, one: Delivery, place: Place) -> Operation:
        step = step_of(one)
        # About one thing, once: by its primary key.
        lookup, path = place.targets[-1]
        texts = fit(
            {"subject": subject(step), "description": words(step)}, LENGTHS, notes="description"
        )
        body = {
            **texts,
            "scheduledend": to_text(until(step, self.now)),
            f"regarding{lookup}_task@odata.bind": path.removeprefix(API),
            **_owner(place),
        }
        path = f"{API}/tasks({uuid5(NAMESPACE, step.id)})"
        return Operation("PATCH", path, {**UNCONDITIONAL, "If-None-Match": "*"}, body)

    async def notes(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Tell something in timelines, as of what a customer did."""
        zone = self.environment.settings.zone
        flat = [
            (one, noted(note(step_of(one), self.now), target, NAMESPACE, UNCONDITIONAL, zone))
            for one, place in self._there(deliveries)
            for target in place.targets
        ]
        return await self._operate(deliveries, flat)

    async def enlist(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Put leads on static lists; one that is on it stays there."""
        flat = [
            (one, _enlisted(step_of(one).into, place.lead_id))
            for one, place in self._there(deliveries)
            if not place.closed and _GUID.fullmatch(step_of(one).into)
        ]
        return await self._operate(deliveries, flat, listed=True)

    async def leave(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Take leads off lists; who is on none is off it."""
        asked = [
            (one, _membership(step_of(one).into, place.lead_id))
            for one, place in self._there(deliveries)
            if _GUID.fullmatch(step_of(one).into)
        ]
        answers = await operated(self.environment, asked, self.now)
        ours = {one.lead: one for one, _ in asked}
        unread = faults(ours, answers, UNDONE, self.now)
        flat = [
            (one, Operation("DELETE", f"{API}/listmembers({member})", UNCONDITIONAL))
            for lead, one in ours.items()
            if lead not in unread
            for member in ids_in(answers, lead, "listmemberid")
        ]
        left = await operated(self.environment, flat, self.now)
        kept = faults({one.lead: one for one, _ in flat}, left, UNDONE, self.now, gone)
        return self._verdicts(deliveries, {**unread, **kept}, listed=True)

    def _there(self, deliveries: Sequence[Delivery]) -> list[tuple[Delivery, Place]]:
        pairs = ((one, self.places[one.lead]) for one in deliveries)
        return [(one, place) for one, place in pairs if isinstance(place, Place)]

    async def _operate(
        self,
        deliveries: Sequence[Delivery],
        flat: Sequence[tuple[Delivery, Operation]],
        *,
        listed: bool = False,
    ) -> dict[str, Verdict]:
        answers = await operated(self.environment, flat, self.now)
        ours = {one.lead: one for one, _ in flat}
        return self._verdicts(deliveries, faults(ours, answers, UNDONE, self.now), listed=listed)

    def _verdicts(
        self, deliveries: Sequence[Delivery], found: dict[str, Verdict], *, listed: bool
    ) -> dict[str, Verdict]:
        """Return what became of each step, by its id; *found* are faults, by lead."""

        def verdict(one: Delivery) -> Verdict:
            place = self.places[one.lead]
            if isinstance(place, Verdict):
                return place
            if listed and not _GUID.fullmatch(step_of(one).into):
                return UNDONE.saying("expected the id of a static list")
            if step_of(one).verb is Verb.LIST and place.closed:
                return CLOSED
            return found.get(one.lead, DONE)

        return {step_of(one).id: verdict(one) for one in deliveries}


def ids_in(answers: Answers, lead: str, name: str) -> list[str]:
    """Return the ids, by the name of their column, that lists about *lead* have answered."""
    answer = answers.get(lead)
    parts = answer.parts if isinstance(answer, Answered) else ()
    rows = [row for part in parts if part for row in objects(object_in(part).get("value"))]
    return [found for row in rows if _GUID.fullmatch(found := text(row.get(name)))]


def _owner(place: Place) -> dict[str, str]:
    """Return whose a task is: the lead's owner's."""
    for column, table in (("_owninguser_value", "systemusers"), ("_owningteam_value", "teams")):
        if _GUID.fullmatch(owner := text(place.there.get(column))):
            return {"ownerid@odata.bind": f"/{table}({owner})"}
    return {}


def _enlisted(into: str, lead: str) -> Operation:
    body = {
        "List": {"listid": into, "@odata.type": f"{_TYPE}.list"},
        "Members": [{"leadid": lead, "@odata.type": f"{_TYPE}.lead"}],
    }
    return Operation("POST", f"{API}/AddListMembersList", UNCONDITIONAL, body)


def _membership(into: str, lead: str) -> Operation:
    where = f"_listid_value eq {into} and _entityid_value eq {lead}"
    return get(f"listmembers?$select=listmemberid&$filter={where}", HEADERS)
