"""Leads: ask a system about some leads at once, in a visit of its own to that system's lane."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from leadshare.deliveries.calling import Destination
from leadshare.deliveries.lanes.visit import Nudge
from leadshare.deliveries.worker import Worker, WorkerContext
from leadshare.errors import LeadshareError
from leadshare.lifecycle.outcome import Records

log = logging.getLogger("leadshare.leads.waiting.asking")

PATIENCE: Final = 15.0
"""Seconds that a visit may take."""


@dataclass(frozen=True, slots=True)
class LaneAsker:
    """Asks destinations within their lanes' leases and budgets."""

    context: WorkerContext
    destinations: Mapping[str, Destination]

    @property
    def names(self) -> Collection[str]:
        """The destinations that can be asked."""
        return self.destinations.keys()

    async def ask(self, destination: str, records: Records) -> Collection[str]:
        """Ask about the *records* of leads; return those leads that it told of.

        None where another has the lane, or nothing may leave it now.
        """
        end = asyncio.get_running_loop().time() + PATIENCE
        nobody = Nudge(destination, mask=0)
        worker = Worker(self.context, self.destinations[destination], end, nobody, records=records)
        try:
            await worker.work()
        except LeadshareError as error:
            log.error("lane.failed", extra={"destination": destination, "fault": str(error)})  # noqa: TRY400 - ours carry no data, traces may
        return worker.told
