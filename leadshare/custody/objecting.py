"""Custody: somebody objects: no more steps, reminders or lists for them; their records stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadshare.custody.erasing.held import Held
from leadshare.custody.erasing.subject import Subject, Subjects
from leadshare.leads.held import OPT_OUT
from leadshare.leads.outcomes.recording import Recorder
from leadshare.leads.waiting.rows import end
from leadshare.lifecycle.outcome import Outcome
from leadshare.lifecycle.posted.settings import PEOPLE
from leadshare.store.keys import contact_key, partition_of, suppressed_key
from leadshare.store.retrying import until_written
from leadshare.store.table import TRANSACTION, Change, Table
from leadshare.times import to_text


@dataclass(frozen=True, slots=True)
class Objections:
    """Notes in the contacts' own rows that they want to hear no more, and ends what waits."""

    table: Table
    subjects: Subjects
    recorder: Recorder
    clock: Callable[[], datetime]

    async def object(self, kind: str, text: str) -> dict[str, Any]:
        """Take down the objection of whom is known by a *text* of a kind, be they here or not yet.

        It outlives an erasure, and a second one changes nothing.
        """
        subject: Subject = await self.subjects.find(kind, text)
        for held in subject.held:
            for lead in held.of("lead")[:1]:  # which leaves the tracks of all the contact's leads
                out = Outcome(lead.values["lead"], PEOPLE, self.clock(), opted_out=True)
                await self.recorder.record([out])
            await self._object(held.contact)
        return {
            "contacts": len(subject.held),
            "leads": sum(len(held.of("lead")) for held in subject.held),
            "shared_phones": subject.shared,
        }

    async def _object(self, contact: str) -> None:
        async def write() -> None:
            held = await self.subjects.held(contact)
            for changes in planned(held, self.clock()):
                await self.table.write(partition_of(contact), changes)

        await until_written("a contact", write)


def planned(held: Held, now: datetime) -> list[list[Change]]:
    """Return the transactions by which a contact objects, of whom so much is *held*."""
    ends = [(lead, *end(lead.values)) for lead in held.of("lead")]
    ended = [
        [Change("merge", lead.key, over, lead.etag), *gone] for lead, over, gone in ends if gone
    ]
    first = _objected(held, now)
    parts: list[list[Change]] = [first] if first else []
    for changes in ended:
        if not parts or len(parts[-1]) + len(changes) > TRANSACTION:
            parts.append([])
        parts[-1] += changes
    return parts


def _objected(held: Held, now: datetime) -> list[Change]:
    """Return how a contact's own row says so, and when that goes; nothing if it does already."""
    says = dict(zip(OPT_OUT, (to_text(now), PEOPLE), strict=True))
    if held.row is None:
        counts = dict.fromkeys(("touches", "leads", "listings"), 0)
        values = {**counts, **says, "updated": to_text(now)}
        kept = Change("upsert", suppressed_key(now, held.contact), {"contact": held.contact})
        return [Change("insert", contact_key(held.contact), values), kept]
    if held.row.values.get(OPT_OUT[0]):
        return []
    return [Change("merge", held.row.key, says, held.row.etag)]
