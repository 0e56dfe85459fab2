"""Use case: how things stand, for operators: queues, lanes and backlogs, as counts and times."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from leadshare.core import lane as lanes
from leadshare.core.delivery import URGENT, USUAL, Kind, State
from leadshare.core.lane import Lane, Rate
from leadshare.core.playbook import Lane as LeadLane
from leadshare.core.rows import PARTITIONS, Row, Table, under
from leadshare.core.table_place import Place
from leadshare.core.times import EPOCH, to_key, to_text
from leadshare.table_leads import PLACES
from leadshare.worker import LANE

COUNTED: Final = 1000
"""Rows of a partition that are counted at most; more are told as `more`."""

_RECENT: Final = 100


class Queues(Protocol):
    """What health needs of the queues."""

    async def waiting(self, now: datetime) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at the table, the lanes and the queues."""

    table: Table
    lanes: Table
    queues: Queues
    clock: Callable[[], datetime]

    async def tell(self, names: Sequence[str], tables: Sequence[str] = ()) -> dict[str, Any]:
        """Return how things stand: for the destinations of these *names* and all ticked before.

        Likewise for the *tables* of leads.
        """
        lane_rows = {row.key: row for row in await self.lanes.read(LANE, "", "~")}
        wanted = dict.fromkeys([*names, *lane_rows])
        recent = await self._recent()
        return {
            "time": to_text(self.clock()),
            "last_lead": _newest(recent),
            "last_test_lead": await self._last_test(),
            "queues": await self.queues.waiting(self.clock()),
            "quarantine": await self._count(under("quarantine"), 1),
            "lead_tables": await self._tables(tables),
            "destinations": {
                name: {
                    "configured": name in names,
                    "due": await self._count(under(f"{State.DUE}|{name}"), 3, Kind.DELIVER),
                    "landing": await self._count(under(f"{State.DUE}|{name}"), 3, Kind.LAND),
                    "parked": await self._count(under(f"{State.PARKED}|{name}"), 2),
                    "lane": self._told_lane(lane_rows.get(name)),
                }
                for name in wanted
            },
        }

    async def _tables(self, names: Sequence[str]) -> dict[str, Any]:
        rows = {row.key: row for row in await self.lanes.read(PLACES, "", "~")}
        return {
            name: {"configured": name in names, **_told_place(rows.get(name))}
            for name in dict.fromkeys([*names, *rows])
        }

    async def destinations(self, rates: Mapping[str, Rate | None]) -> dict[str, Any]:
        """Return how the lane of each configured destination stands."""
        rows = {row.key: row for row in await self.lanes.read(LANE, "", "~")}
        return {
            "destinations": [
                await self._destination(name, rate, rows.get(name)) for name, rate in rates.items()
            ]
        }

    async def _destination(self, name: str, rate: Rate | None, row: Row | None) -> dict[str, Any]:
        lane, now = lanes.from_row(row.values) if row else Lane(), self.clock()
        return {
            "destination": name,
            "budget": _budget(lane, rate, now),
            "lane": self._told_lane(row),
            "backlog": {
                "sales_ready": await self._count(under(f"{State.DUE}|{name}|{URGENT}"), 3),
                "others": await self._count(under(f"{State.DUE}|{name}|{USUAL}"), 3, Kind.DELIVER),
                "landing": await self._count(under(f"{State.DUE}|{name}|{USUAL}"), 3, Kind.LAND),
                "parked": await self._count(under(f"{State.PARKED}|{name}"), 2),
            },
            "errors_last_day": lanes.errors_of(lane, now),
            "preflight": {"at": _past(lane.checked_at), "findings": json.loads(lane.findings)},
        }

    async def _recent(self) -> list[Row]:
        reads = (
            self.table.read(p, *under("seen"), limit=_RECENT, columns=("lane", "last_seen"))
            for p in PARTITIONS
        )
        rows = [row for part in await asyncio.gather(*reads) for row in part]
        return sorted(rows, key=lambda row: row.key)

    async def _last_test(self) -> str:
        """Return when a test lead was seen last, however long ago: the table is asked for it."""
        test = {"lane": LeadLane.TEST.value}
        reads = (
            self.table.read(p, *under("seen"), limit=1, columns=("last_seen",), where=test)
            for p in PARTITIONS
        )
        times = [row.values["last_seen"] for part in await asyncio.gather(*reads) for row in part]
        return max(times, default="")

    async def _count(
        self, span: tuple[str, str], time_at: int, kind: str | None = None
    ) -> dict[str, Any]:
        """Count rows, at most `COUNTED` of a partition, and tell the age of the oldest."""
        where = {"kind": kind} if kind else None
        reads = (
            self.table.read(p, *span, limit=COUNTED, columns=("kind", "reason"), where=where)
            for p in PARTITIONS
        )
        parts = await asyncio.gather(*reads)
        times = [row.key.split("|")[time_at] for part in parts for row in part]
        age = (int(to_key(self.clock())) - int(min(times))) / 1000 if times else 0
        told = {"count": len(times), "oldest_seconds": max(round(age), 0)}
        return told | ({"more": True} if any(len(p) == COUNTED for p in parts) else {})

    def _told_lane(self, row: Row | None) -> dict[str, Any]:
        lane = lanes.from_row(row.values) if row else Lane()
        now = self.clock()
        rests = lanes.rests_until(lane)
        return {
            "breaker": lane.breaker,
            "failures": lane.failures,
            "disabled": lane.disabled,
            "rests_until": to_text(rests) if rests > now else "",
            "leased": lane.leased_until > now,
            "accepted_at": _past(lane.accepted_at),
            "proven_at": _past(lane.proven_at),
            "proven_seconds": round((now - lane.proven_at).total_seconds())
            if lane.proven_at > EPOCH
            else None,
        }


def _told_place(row: Row | None) -> dict[str, Any]:
    """Tell how far a table of leads has been read."""
    place = lanes.read_row(Place, row.values) if row else Place()
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


def _budget(lane: Lane, rate: Rate | None, now: datetime) -> dict[str, Any]:
    """Tell what may leave now, and of how much."""
    if rate is None:
        return {}
    told = rate.model_dump()
    return told | {
        "pace": round(lane.pace, 2),
        "left_now": lanes.calls_allowed(lane, rate, now),
        "today": lanes.calls_today(lane, rate, now),
    }


def _newest(recent: Sequence[Row]) -> str:
    times = [row.values["last_seen"] for row in recent if row.values["lane"] != LeadLane.TEST]
    return str(times[0]) if times else ""
