"""Leads: stop reminders that are due though no clock is configured any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from leadshare.deliveries.delivery import REMINDERS
from leadshare.errors import Conflict
from leadshare.leads.waiting.reminders import EVERY
from leadshare.leads.waiting.reminding import stopped
from leadshare.store.keys import lead_key
from leadshare.store.table import Row, Table


@dataclass(frozen=True, slots=True)
class Unclocked:
    """Takes out of the house lane what a clock has put there that is no more."""

    table: Table

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of row that are its own."""
        return REMINDERS

    @property
    def every(self) -> timedelta:
        """How often it is looked whether there are any."""
        return EVERY * 60

    async def work_off(self, due: Sequence[Row]) -> None:
        """Stop reminding of the leads that are *due*."""
        for alarm in due:
            lead = await self.table.get(alarm.partition, lead_key(alarm.values["lead"]))
            try:
                await self.table.write(alarm.partition, stopped(lead, alarm))
            except Conflict:
                continue  # It has moved meanwhile.
