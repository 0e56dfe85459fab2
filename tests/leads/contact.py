"""A contact's rows, and what one more touch changes in them."""

from __future__ import annotations

from typing import Any

from leadshare.configuration.models import Configuration
from leadshare.leads.held import COLUMNS, Held
from leadshare.leads.planning.touches import plan
from leadshare.leads.routing import Routes
from leadshare.leads.touch import Touch
from leadshare.store.keys import partition_of, without_attempts
from leadshare.store.table import Change, Row
from tests.builders import configuration, touch
from tests.memory import MemoryTable

CRM, SELLERS = {"name": "crm"}, {"name": "sellers", "channel": "field_seller"}

BOTH = configuration(CRM, SELLERS)


class Contact:
    """One contact's rows in a table, and what is planned on top of them."""

    def __init__(self) -> None:
        self.table = MemoryTable()

    async def plan(
        self, one: Touch, told: Configuration[Any] = BOTH, raw: bytes = b"{}"
    ) -> list[list[Change]]:
        """What a touch would change."""
        span = without_attempts(one.contact)
        rows = await self.table.read(partition_of(one.contact), *span, columns=COLUMNS)
        return plan(Held.of(rows), one, raw, Routes.of(told), told.scoring, one.received)

    async def take(self, one: Touch, told: Configuration[Any] = BOTH) -> None:
        """Change what a touch changes."""
        for changes in await self.plan(one, told):
            await self.table.write(partition_of(one.contact), changes)

    async def write(self, changes: list[Change]) -> None:
        """Make *changes*."""
        await self.table.write(touch().contact[0], changes)

    async def due(self) -> list[Row]:
        """What is due."""
        return await self.table.read(touch().contact[0], "due|", "due|~")

    def deliveries(self) -> dict[str, tuple[str, int]]:
        """State and wanted version by destination, of the only lead."""
        return {
            values["destination"]: (values["state"], values["wanted"])
            for values in self.table.values("delivery")
        }
