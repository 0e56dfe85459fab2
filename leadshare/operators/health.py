"""Operators: how things stand, for operators: queues, lanes and backlogs, as counts and times."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from leadshare.books.standing import standing_facts
from leadshare.configuration.clock import Clock as TeamClock
from leadshare.deliveries.delivery import URGENT, USUAL, Kind
from leadshare.deliveries.lanes import budget
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.leads.unrouted import COUNTED, UnroutedCount, count
from leadshare.leads.waiting import counting as waiting
from leadshare.marketplace_table.place import Place
from leadshare.playbook import Category
from leadshare.store import lease
from leadshare.store.keys import (
    LANE,
    MARKETPLACE_TABLES,
    Span,
    all_due,
    all_parked,
    all_quarantined,
    all_seen,
    index_time,
)
from leadshare.store.lease import read_row
from leadshare.store.reading import by_key, everywhere
from leadshare.store.table import Row, Table
from leadshare.times import EPOCH, to_text

_RECENT: Final = 100


class Queues(Protocol):
    """What health needs of the queues."""

    async def waiting(self, now: datetime) -> dict[str, object]: ...


class Prover(Protocol):
    """What health needs of the prover."""

    async def status(self) -> dict[str, object]: ...


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at the tables of leads and of state, and at the queues."""

    table: Table
    state: Table
    queues: Queues
    prover: Prover
    clock: Callable[[], datetime]

    async def report(
        self,
        names: Sequence[str] | None,
        tables: Sequence[str] = (),
        team: TeamClock | None = None,
        books_off: str = "",
    ) -> dict[str, object]:
        """Return how things stand: for the destinations of these *names*, None if nobody knows.

        And for all that were ticked before or are owed something. Likewise for the *tables* of
        leads. *team* is the clock by which leads wait for a call, *books_off* why nobody reads
        Microsoft's books, if nobody does.
        """
        lane_rows = await by_key(self.state, LANE)
        unrouted = await count(self.table, names)
        wanted = dict.fromkeys([*(names or ()), *lane_rows, *sorted(unrouted.deliveries)])
        columns = ("category", "last_seen")
        recent = await everywhere(self.table, all_seen(), limit=_RECENT, columns=columns)
        return {
            "time": to_text(self.clock()),
            "last_lead": _newest(recent.rows),
            **await self._last_test(),
            "proof": await self.prover.status(),
            "queues": await self.queues.waiting(self.clock()),
            "quarantine": await self._count(all_quarantined()),
            "unrouted": self._unrouted_facts(unrouted),
            "waiting": (await waiting.count(self.table, team, self.clock())).facts,
            "marketplace_tables": await self._tables(tables),
            "books": await standing_facts(self.state, self.clock(), books_off),
            "destinations": {
                name: {
                    "configured": name in (names or ()),
                    "due": await self._count(all_due(name), Kind.DELIVER),
                    "look_ups": await self._count(all_due(name), Kind.LOOK_UP),
                    "parked": await self._count(all_parked(name)),
                    "lane": self._lane_facts(lane_rows.get(name)),
                }
                for name in wanted
            },
        }

    async def _tables(self, names: Sequence[str]) -> dict[str, object]:
        rows = await by_key(self.state, MARKETPLACE_TABLES)
        return {
            name: {"configured": name in names, **_place_facts(rows.get(name))}
            for name in dict.fromkeys([*names, *rows])
        }

    async def destinations(self, rates: Mapping[str, Rate | None]) -> dict[str, object]:
        """Return how the lane of each configured destination stands."""
        rows = await by_key(self.state, LANE)
        return {
            "destinations": [
                await self._destination(name, rate, rows.get(name)) for name, rate in rates.items()
            ]
        }

    async def _destination(
        self, name: str, rate: Rate | None, row: Row | None
    ) -> dict[str, object]:
        lane, now = read_row(Lane, row.values) if row else Lane(), self.clock()
        return {
            "destination": name,
            "budget": _budget(lane, rate, now),
            "lane": self._lane_facts(row),
            "backlog": {
                "sales_ready": await self._count(all_due(name, URGENT)),
                "others": await self._count(all_due(name, USUAL), Kind.DELIVER),
                "look_ups": await self._count(all_due(name, USUAL), Kind.LOOK_UP),
                "parked": await self._count(all_parked(name)),
            },
            "errors_last_day": lane.errors_last_day(now),
            "preflight": {"at": _past(lane.checked_at), "findings": json.loads(lane.findings)},
            "outcomes": {
                "asked": _past(lane.asked_at),
                "fault": lane.ask_fault,
                "swept": _past(lane.swept_at),
            },
        }

    async def _last_test(self) -> dict[str, str]:
        """Tell of the last test lead, however long ago it was: the table is asked for it."""
        test, columns = {"category": Category.TEST.value}, ("last_seen", "framed")
        found = await everywhere(self.table, all_seen(), limit=1, columns=columns, where=test)
        times = (row.values for row in found.rows)
        last = max(times, key=lambda values: str(values["last_seen"]), default={})
        return {
            "last_test_lead": last.get("last_seen", ""),
            "last_test_lead_framed": last.get("framed") or "",  # older rows do not say
        }

    async def _count(self, span: Span, kind: str | None = None) -> dict[str, Any]:
        """Count rows, at most `COUNTED` of a partition, and tell the age of the oldest."""
        where = {"kind": kind} if kind else None
        columns = ("kind", "reason")
        found = await everywhere(self.table, span, limit=COUNTED, columns=columns, where=where)
        times = [index_time(row.key) for row in found.rows]
        age = (self.clock() - min(times)).total_seconds() if times else 0
        facts = {"count": len(times), "oldest_seconds": max(round(age), 0)}
        return facts | ({"more": True} if found.full else {})

    def _unrouted_facts(self, counted: UnroutedCount) -> dict[str, Any]:
        """Tell of leads that nobody takes, with what is due where nobody is configured."""
        oldest = self.clock() - counted.oldest if counted.oldest else timedelta(0)
        facts = {
            "count": counted.leads + counted.deliveries.total(),
            "oldest_seconds": max(round(oldest.total_seconds()), 0),
        }
        return facts | ({"more": True} if counted.more else {})

    def _lane_facts(self, row: Row | None) -> dict[str, object]:
        lane = read_row(Lane, row.values) if row else Lane()
        now = self.clock()
        rests = lane.rests_until
        return {
            "breaker": lane.breaker,
            "failures": lane.failures,
            "unwritten": lane.unwritten,
            "disabled": lane.disabled,
            "paused_at": _past(lane.paused_at),
            "rests_until": to_text(rests) if rests > now else "",
            "leased": lane.leased_until > now,
            "accepted_at": _past(lane.accepted_at),
            "proven_at": _past(lane.proven_at),
            "proven_seconds": round((now - lane.proven_at).total_seconds())
            if lane.proven_at > EPOCH
            else None,
        }


def _place_facts(row: Row | None) -> dict[str, object]:
    """Tell how far one of Microsoft's tables has been read."""
    place = lease.read_row(Place, row.values) if row else Place()
    return {
        "begun_at": _past(place.begun_at),
        "done_at": _past(place.done_at),
        "unfinished": bool(place.after),
        "since": _past(place.since),
        "watermark": _past(place.watermark),
        "rows": place.rows,
        "newest": _past(place.newest),
        "fault": place.fault,
    }


def _past(time: datetime) -> str:
    """Return *time* as text, nothing for the epoch, which is never."""
    return to_text(time) if time > EPOCH else ""


def _budget(lane: Lane, rate: Rate | None, now: datetime) -> dict[str, object]:
    """Tell what may leave now, and of how much."""
    if rate is None:
        return {}
    return rate.model_dump() | {
        "pace": round(lane.pace, 2),
        "left_now": budget.calls_allowed(lane, rate, now),
        "today": budget.calls_today(lane, rate, now),
    }


def _newest(recent: Sequence[Row]) -> str:
    times = [row.values["last_seen"] for row in recent if row.values["category"] != Category.TEST]
    return str(times[0]) if times else ""
