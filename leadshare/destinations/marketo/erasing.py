"""Destinations: persons are taken out of Marketo: with all that is told of them, or overwritten.

Marketo tells no maker. The text of a lead is written by the call that makes a person, and never
later: who shows one, under the id that this call answered, is ours.
Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected, Reply
from leadshare.destinations.erasing import UNFORGOTTEN, Standing, did, forget
from leadshare.destinations.errors import Refused
from leadshare.destinations.marketo.answers import (
    COMPANY_REFUSED,
    CallRefused,
    code_of,
    kept,
    rows_in,
    verdict,
)
from leadshare.destinations.marketo.api import DELETE, PEOPLE, Api
from leadshare.destinations.marketo.fields import NOTES, OF_COMPANY, made_by_us
from leadshare.destinations.marketo.steps import Person, Steps, persons_of
from leadshare.destinations.marketo.timeline import Timeline, of_call
from leadshare.destinations.replies import Verdict, Verdicts
from leadshare.destinations.settings import Erasure
from leadshare.destinations.writing.mapping import Value, Write
from leadshare.destinations.writing.policy import Did
from leadshare.reason import Reason
from leadshare.store.keys import contact_of

DELETED: Final = "deleted"


def proof_by(writes: Mapping[str, Write]) -> str:
    """Return the field by which persons are known as ours, "" where it is written later, too."""
    return NOTES if writes.get(NOTES) is Write.ONCE else ""


@dataclass(frozen=True, slots=True)
class Eraser:
    """How persons who are known are taken out there."""

    api: Api
    timeline: Timeline
    key: str
    how: Erasure
    overwritten: dict[str, Value | None]
    """What their fields hold instead."""
    proof: str
    """The field that holds a text where we made the person; "" where there is none."""

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Take persons out; see `Destination.forget`. A task is an entry in the timeline."""
        # As if accepted: then who is not there is gone.
        sent = [replace(one, sent=1) for one in deliveries]
        asked = [self.proof] if self.proof else []
        persons = await persons_of(self.api, self.key, sent, asked, now)
        stand = {one.lead: self._stands(one, persons[one.lead]) for one in deliveries}

        async def erase(ours: Sequence[Delivery]) -> Verdicts:
            return {one.lead: await self._erase(persons[one.lead], now) for one in ours}

        tasks = Steps(self.api, self.timeline, persons, now).notes
        return await forget(deliveries, stand, erase, tasks, self.how)

    def _stands(self, one: Delivery, person: Person | Verdict) -> Standing | Verdict:
        if isinstance(person, Verdict):
            missing = person.outcome == Rejected(Reason.DELETED_IN_CRM)
            return Standing.GONE if missing else person
        same = contact_of(str(person.get(self.key))) == contact_of(one.lead)
        kept = str(person.get("id")) == one.record_id
        ours = same and kept and bool(self.proof and person.get(self.proof))
        return Standing.OURS if ours else Standing.THEIRS

    async def _erase(self, person: Person | Verdict, now: datetime) -> Verdict:
        assert not isinstance(person, Verdict), "only who is there is ours"  # noqa: S101 - `_stands`
        number = person.get("id")
        try:
            await self.timeline.clear(str(number), now)
            if self.how is Erasure.DELETE:
                return did(Did.DELETED, await self._deleted(number, now))
            return did(Did.ANONYMISED, await self._overwrite(number, self.overwritten, now))
        except CallRefused as refused:
            return did(Did.DELETED, of_call(refused, UNFORGOTTEN))

    async def _deleted(self, number: object, now: datetime) -> Verdict:
        body = {"input": [{"id": number}]}
        [row] = rows_in(await self.api.ask("POST", DELETE, now, json=body), 1)
        return verdict(Accepted()) if row.get("status") == DELETED else UNFORGOTTEN

    async def _overwrite(
        self, number: object, values: dict[str, Value | None], now: datetime
    ) -> Verdict:
        """Overwrite; without the fields of a company that is not ours to change."""
        record = {"id": number, **values}
        body = {"action": "updateOnly", "lookupField": "id", "input": [record]}
        [row] = rows_in(await self.api.ask("POST", PEOPLE, now, json=body), 1)
        left = {name: value for name, value in values.items() if name not in OF_COMPANY}
        if code_of(row.get("reasons")) == COMPANY_REFUSED and left != values:
            return await self._overwrite(number, left, now)
        became = kept(row)
        refused = isinstance(became.outcome, Rejected)
        return UNFORGOTTEN.saying(became.outcome.said) if refused else became


async def take_away(api: Api, key: str, delivery: Delivery, now: datetime) -> None:
    """Delete the person of a test lead, if that is what it was written for last.

    Never one that was there before us. Raises `Refused`.
    """
    try:
        asked = ("id", "createdAt")
        people = await api.people(key, [delivery.lead], asked, now)
        if not all(made_by_us(person, delivery) for person in people):
            raise Refused(Reason.ERASE_REFUSED)
        if people:
            body = {"input": [{"id": person.get("id")} for person in people]}
            answer = await api.ask("POST", DELETE, now, json=body)
            if any(row.get("status") != DELETED for row in rows_in(answer, len(people))):
                raise Refused(Reason.ERASE_REFUSED)
    except CallRefused as refused:
        raise Refused(refused.verdict.reason) from None
