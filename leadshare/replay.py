"""Use case: what operators order: replay what is parked or in quarantine, enable a lane."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from leadshare.core import lane as lanes
from leadshare.core import ledger
from leadshare.core.delivery import State
from leadshare.core.rows import PARTITIONS, Change, Row, Table, put, under
from leadshare.core.times import from_key, to_key, to_text
from leadshare.errors import Conflict, Unknown
from leadshare.worker import LANE

log = logging.getLogger("leadshare.replay")

ORDER = "order"
"""The partition, beside the lanes, of who ordered what."""


class Classifier(Protocol):
    """What replay needs to classify a quarantined message again."""

    async def classify(self, message: bytes, queued: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Window:
    """Which parked rows a replay is about; all limits are optional."""

    destination: str = ""
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, reason: str, at: str) -> bool:
        """Say whether a row parked *at* (key form) for *reason* is meant."""
        return (
            self.reason in ("", reason)
            and (self.since is None or at >= to_key(self.since))
            and (self.until is None or at < to_key(self.until))
        )


@dataclass(frozen=True, slots=True)
class Replayer:
    """Moves rows back to where they are worked on, and records who asked."""

    table: Table
    lanes: Table
    clock: Callable[[], datetime]

    async def replay(self, window: Window, *, dry_run: bool, by: str) -> dict[str, Any]:
        """Make the parked deliveries in *window* due again; a dry run only counts them."""
        names = (
            [window.destination]
            if window.destination
            else [row.key for row in await self.lanes.read(LANE, "", "~")]
        )
        rows = [
            row
            for name in names
            for row in await self._all(under(f"{State.PARKED}|{name}"))
            if window.holds(row.values["reason"], row.key.split("|")[2])
        ]
        replayed = 0
        for row in rows if not dry_run else []:
            try:
                await self.table.write(row.partition, ledger.replay(row, self.clock()))
            except Conflict:
                continue  # It was replayed or changed meanwhile: there is nothing left to do.
            replayed += 1
        return await self._replayed("deliveries", window, len(rows), replayed, by, dry_run=dry_run)

    async def reclassify(
        self, window: Window, classifier: Classifier, *, dry_run: bool, by: str
    ) -> dict[str, Any]:
        """Classify the quarantined touches in *window* again; those still unreadable stay."""
        rows = [
            row
            for row in await self._all(under("quarantine"))
            if window.holds(row.values["reason"], row.key.split("|")[1])
        ]
        replayed = 0
        for row in rows if not dry_run else []:
            replayed += await self._reclassify(row, classifier)
        return await self._replayed("quarantine", window, len(rows), replayed, by, dry_run=dry_run)

    async def enable(self, destination: str, by: str) -> dict[str, Any]:
        """Enable a disabled lane, its breaker and hold forgotten; tell what could be replayed."""
        row = await self.lanes.get(LANE, destination)
        if row is None:
            raise Unknown("no such destination has been ticked yet")
        lane = lanes.enable(lanes.from_row(row.values))
        await self.lanes.write(LANE, [put(row, destination, lanes.to_row(lane))])
        await self._record("enable", {"destination": destination}, by)
        parked = await self._all(under(f"{State.PARKED}|{destination}"))
        return {"destination": destination, "enabled": True, "parked": len(parked)}

    async def _reclassify(self, row: Row, classifier: Classifier) -> bool:
        """Try one quarantined message; its row goes once the touch is kept elsewhere."""
        queued = from_key(row.key.split("|")[1])
        await classifier.classify(row.values["message"], queued)
        now = await self.table.get(row.partition, row.key)
        if now is None or now.etag != row.etag:
            return False  # It was put back: still unreadable.
        try:
            await self.table.write(row.partition, [Change("delete", row.key, etag=row.etag)])
        except Conflict:
            return False
        return True

    async def _replayed(  # noqa: PLR0913 - the parts of the answer
        self, what: str, window: Window, matched: int, replayed: int, by: str, *, dry_run: bool
    ) -> dict[str, Any]:
        answer = {
            "what": what,
            "dry_run": dry_run,
            "matched": matched,
            "replayed": replayed,
            "destination": window.destination,
            "reason": window.reason,
            "since": to_text(window.since) if window.since else "",
            "until": to_text(window.until) if window.until else "",
        }
        if not dry_run:
            await self._record("replay", answer, by)
        log.info("replay.done", extra=answer)
        return answer

    async def _record(self, what: str, facts: Mapping[str, Any], by: str) -> None:
        """Keep who ordered what, beside the lanes."""
        now = self.clock()
        values = {"facts": json.dumps(facts), "by": by, "at": to_text(now)}
        await self.lanes.write(ORDER, [Change("upsert", f"{to_key(now)}|{what}", values)])

    async def _all(self, span: tuple[str, str], limit: int | None = None) -> list[Row]:
        """Return the rows in *span* of all partitions, in the order of their keys."""
        reads = (self.table.read(p, *span, limit=limit) for p in PARTITIONS)
        rows = [row for part in await asyncio.gather(*reads) for row in part]
        return sorted(rows, key=lambda row: row.key)
