"""An environment of Dynamics 365 in which sellers work, and the destination that asks it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx

from leadshare.lifecycle.outcome import Changed, Outcome
from tests.destinations.annotations import APP
from tests.destinations.dataverse import Dataverse
from tests.destinations.dynamics.builders import URL, Tokens, dynamics_at
from tests.destinations.odata import guids
from tests.destinations.polling import follow, lead_of
from tests.destinations.schemas import Exchange

KEY = "new_leadshareid"


class World:
    """One environment with leads of ours, and the destination that asks it, by a key if it has."""

    def __init__(self, key: str = KEY, **changes: Any) -> None:
        self.service = Dataverse(URL, key=key and KEY)
        self.tables = self.service.tables
        self.exchanges: list[Exchange] = []
        self.crm = dynamics_at(self._handle, Tokens(), key=key, **changes)
        self.guids = guids()

    def _handle(self, request: httpx.Request) -> httpx.Response:
        answer = self.service.handle(request)
        self.exchanges.append((request, answer))
        return answer

    def put(self, number: int = 1, by: str = APP, **columns: Any) -> str:
        """A lead of ours, as somebody left it; its GUID."""
        guid = next(self.guids)
        fresh = {"leadid": guid, "statecode": 0, "statuscode": 1, "versionnumber": 0}
        stamps = {"createdby": APP, "modifiedby": by, "modifiedon": self.tables.now}
        self.service.leads[guid] = {**fresh, KEY: lead_of(number), **stamps, **columns}
        return guid

    def deal(self, lead: str, **columns: Any) -> str:
        """An opportunity that a lead was qualified to; its GUID."""
        guid = next(self.guids)
        self.tables.put("opportunity", guid, originatingleadid=lead, **columns)
        return guid

    async def page(self, cursor: str) -> Changed:
        """Ask for one page, and for the leads of the records on it."""
        page = await self.crm.changed(cursor, self.tables.now)
        records = {self.service.leads[one][KEY]: one for one in page.records}
        told = await self.crm.current(records, self.tables.now) if records else ()
        return replace(page, outcomes=(*page.outcomes, *told))

    async def all(self, cursor: str = "") -> tuple[list[Outcome], str]:
        """Ask until there is no more."""
        return await follow(self.page, cursor)

    async def one(self) -> Outcome:
        """What the only lead tells."""
        [told], _ = await self.all()
        return told
