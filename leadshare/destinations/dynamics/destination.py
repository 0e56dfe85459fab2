"""Destinations: Dynamics 365 Sales, whose leads are rows of Dataverse, through its Web API.

Vendor pages are cited by their file names in MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

import httpx

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected, Reply
from leadshare.destinations.campaigns import UNJOINED, campaign_of
from leadshare.destinations.description import Description
from leadshare.destinations.dynamics.batch import Operation
from leadshare.destinations.dynamics.campaigns import joined, unknown
from leadshare.destinations.dynamics.environment import (
    NAMESPACE,
    UNCONDITIONAL,
    Environment,
)
from leadshare.destinations.dynamics.erasing import take_out
from leadshare.destinations.dynamics.looking import Found, look
from leadshare.destinations.dynamics.outcomes.reading import SWEEP, changed, current
from leadshare.destinations.dynamics.places import Place
from leadshare.destinations.dynamics.plans import Plan, faults, operated
from leadshare.destinations.dynamics.rights import with_rights
from leadshare.destinations.dynamics.steps import take_steps
from leadshare.destinations.dynamics.timeline import noted
from leadshare.destinations.narrowing import in_parts, in_turns
from leadshare.destinations.replies import (
    Round,
    Verdict,
    Verdicts,
)
from leadshare.destinations.settings import Erasure
from leadshare.destinations.steps import CRM_VERBS
from leadshare.destinations.writing.mapping import Value
from leadshare.destinations.writing.telling import Note
from leadshare.lifecycle.outcome import Changed, Outcome, Records
from leadshare.reason import Reason


class Dynamics(Environment):
    """One environment.

    What may be there is looked up, and written only if it is still as found (`If-Match`): only its
    statecode keeps a closed lead from being changed, the API itself would allow it. A first write
    only creates (`If-None-Match: *`), though the key is ours: after a crash before the attempt was
    noted, a plain upsert would change unseen what a seller may have closed since.
    """

    sweep_size: ClassVar[int] = SWEEP
    verbs = CRM_VERBS
    erasures = frozenset(Erasure)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Look up, write each lead, tell what came later, and join; see `in_parts`."""

        async def write(some: Sequence[Delivery]) -> dict[str, Verdict]:
            known = {one.lead: one for one in some if one.known}
            found = await look(self, known, now)
            plans = [self._plan(one, found.get(one.lead)) for one in some]
            answers = await operated(self, [pair for plan in plans for pair in plan.pairs], now)
            verdicts = {plan.delivery.lead: plan.judged(answers, now) for plan in plans}
            return verdicts | await self._join(some, found, verdicts, now)

        return Round(deliveries).settle(await in_parts(deliveries, write)).reply()

    async def take_steps(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Look the leads up, and do there what the steps say."""
        return await in_turns(partial(take_steps, self), deliveries, now)

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Look the leads up, and take persons out of those that are ours."""
        return await take_out(self, deliveries, now)

    async def describe(self, now: datetime) -> Description:
        """Read the lead table's metadata, and what our user may do besides."""
        return await with_rights(self, await super().describe(now), now)

    async def unknown_campaigns(self, now: datetime) -> Collection[str]:
        """Read the campaigns by their ids, in one batch."""
        return await unknown(self, now)

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask for leads that changed, whose opportunities did, and for which somebody acted."""
        return await changed(self, cursor, now)

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Ask for the leads by their ids, with their opportunities and activities."""
        return await current(self, records, now)

    def _plan(self, one: Delivery, found: Place | Verdict | None) -> Plan:
        """Return what is done for *one*, of which that was *found*."""
        if isinstance(found, Verdict):
            return Plan(one, found)
        if found is None:
            created = self._write(one, {"If-None-Match": "*"}, self.values(one))
            told = self._notes(Place(self.path(one)), self.told_at_once(one))
            return Plan(one, operations=[created, *told])
        if not found.etag and one.entries and not self.settings.timeline:
            return Plan(one, Verdict(Rejected(Reason.CLOSED_IN_CRM), httpx.codes.OK))
        told = self._notes(found, self.told_late(one, found.there))
        if found.etag and (values := self.changes(one, found.there)):
            return Plan(one, operations=[self._write(one, {"If-Match": found.etag}, values), *told])
        return Plan(one, Verdict(Accepted(found.record_id), httpx.codes.OK), told)

    def _write(
        self, one: Delivery, condition: Mapping[str, str], values: Mapping[str, Value]
    ) -> Operation:
        return Operation("PATCH", self.path(one), {**UNCONDITIONAL, **condition}, values)

    def _notes(self, place: Place, notes: Sequence[Note]) -> list[Operation]:
        zone = self.settings.zone
        return [
            noted(note, target, NAMESPACE, UNCONDITIONAL, zone)
            for note in notes
            for target in place.targets
        ]

    async def _join(
        self, some: Sequence[Delivery], found: Found, verdicts: Verdicts, now: datetime
    ) -> dict[str, Verdict]:
        """Put those that are taken into their campaigns; return who could not be."""
        owed: list[tuple[Delivery, Operation]] = []
        for one in some:
            into, place = campaign_of(one, self.campaigns), found.get(one.lead)
            place = place if isinstance(place, Place) else Place(self.path(one))
            if into and isinstance(verdicts[one.lead].outcome, Accepted):
                owed += [(one, op) for op in joined(one, place, into, NAMESPACE, UNCONDITIONAL)]
        ours = {one.lead: one for one, _ in owed}
        return faults(ours, await operated(self, owed, now), UNJOINED, now)
