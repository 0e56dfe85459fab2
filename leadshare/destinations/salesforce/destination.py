"""Destinations: Salesforce, whose leads are Lead sObjects, through its REST API."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar

import httpx

from leadshare.deliveries.delivery import Delivery, Reply
from leadshare.destinations.narrowing import NOT_SENT
from leadshare.destinations.salesforce.campaigns import join, unknown
from leadshare.destinations.salesforce.erasing import take_out
from leadshare.destinations.salesforce.org import Org
from leadshare.destinations.salesforce.outcomes.reading import SWEEP, Outcomes
from leadshare.destinations.salesforce.records import create, look, update
from leadshare.destinations.salesforce.sign_in import SalesforceSettings
from leadshare.destinations.salesforce.steps import take_steps
from leadshare.destinations.salesforce.timeline import tell
from leadshare.destinations.salesforce.visit import Visit
from leadshare.destinations.settings import Erasure
from leadshare.destinations.steps import CRM_VERBS
from leadshare.lifecycle.outcome import Changed, Outcome, Records


class Salesforce(Org):
    """One org.

    A lead is created by an insert with our own id in a unique field: it is atomic, so that
    repeating it needs no search, and what is there it leaves as it is. What was there is read, and
    only then written and told.
    """

    sweep_size: ClassVar[int] = SWEEP
    verbs = CRM_VERBS
    erasures = frozenset(Erasure)

    def __init__(self, settings: SalesforceSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self._outcomes = Outcomes(self)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Create what is new, read what is there, write what may be, tell the rest, and join."""
        visit = Visit.of(deliveries, now)
        await create(self, visit)
        places = await look(self, visit)
        await update(self, visit, places)
        await tell(self, visit, places)
        await join(self, visit, places)
        return visit.done.reply(NOT_SENT)

    async def unknown_campaigns(self, now: datetime) -> Collection[str]:
        """Query the campaigns by their ids."""
        return await unknown(self, now)

    async def take_steps(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read where the leads live on, and do there what the steps say."""
        return await take_steps(self, deliveries, now)

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read what is there, and take persons out of leads that are ours."""
        return await take_out(self, deliveries, now)

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask for leads that changed, whose opportunity did, and for which somebody acted."""
        return await self._outcomes.changed(cursor, now)

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Retrieve the leads by their ids, and the opportunities that they were converted to."""
        return await self._outcomes.current(records, now)
