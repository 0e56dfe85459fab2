"""Operators: the report: read days, put them together by one dimension, tell their figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.configuration.campaigns import Campaigns
from leadshare.counts import tally as tallies
from leadshare.counts.keeping import live, read_kept
from leadshare.counts.measures import Cells, Measure
from leadshare.counts.periods import DAY, Period
from leadshare.counts.tally import TOTAL, Tally
from leadshare.operators.models.reports import Report
from leadshare.operators.reports.figures import figures, is_few
from leadshare.operators.reports.targets import against
from leadshare.store.keys import DAY as DAYS
from leadshare.store.keys import counted_days, day_in_state
from leadshare.store.table import Table

NARROW: Final = ("country", "destination")
"""The dimensions whose small cells are not told."""

FEWER: Final = "few"
"""The value under which all those are told together that are too small each."""

BASIS: Final = {
    "counts": "on the day when it happened",
    "rates": "of the leads whose first touch was in the period, by what came of them until now",
}
"""What numbers and rates are of; see docs/report.md."""


@dataclass(frozen=True, slots=True)
class Reporter:
    """Makes reports of what was counted by the days of a zone."""

    table: Table
    state: Table
    zone: ZoneInfo
    now: Callable[[], datetime]
    campaigns: Campaigns

    async def report(self, asked: Report, *, open_: bool) -> dict[str, Any]:
        """Return the report that is *asked* for, *open_* to who may see persons.

        It reads a row for each day of the period and of the one before, and 16 for each of the
        last two days, which are told as they are now; all others as they were last night.
        """
        today = self.now().astimezone(self.zone).date()
        period, by = asked.period(today), asked.by or ""
        columns = (TOTAL, *((by,) if by else ()))
        kept = await read_kept(self.state)
        days = await self._days(period, today, columns)
        before = await self._days(period.before, today, columns)
        told = _Told(by, open_, self.campaigns if by == "campaign" else Campaigns())
        answer: dict[str, Any] = {
            "zone": self.zone.key,
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "by": by,
            "every": asked.every or "",
            "summed": kept.summed.isoformat() if kept.summed else "",
            "counts_are": BASIS["counts"],
            "rates_are": BASIS["rates"],
            **told.of(days, period),
            "before": _dated(period.before) | told.of(before, period.before, rows=False),
        }
        if asked.every:
            parts = period.parts(asked.every)
            answer["periods"] = [_dated(one) | told.of(days, one) for one in parts]
        return answer

    async def _days(
        self, period: Period, today: date, columns: tuple[str, ...]
    ) -> Mapping[date, Tally]:
        """Return the days of a *period*, the last two of all as they are now."""
        span = counted_days(period.first, period.last)
        rows = await self.state.read(DAYS, *span, columns=columns)
        fresh = [day for day in (today - DAY, today) if day in period]
        now = await asyncio.gather(*(live(self.table, day) for day in fresh))
        return {day_in_state(row.key): tallies.read(row.values) for row in rows} | dict(
            zip(fresh, now, strict=True)
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of days: in all, and by one dimension."""

    by: str
    open_: bool
    campaigns: Campaigns

    def of(
        self, days: Mapping[date, Tally], period: Period, *, rows: bool = True
    ) -> dict[str, Any]:
        """Return what is told of those *days* that are in a *period*."""
        tally = Tally()
        for day, one in days.items():
            if day in period:
                tally.merge(one)
        total = {"total": figures(tally.total, narrow=False, open_=self.open_)}
        return total | ({"rows": self._rows(tally.by[self.by], period)} if rows and self.by else {})

    def _rows(self, values: Mapping[str, Cells], period: Period) -> list[dict[str, Any]]:
        """Return what is told of each value, those with most leads first.

        Of a campaign beside its targets, if it is the publisher's.
        """
        narrow, told, few = self.by in NARROW, dict[str, Cells](), Tally()
        for value, cells in values.items():
            if narrow and not self.open_ and is_few(cells):
                few.add({}, cells)
            elif cells:
                told[value] = cells
        ordered = sorted(told, key=lambda one: (-told[one].get(Measure.LEADS, 0), one))
        rows = [(value, told[value]) for value in ordered]
        rows += [(FEWER, few.total)] if few else []
        rows += [(one, {}) for one in sorted(self.campaigns.ids - told.keys())]
        return [
            {"value": value, **figures(cells, narrow=narrow, open_=self.open_)}
            | self._targets(value, cells, period)
            for value, cells in rows
        ]

    def _targets(self, value: str, cells: Cells, period: Period) -> dict[str, Any]:
        campaign = self.campaigns.named(value)
        if campaign is None:
            return {}
        return {"campaign": against(campaign, cells, period, open_=self.open_)}


def _dated(period: Period) -> dict[str, str]:
    return {"first": period.first.isoformat(), "last": period.last.isoformat()}
