"""Operators: what operators order: replay what is parked, kept or routed nowhere, enable a lane."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import State
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.visit import Nudge, Nudger, nudges
from leadshare.errors import Conflict, Unknown
from leadshare.leads.unrouted import since_of, spans
from leadshare.operators.models.orders import Replay
from leadshare.operators.orders.tokens import Counted
from leadshare.reason import Reason
from leadshare.store import lease
from leadshare.store.keys import (
    LANE,
    all_parked,
    all_quarantined,
    deliveries_of,
    index_time,
    lead_key,
    partition_of,
)
from leadshare.store.lease import read_row
from leadshare.store.reading import by_key, everywhere
from leadshare.store.retrying import until_written
from leadshare.store.table import Change, Row, Table, put
from leadshare.times import to_key, to_text

log = logging.getLogger("leadshare.operators.orders.replay")


class Classifier(Protocol):
    """What replay needs to classify a quarantined message again."""

    async def classify(self, message: bytes, queued: datetime) -> None: ...


class Router(Protocol):
    """What replay needs to plan a lead again."""

    @property
    def destinations(self) -> Collection[str]: ...
    @property
    def digest(self) -> str: ...
    async def reroute(self, lead: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows a replay is about; all limits are optional."""

    lead: str = ""
    destination: str = ""
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    touch: str = ""

    @property
    def facts(self) -> dict[str, object]:
        """What it is limited by, as answers and the log tell it."""
        return {
            "lead": self.lead,
            "destination": self.destination,
            "reason": self.reason,
            "since": to_text(self.since) if self.since else "",
            "until": to_text(self.until) if self.until else "",
            "touch": self.touch,
        }

    def holds(self, reason: str, at: datetime) -> bool:
        """Say whether a row that is there since *at* for *reason* is meant."""
        return (
            self.reason in ("", reason)
            and (self.since is None or to_key(at) >= to_key(self.since))
            and (self.until is None or to_key(at) < to_key(self.until))
        )


@dataclass(frozen=True, slots=True)
class Replayer:
    """Moves rows back to where they are worked on."""

    table: Table
    state: Table
    clock: Callable[[], datetime]
    nudger: Nudger

    async def replay(self, window: Window, *, dry_run: bool, token: str = "") -> dict[str, Any]:
        """Make the parked deliveries in *window* due again; a dry run only counts them.

        With the *token* of a dry run, those that it counted or, by `Conflict`, none.
        """
        rows = await (self._parked_of(window) if window.lead else self._parked(window))
        counted = Counted({"what": "deliveries", **window.facts}, rows, len(rows))
        counted.check(token)
        replayed, wished = 0, list[Nudge]()
        for row in rows if not dry_run else []:
            lead = await self._lead_of(row) if ledger.is_written_anew(row) else None
            changes = ledger.replay(row, self.clock(), lead)
            try:
                await self.table.write(row.partition, changes)
            except Conflict:
                continue  # It was replayed or changed meanwhile: there is nothing left to do.
            replayed += 1
            wished += nudges(row.partition, (change.key for change in changes), self.clock())
        await self.nudger.nudge(wished)
        return _replayed("deliveries", window, counted, replayed, dry_run=dry_run)

    async def _parked(self, window: Window) -> list[Row]:
        names = [window.destination] if window.destination else await by_key(self.state, LANE)
        return [
            row
            for name in names
            for row in (await everywhere(self.table, all_parked(name))).rows
            if window.holds(row.values["reason"], index_time(row.key))
        ]

    async def _parked_of(self, window: Window) -> list[Row]:
        """Return what of one lead is parked, by its deliveries: lists of all are not read."""
        place = partition_of(window.lead)
        parked = [
            delivery.values
            for delivery in await self.table.read(place, *deliveries_of(window.lead))
            if delivery.values["state"] == State.PARKED
        ]
        found = [await self.table.get(place, values["index"]) for values in parked]
        return [
            row
            for row in found
            if row is not None
            and window.destination in ("", row.values["destination"])
            and window.holds(row.values["reason"], index_time(row.key))
        ]

    async def _lead_of(self, row: Row) -> Row | None:
        """Return the row of the lead that a parked *row* is of."""
        return await self.table.get(row.partition, lead_key(row.values["lead"]))

    async def reclassify(
        self, window: Window, classifier: Classifier, *, dry_run: bool, token: str = ""
    ) -> dict[str, Any]:
        """Classify the quarantined touches in *window* again; those still unreadable stay."""
        where = {"touch": window.touch} if window.touch else None
        kept = (await everywhere(self.table, all_quarantined(), where=where)).rows
        rows = [row for row in kept if window.holds(row.values["reason"], index_time(row.key))]
        counted = Counted({"what": "quarantine", **window.facts}, rows, len(rows))
        counted.check(token)
        replayed = 0
        for row in rows if not dry_run else []:
            replayed += await self._reclassify(row, classifier)
        return _replayed("quarantine", window, counted, replayed, dry_run=dry_run)

    async def reroute(
        self, routing: str, window: Window, router: Router, *, dry_run: bool, token: str = ""
    ) -> dict[str, Any]:
        """Plan leads again that nobody takes, such by their *routing*, as is configured today."""
        rows = await self._unfollowed(routing, window, router)
        leads = sorted({str(row.values["lead"]) for row in rows})
        asked = {"what": routing, **window.facts, "routes": router.digest}
        counted = Counted(asked, rows, len(leads))
        counted.check(token)
        parts = [] if dry_run else [[*one] for _, one in groupby(leads, partition_of)]
        replayed = sum(await asyncio.gather(*(_reroute(part, router) for part in parts)))
        if replayed:
            now = self.clock()
            await self.nudger.nudge([Nudge(name, until=now) for name in router.destinations])
        return _replayed(routing, window, counted, replayed, dry_run=dry_run)

    async def lanes(self) -> set[str]:
        """Return the names of all destinations that were ever ticked."""
        return {*await by_key(self.state, LANE)}

    async def enable(self, destination: str) -> dict[str, Any]:
        """Enable a disabled lane, its breaker and hold forgotten, and what it parked is due again.

        What else is parked there is told: it could be replayed.
        """

        async def change() -> None:
            row = await self.state.get(LANE, destination)
            if row is None:
                raise Unknown("no such destination has been ticked yet")
            lane = read_row(Lane, row.values).enabled()
            await self.state.write(LANE, [put(row, destination, lease.to_row(lane))])

        # Whoever works on the lane writes the same row.
        await until_written(f"the lane of {destination}", change)
        window = Window(destination=destination, reason=Reason.DESTINATION_DISABLED)
        undone = await self.replay(window, dry_run=False)
        parked = (await everywhere(self.table, all_parked(destination))).rows
        told = {"replayed": undone["replayed"], "parked": len(parked)}
        return {"destination": destination, "enabled": True, **told}

    async def _reclassify(self, row: Row, classifier: Classifier) -> bool:
        """Try one quarantined message; its row goes once the touch is kept elsewhere."""
        queued = index_time(row.key)
        await classifier.classify(row.values["message"], queued)
        now = await self.table.get(row.partition, row.key)
        if now is None or now.etag != row.etag:
            return False  # It was put back: still unreadable.
        try:
            await self.table.write(row.partition, [Change("delete", row.key, etag=row.etag)])
        except Conflict:
            return False
        return True

    async def _unfollowed(self, routing: str, window: Window, router: Router) -> list[Row]:
        """Return the index rows and due rows of the leads in *window* that nobody takes."""
        columns = ("lead", "owed_since")
        return [
            row
            for span, where in spans(routing, router.destinations)
            for row in (await everywhere(self.table, span, columns=columns, where=where)).rows
            if window.holds("", since_of(row))
        ]


def window_of(order: Replay) -> Window:
    """Return which rows *order* means."""
    where = (order.destination or "", order.reason or "", order.since, order.until)
    return Window(str(order.lead), *where, str(order.touch))


async def _reroute(leads: Sequence[str], router: Router) -> int:
    """Plan *leads* of one partition again; return how many are no more of those nobody takes."""
    return sum([await router.reroute(lead) for lead in leads])


def _replayed(
    what: str, window: Window, counted: Counted, replayed: int, *, dry_run: bool
) -> dict[str, Any]:
    """Tell, and return, what a replay came to; a dry run's answer has a token."""
    counts = {"what": what, "dry_run": dry_run, "matched": counted.matched, "replayed": replayed}
    answer = counts | window.facts
    log.info("replay.done", extra=answer)
    return answer | ({"token": counted.token} if dry_run else {})
