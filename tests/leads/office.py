"""A table of leads, what works on it, and a clock that moves when told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from leadshare.configuration.models import Configuration
from leadshare.deliveries.worker import WorkerContext
from leadshare.leads.classify import Classifier
from leadshare.leads.outcomes.recording import Recorder
from leadshare.leads.quarantine import Quarantine
from leadshare.lifecycle.outcome import Outcome
from leadshare.watch.prover import Proofs
from tests.builders import IDENTITY, Nudged, classifying, message, post, visit_ids
from tests.memory import MemoryTable

MONDAY: Final = datetime.fromisoformat("2026-11-30T09:00:00Z")
"""When a team, in London, begins to work."""

HOUR: Final = timedelta(hours=1)
LEASE: Final = timedelta(seconds=60)


class LeadOffice:
    """What takes touches and outcomes under a configuration."""

    def __init__(
        self,
        configured: Configuration[Any],
        table: MemoryTable | None = None,
        state: MemoryTable | None = None,
    ) -> None:
        self.table, self.state = table or MemoryTable(), state or MemoryTable()
        self.now, self.nudged = MONDAY, Nudged()
        self.configure(configured)

    def configure(self, configured: Configuration[Any]) -> None:
        """Go on under another configuration."""
        self.configured, parts = configured, classifying(configured)
        self.classifier = Classifier(
            *(self.table, Quarantine(self.table, self.clock), *parts),
            *(IDENTITY, self.clock, self.nudged, Proofs(MemoryTable(), self.clock)),
        )
        self.recorder = Recorder(self.table, *parts, self.clock, self.nudged)
        self.context = WorkerContext(
            *(self.table, self.state, self.clock, lambda: 0.0, visit_ids(), LEASE, self.nudged),
            IDENTITY.index_name,
        )

    def clock(self) -> datetime:
        """The time."""
        return self.now

    async def take(self, number: int = 1, **changes: Any) -> str:
        """A customer acts; return the lead that comes of it."""
        await self.touch(number, **changes)
        return next(
            str(values["lead"])
            for (_, key), (values, _) in self.table.rows.items()
            if key.endswith(f"|touch|{number:032x}")
        )

    async def touch(self, number: int = 1, **changes: Any) -> None:
        """A customer acts."""
        now = self.clock()
        await self.classifier.classify(message(post(**changes), number, now), now)

    async def record(self, lead: str, **told: Any) -> None:
        """Write down what the CRM tells of a lead."""
        await self.recorder.record([Outcome(lead, "crm", self.now, **told)], asked=True)
        self.check()

    def check(self) -> None:
        """All rows keep the laws."""
        raise NotImplementedError
