"""Operators: the report: read days, put them together by one dimension, tell their figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.books.telling import read_books
from leadshare.configuration.campaigns import Campaigns
from leadshare.configuration.models import Listing
from leadshare.counts import tally as tallies
from leadshare.counts.keeping import live, read_kept
from leadshare.counts.measures import Cells, Measure
from leadshare.counts.periods import DAY, Period
from leadshare.counts.tally import MORE, MOST, TOTAL, Tally
from leadshare.operators.models.reports import Report
from leadshare.operators.reports.books import BooksTold, by_id, months_of
from leadshare.operators.reports.figures import FEWER, figures, is_few, untold
from leadshare.operators.reports.targets import against
from leadshare.store.keys import DAY as DAYS
from leadshare.store.keys import counted_days, day_in_state
from leadshare.store.table import Table

NARROW: Final = ("country", "destination")
"""The dimensions whose small cells are not told."""

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
    sold: Sequence[Listing] | None = None
    """The catalogue, by whose titles Microsoft's books are told; None where nobody reads them."""

    async def report(self, asked: Report, *, open_: bool) -> dict[str, Any]:
        """Return the report that is *asked* for, *open_* to who may see persons.

        It reads a row for each day of the period and of the one before, and 16 for each of the
        last two days, which are told as they are now; all others as they were last night. Of
        Microsoft's books, where they are read, a row for each month and a few for each year.
        """
        today = self.now().astimezone(self.zone).date()
        period, by = asked.period(today), asked.by or ""
        columns = (TOTAL, *((by,) if by else ()))
        kept = await read_kept(self.state)
        days = await self._days(period, today, columns)
        before = await self._days(period.before, today, columns)
        books = await self._books(period, by, open_=open_)
        told = _Told(by, open_, self.campaigns if by == "campaign" else Campaigns(), books)
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
            **({"books": books.facts | {"months": [*months_of(period)]}} if books else {}),
        }
        if asked.every:
            parts = period.parts(asked.every)
            monthly = asked.every == "month"
            answer["periods"] = [_dated(one) | told.of(days, one, monthly=monthly) for one in parts]
        return answer

    async def _books(self, period: Period, by: str, *, open_: bool) -> BooksTold | None:
        """Return what Microsoft's books tell of a *period* and the one before, if they are read."""
        if self.sold is None:
            return None
        books = await read_books(self.state, period.before.first, period.last, self.sold)
        return BooksTold(books, by, by_id(self.sold), self.campaigns, by in NARROW, open_)

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
    books: BooksTold | None

    def of(
        self,
        days: Mapping[date, Tally],
        period: Period,
        *,
        rows: bool = True,
        monthly: bool = True,
    ) -> dict[str, Any]:
        """Return what is told of those *days* that are in a *period*, *monthly* orders with it."""
        tally = Tally()
        for day, one in days.items():
            if day in period:
                tally.merge(one)
        total = figures(tally.total, narrow=False, open_=self.open_)
        if self.books:
            total["books"] = self.books.total(period, monthly=monthly)
        if not (rows and self.by):
            return {"total": total}
        told = self._rows(tally.by.get(self.by, {}), period)
        return {"total": total, "rows": self._with_books(told, period, monthly=monthly)}

    def _with_books(
        self, rows: list[dict[str, Any]], period: Period, *, monthly: bool
    ) -> list[dict[str, Any]]:
        """Return *rows* with what Microsoft's books tell of each, and of what has no leads."""
        if not self.books:
            return rows
        told = self.books.rows(period, {row["value"] for row in rows}, monthly=monthly)
        known = [{**row, "books": told.pop(row["value"], None)} for row in rows]
        # Where few are told together, who has none must not differ from who has few.
        secret = self.by in NARROW and not self.open_
        nothing = untold() if secret else figures({}, narrow=False, open_=self.open_)
        return known + [{"value": one, **nothing, "books": told[one]} for one in sorted(told)]

    def _rows(self, values: Mapping[str, Cells], period: Period) -> list[dict[str, Any]]:
        """Return what is told of each value, those with most leads first; of too many, `more`.

        Of a campaign beside its targets, if it is the publisher's.
        """
        narrow, told, few = self.by in NARROW, dict[str, Cells](), Tally()
        for value, cells in values.items():
            if narrow and not self.open_ and is_few(cells):
                few.add({}, cells)
            elif cells:
                told[value] = cells
        ordered = sorted(told, key=lambda one: (-told[one].get(Measure.LEADS, 0), one))
        rows = [(value, told[value]) for value in ordered if value != MORE][:MOST]
        if more := told.keys() - dict(rows).keys():
            rest = Tally()
            for value in more:
                rest.add({}, told[value])
            rows.append((MORE, rest.total))
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
