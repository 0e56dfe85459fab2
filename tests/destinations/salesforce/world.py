"""An org in which sellers work, and the destination that asks it what became of leads."""

from __future__ import annotations

from typing import Any

from leadshare.lifecycle.outcome import Outcome
from tests.destinations.polling import follow, lead_of
from tests.destinations.salesforce.beside import US
from tests.destinations.salesforce.database import KEY
from tests.destinations.simulators.salesforce import Account


class World:
    """An org with leads of ours."""

    def __init__(self, **changes: Any) -> None:
        self.org = Account()
        self.history = self.org.history
        self.crm: Any = self.org.destination(**changes)

    def put(self, number: int = 1, **fields: Any) -> str:
        """A lead as we made it; its id."""
        return self.org.put(US, **{KEY: lead_of(number), "LastName": "Li", **fields})

    def change(self, lead: str, by: str, **fields: Any) -> None:
        """Somebody changes a lead."""
        self.org.leads[lead] |= fields
        self.history.stamped(self.org.leads[lead], by)

    async def all(self, cursor: str = "") -> tuple[list[Outcome], str]:
        """Ask until there is no more."""
        return await follow(lambda at: self.crm.changed(at, self.history.now), cursor)

    async def one(self) -> Outcome:
        """What the only lead tells."""
        [told], _ = await self.all()
        return told
