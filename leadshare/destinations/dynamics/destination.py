"""Destinations: Dynamics 365 Sales, whose leads are rows of Dataverse, through its Web API.

Vendor pages are cited by their file names in MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final

import httpx

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected, Reply
from leadshare.destinations.dynamics.answers import judge
from leadshare.destinations.dynamics.batch import API, Operation
from leadshare.destinations.dynamics.environment import (
    NAMESPACE,
    UNCONDITIONAL,
    Environment,
    parts_of,
)
from leadshare.destinations.dynamics.outcomes.reading import SWEEP, changed, current
from leadshare.destinations.dynamics.places import Place, followed, place_in, selected
from leadshare.destinations.dynamics.plans import Answered, Answers, Plan
from leadshare.destinations.dynamics.timeline import noted
from leadshare.destinations.mapping import Value
from leadshare.destinations.narrowing import NOT_SENT, in_parts
from leadshare.destinations.replies import Round, Verdict, failed, refusal, same, unreadable
from leadshare.destinations.telling import Note
from leadshare.lifecycle.outcome import Changed, Outcome, Records
from leadshare.reason import Reason

MOST_OPERATIONS: Final = 40
"""Requests in one batch that write: ten leads with three entries each; see `batch_size`."""

MERGERS: Final = 3
"""How often a lead is followed to the one that it was merged into."""

Found = dict[str, Place | Verdict]
"""By lead: what is there of it, or what it means that nothing can be said."""


class Dynamics(Environment):
    """One environment.

    What may be there is looked up, and written only if it is still as found (`If-Match`): only its
    statecode keeps a closed lead from being changed, the API itself would allow it. A first write
    only creates (`If-None-Match: *`), though the key is ours: after a crash before the attempt was
    noted, a plain upsert would change unseen what a seller may have closed since.
    """

    sweep_size: ClassVar[int] = SWEEP

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Look up, write each lead, tell what came later; see `in_parts`."""

        async def write(some: Sequence[Delivery]) -> dict[str, Verdict]:
            known = {one.lead: one for one in some if one.known}
            found = await self._look(known, now)
            plans = [self._plan(one, found.get(one.lead)) for one in some]
            answers = await self._operated(plans, now)
            return {plan.delivery.lead: plan.judged(answers, now) for plan in plans}

        return Round(deliveries).settle(await in_parts(deliveries, write)).reply()

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask for leads that changed, whose opportunities did, and for which somebody acted."""
        return await changed(self, cursor, now)

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Ask for the leads by their ids, with their opportunities and activities."""
        return await current(self, records, now)

    async def _look(self, known: Mapping[str, Delivery], now: datetime) -> Found:
        """Return what is there of those that are *known*; nothing of what is to be created."""
        found = await self._read({lead: self.path(one) for lead, one in known.items()}, known, now)
        for _ in range(MERGERS):
            merged: dict[str, Place] = {
                k: one for k, one in found.items() if isinstance(one, Place) and one.master
            }
            paths = {lead: f"{API}/leads({one.master})" for lead, one in merged.items()}
            for lead, master in (await self._read(paths, known, now)).items():
                if isinstance(master, Place):
                    found[lead] = followed(merged[lead], master)
                else:
                    found[lead] = master
        return found

    async def _read(
        self, paths: Mapping[str, str], known: Mapping[str, Delivery], now: datetime
    ) -> Found:
        """Read the leads at *paths* in one batch."""
        ours, columns = [known[lead] for lead in paths], selected(self.compared)
        if not ours:
            return {}
        response = await self.post([self.found(path, columns) for path in paths.values()], now)
        parts = parts_of(response, len(paths))
        if refused := refusal(response, now, ours):
            return {**same(ours, refused)}
        if all(part is None for part in parts):
            return {**same(ours, unreadable(response))}
        found: Found = {}
        for part, (lead, path) in zip(parts, paths.items(), strict=True):
            if part is None or part.status_code != httpx.codes.NOT_FOUND or known[lead].sent:
                verdict = replace(judge(part, known[lead], now), status=response.status_code)
                found[lead] = (part and place_in(part, path)) or verdict
        return found

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

    async def _operated(self, plans: Sequence[Plan], now: datetime) -> Answers:
        """Carry out *plans* in batches; what an earlier one was told stays so."""
        answers: Answers = {}
        flat = [(plan.delivery, one) for plan in plans for one in plan.operations]
        rest: Verdict | None = None
        for start in range(0, len(flat), MOST_OPERATIONS):
            some = flat[start : start + MOST_OPERATIONS]
            ours = [delivery for delivery, _ in some]
            got = rest or await self._batch(ours, [one for _, one in some], now)
            if isinstance(got, Verdict):
                answers |= same(ours, got)
                rest = NOT_SENT
                continue
            for one, part in zip(ours, got.parts, strict=True):
                before = answers.get(one.lead)
                earlier = before.parts if isinstance(before, Answered) else ()
                answers[one.lead] = Answered((*earlier, part), got.status)
        return answers

    async def _batch(
        self, ours: Sequence[Delivery], operations: Sequence[Operation], now: datetime
    ) -> Answered | Verdict:
        """Carry out *operations*; return their answers, or what it means that there are none."""
        try:
            response = await self.post(operations, now)
        except httpx.TransportError as error:
            return failed(error)
        if refused := refusal(response, now, ours):
            return refused
        parts = parts_of(response, len(operations))
        return Answered(tuple(parts), response.status_code) if any(parts) else unreadable(response)
