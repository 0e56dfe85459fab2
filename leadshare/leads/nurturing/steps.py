"""Leads: work off tracks whose next step is due: hand it to its destination, or end the track."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from leadshare.deliveries.delivery import Kind
from leadshare.deliveries.lanes.visit import nudges
from leadshare.deliveries.worker import WorkerContext
from leadshare.errors import Conflict, LeadshareError
from leadshare.leads.held import Held, read_held
from leadshare.leads.tracks.deciding import following
from leadshare.leads.tracks.standing import Next, Standing, Terms
from leadshare.leads.tracks.telling import log_tracks
from leadshare.store.keys import contact_key, contact_of, deliveries_of, lead_key
from leadshare.store.table import Change, Row

log = logging.getLogger("leadshare.leads.nurturing.steps")

EVERY: Final = timedelta(minutes=5)
"""How often it is looked whether any are due: 16 readings. More often where steps are closer."""

LOOKS: Final = 8
"""How often it is looked at least within the shortest time between two steps."""


class Ending(Protocol):
    """What plans how the track of a lead ends, of whose contact something is *held*."""

    def __call__(self, held: Held, lead: str, over: str) -> list[list[Change]]:
        """Return the transactions in which it ends, for why it is *over*."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Works off the tracks of leads."""

    context: WorkerContext
    terms: Terms
    ending: Ending

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of row that are its own."""
        return (Kind.STEP,)

    @property
    def every(self) -> timedelta:
        """How often it is looked whether any are due."""
        return min(EVERY, self.terms.tracks.shortest / LOOKS)

    async def work_off(self, due: Sequence[Row]) -> None:
        """Have the next step of each track done that is *due*, by how its lead stands now."""
        faults = list[LeadshareError]()
        for row in due:
            try:
                await self._work_off(row)
            except Conflict:
                pass  # What has happened to it meanwhile has moved its row, or it is due still.
            except LeadshareError as error:
                faults.append(error)  # which keeps no other lead waiting
        for fault in faults:
            raise fault

    async def _work_off(self, row: Row) -> None:
        at = await self._read(row)
        if at is None:
            await self.context.table.write(
                row.partition, [Change("delete", row.key, etag=row.etag)]
            )
            return
        found = following(at, self.terms, self.context.clock())
        changes = await (self._end(at, found.ends) if found.ends else self._write(at, found))
        keys = [change.key for change in changes if change.kind != "delete"]
        await self.context.nudger.nudge(nudges(row.partition, keys, self.context.clock()))

    async def _read(self, row: Row) -> Standing | None:
        """Read all that the next step hangs on; None where the row is no lead's."""
        name, table = row.values["lead"], self.context.table
        columns = ("destination", "record_id", "sent", "state")
        contact, lead, deliveries = await asyncio.gather(
            table.get(row.partition, contact_key(contact_of(name))),
            table.get(row.partition, lead_key(name)),
            table.read(row.partition, *deliveries_of(name), columns=columns),
        )
        if contact is None or lead is None or lead.values.get("track_due") != row.key:
            return None
        return Standing(row, lead, contact, {one.values["destination"]: one for one in deliveries})

    async def _write(self, at: Standing, found: Next) -> Sequence[Change]:
        await self.context.table.write(at.due.partition, found.changes)
        if found.event:
            log.info(found.event, extra=found.facts)
        return found.changes

    async def _end(self, at: Standing, over: str) -> Sequence[Change]:
        """End the track: the lead's stage moves, and all who have the lead hear of that."""
        lead = at.lead.values["lead"]
        held = await read_held(self.context.table, lead)
        if lead not in held.leads or held.leads[lead].values.get("track_due") != at.due.key:
            return ()
        written: list[Change] = []
        for changes in self.ending(held, lead, over):
            await self.context.table.write(at.due.partition, changes)
            log_tracks(changes)
            written += changes
        return written
