"""Operators: what they say became of leads, and which outcomes wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from leadshare.custody.acts import Acts
from leadshare.errors import Unknown
from leadshare.lifecycle import history
from leadshare.lifecycle.money import shown
from leadshare.lifecycle.outcome import Outcome
from leadshare.lifecycle.posted.recording import Recorder
from leadshare.lifecycle.posted.settings import PEOPLE
from leadshare.lifecycle.posted.waiting import Waiting
from leadshare.operators.models.base import not_among
from leadshare.operators.models.orders import read_order
from leadshare.operators.models.outcomes import TellOutcome, WaitingOutcomes
from leadshare.operators.models.queries import read_query
from leadshare.operators.models.short_ids import whole_lead
from leadshare.store.keys import lead_key, partition_of
from leadshare.store.table import Table


class Configured(Protocol):
    """What is needed of a configuration that can run."""

    @property
    def recorder(self) -> Recorder: ...
    @property
    def sources(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class OutcomeRequests:
    """Answers operators; `configured` raises while the configuration is wrong."""

    table: Table
    waiting: Waiting
    acts: Acts
    clock: Callable[[], datetime]
    configured: Callable[[], Configured]

    async def list_waiting(self, query: Mapping[str, str]) -> dict[str, object]:
        """Return a page of the outcomes that wait."""
        return await self.waiting.page(*read_query(WaitingOutcomes, query).part)

    async def tell(self, body: bytes) -> dict[str, Any]:
        """Take down what a person says of a lead, in a source's stead if one is named."""
        order = read_order(TellOutcome, body)
        source, money, configured = order.source or PEOPLE, order.money, self.configured()
        lead = await whole_lead(self.table, order.lead)
        row = await self.table.get(partition_of(lead), lead_key(lead))
        if row is None:
            raise Unknown("no such lead")
        # One that is no longer configured may have told something that is wrong.
        known = sorted({PEOPLE, *configured.sources, *history.read(row.values.get("states"))})
        if source not in known:
            raise Unknown(f"source: {not_among(known, source)}")
        outcome = Outcome(
            *(lead, source, self.clock(), order.says),
            reason=order.reason,
            money=money,
            opted_out=order.opted_out,
            corrected_by=order.by if source != PEOPLE else "",
        )
        told = {
            "lead": lead,
            "source": source,
            "state": order.state or "",
            "amount": shown(money) if money else "",
            "opted_out": order.opted_out,
        }

        async def deed() -> dict[str, Any]:
            await configured.recorder.record([outcome])
            return told

        return await self.acts.carry_out("outcome", order.by, told, deed)
