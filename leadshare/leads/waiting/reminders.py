"""Leads: work off reminders that are due: ask once more whether somebody has called, then tell."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from leadshare.configuration.clock import Clock
from leadshare.deliveries.delivery import REMINDERS
from leadshare.deliveries.lanes.visit import nudges
from leadshare.deliveries.worker import WorkerContext
from leadshare.errors import Conflict, LeadshareError
from leadshare.leads.waiting import reminding
from leadshare.store.keys import contact_key, contact_of, deliveries_of, lead_key
from leadshare.store.table import Change, Row
from leadshare.times import from_text

log = logging.getLogger("leadshare.leads.waiting.reminders")

EVERY: Final = timedelta(minutes=1)
"""How often it is looked whether any are due: 16 readings. More often where time is shorter."""

LOOKS: Final = 8
"""How often it is looked at least within the time until the reminder."""


class Asker(Protocol):
    """What asks a system what became of leads, writes it down, and keeps to its lane's budget."""

    @property
    def names(self) -> Collection[str]:
        """The destinations that can be asked."""

    async def ask(self, destination: str, records: Mapping[str, str]) -> Collection[str]:
        """Ask about the *records* of leads; return those leads that it told of."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A reminder that is due, and its lead as it stands."""

    alarm: Row
    lead: Row | None
    opted_out: bool
    records: Mapping[str, str]
    """The ids of its records by destination; "" where it has none yet."""

    @property
    def waits(self) -> bool:
        """Whether nobody is known to have called, and somebody is to."""
        lead = self.lead
        return bool(lead and lead.values.get("alarm") == self.alarm.key and not self.opted_out)


@dataclass(frozen=True, slots=True)
class Reminders:
    """Tells notices of leads that nobody has called in time."""

    context: WorkerContext
    clock: Clock
    asker: Asker

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of row that are its own."""
        return REMINDERS

    @property
    def every(self) -> timedelta:
        """How often it is looked whether any are due."""
        return min(EVERY, self.clock.reminds_after / LOOKS)

    async def work_off(self, due: Sequence[Row]) -> None:
        """Ask about the leads that are *due*, and tell of those that still wait."""
        ripe = [
            one for alarm in due if (one := await self._read(alarm)) if await self._is_ripe(one)
        ]
        unread, faults = await self._ask(ripe), list[LeadshareError]()
        for one in ripe:
            try:
                # Read anew, for what was told is written down by now.
                await self._end(await self._read(one.alarm), unread[one.alarm.values["lead"]])
            except LeadshareError as error:
                faults.append(error)  # which keeps nobody from hearing of another lead
        for fault in faults:
            raise fault

    async def _read(self, alarm: Row) -> Standing:
        name = alarm.values["lead"]
        partition, columns = alarm.partition, ("destination", "record_id")
        contact, lead, deliveries = await asyncio.gather(
            self.context.table.get(partition, contact_key(contact_of(name))),
            self.context.table.get(partition, lead_key(name)),
            self.context.table.read(partition, *deliveries_of(name), columns=columns),
        )
        told = ((row.values["destination"], row.values["record_id"]) for row in deliveries)
        records = {name: record for name, record in told if name in self.asker.names}
        return Standing(alarm, lead, bool(contact and contact.values.get("opted_out")), records)

    async def _is_ripe(self, one: Standing) -> bool:
        """Say whether it must be asked about *one* now; else it stops, or holidays put it off."""
        if one.waits and one.lead:
            changes = reminding.postponed(one.lead, one.alarm, self.clock, self.context.clock())
        else:
            changes = reminding.stopped(one.lead, one.alarm)
        if changes:
            await self._write(one.alarm, changes)
        return not changes

    async def _ask(self, ripe: Sequence[Standing]) -> Mapping[str, list[str]]:
        """Ask all systems about the leads that are *ripe*; return by lead which could not be."""
        asked: dict[str, dict[str, str]] = defaultdict(dict)
        for one in ripe:
            for destination, record in one.records.items():
                if record:
                    asked[destination][one.alarm.values["lead"]] = record
        told = await asyncio.gather(*(self.asker.ask(*each) for each in asked.items()))
        unread: dict[str, list[str]] = defaultdict(list)
        for (destination, records), leads in zip(asked.items(), told, strict=True):
            for lead in records.keys() - leads:
                unread[lead].append(destination)
        return unread

    async def _end(self, one: Standing, unread: Sequence[str]) -> None:
        """Tell of *one*, or try again later, unless somebody has called meanwhile."""
        now = self.context.clock()
        if not one.waits or one.lead is None:
            await self._write(one.alarm, reminding.stopped(one.lead, one.alarm))
            return
        if unread and (later := reminding.put_off(one.lead, one.alarm, now)):
            await self._write(one.alarm, later)
            return
        changes = reminding.reminded(one.lead, one.alarm, self.clock, unread, now)
        if not await self._write(one.alarm, changes):
            return
        since = from_text(one.lead.values["ready_at"])
        facts: dict[str, Any] = {name: one.alarm.values[name] for name in ("lead", "kind")}
        facts["waited_ms"] = round((now - since).total_seconds() * 1000)
        log.warning("reminder.owed", extra={**facts, "unread": len(unread)})
        keys = [change.key for change in changes if change.kind == "insert"]
        await self.context.nudger.nudge(nudges(one.alarm.partition, keys, now))

    async def _write(self, alarm: Row, changes: Sequence[Change]) -> bool:
        """Make *changes*; say whether the lead was still as it was read."""
        try:
            await self.context.table.write(alarm.partition, changes)
        except Conflict:
            return False  # What has happened to it meanwhile has changed its alarm, too, or will.
        return True
