"""Operators: what they ask of reports, and the order that counts all anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from leadshare.configuration.campaigns import Campaigns
from leadshare.configuration.models import Listing
from leadshare.custody.acts import Acts
from leadshare.operators.models.orders import read_order
from leadshare.operators.models.queries import read_query
from leadshare.operators.models.reports import Rebuild, Report
from leadshare.operators.persons import Privacy
from leadshare.operators.reports.rebuild import Rebuilder
from leadshare.operators.reports.report import Reporter
from leadshare.store.table import Table

Deed = Callable[[], Awaitable[dict[str, Any]]]


class Configured(Protocol):
    """What is needed of a configuration that can run."""

    @property
    def zone(self) -> ZoneInfo: ...
    @property
    def campaigns(self) -> Campaigns: ...
    @property
    def sold(self) -> Sequence[Listing] | None: ...


@dataclass(frozen=True, slots=True)
class ReportRequests:
    """Answers operators; `configured` raises while the configuration is wrong."""

    table: Table
    state: Table
    acts: Acts
    privacy: Privacy
    clock: Callable[[], datetime]
    configured: Callable[[], Configured]

    async def get_report(self, query: Mapping[str, str], key: str = "") -> dict[str, Any]:
        """Return what was counted; *key* opens what is so little that it may lead to a person."""
        asked = read_query(Report, query)
        shown = self.privacy.shows(key, asked=bool(asked.persons))
        told = self.configured()
        parts = (told.zone, self.clock, told.campaigns, told.sold)
        reporter = Reporter(self.table, self.state, *parts)
        return await reporter.report(asked, open_=shown)

    async def rebuild(self, body: bytes) -> dict[str, Any]:
        """Count all leads anew, or tell what is counted otherwise than it should be."""
        order = read_order(Rebuild, body)
        rebuilder = Rebuilder(self.table, self.state, self.configured().zone, self.clock)
        deed: Deed = partial(rebuilder.rebuild, order.after or "", dry_run=order.dry_run)
        if order.dry_run:
            return await deed()
        return await self.acts.carry_out("recount", order.by, {"after": order.after or ""}, deed)
