"""Custody: take away what is of age, once a day, as far as one run gets; the next goes on."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from leadshare.configuration.retention import Retention
from leadshare.custody.chain import DONE, FAILED, Chain
from leadshare.custody.links import unnamed
from leadshare.custody.retention import suppressions
from leadshare.custody.retention.holding import Going, aged, aged_tests, existing, read_held
from leadshare.custody.retention.leaving import leave
from leadshare.custody.retention.moving import MOVED, move
from leadshare.custody.retention.planning import LEADS, Place, Plan, Planner
from leadshare.custody.verifying import RETENTION
from leadshare.errors import Conflict
from leadshare.store.keys import CHAIN, STATE, partition_of
from leadshare.store.keys import RETENTION as ROW
from leadshare.store.lease import LeasedRow, acquire, release
from leadshare.store.retrying import until_written
from leadshare.store.table import TRANSACTION, Change, Row, Table
from leadshare.times import EPOCH, is_recent

log = logging.getLogger("leadshare.custody.retention")

DAILY: Final = timedelta(hours=24)

ITSELF: Final = "leadshare"
"""Who orders it, for the chain."""


@dataclass(slots=True)
class Retainer:
    """Holds what is kept no longer than the publisher's terms say."""

    table: Table
    state: Table
    planner: Planner
    chain: Chain
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    lease: timedelta
    done_at: datetime = EPOCH
    """As this process knows it, so that it need not read the row before that is a day old."""

    @property
    def name(self) -> str:
        """What this chore of the tick is called in logs."""
        return RETENTION

    @property
    def terms(self) -> Retention:
        """What the publisher has said."""
        return self.planner.terms

    async def work(self) -> None:
        """Run once a day, whichever process it is that ticks, until nothing is left of age."""
        now = self.clock()
        if self._is_done(now):
            return
        row = LeasedRow(self.state, STATE, ROW, Place)
        self.done_at = (await row.read()).done_at
        if self._is_done(now):
            return
        mine = acquire(row.value, self.new_id(), now, self.lease)
        if mine is None:
            return
        with suppress(Conflict):  # Another process is at it.
            await row.write(mine)
            after = await self._run(mine, now)
            await row.write(release(after))
            self.done_at = after.done_at

    async def plan(self) -> Plan:
        """Return what the next run takes away."""
        row = LeasedRow(self.state, STATE, ROW, Place)
        return await self.planner.plan(await row.read(), self.clock())

    def _is_done(self, now: datetime) -> bool:
        return is_recent(self.done_at, now, DAILY)

    async def _run(self, place: Place, now: datetime) -> Place:
        """Take away what is next; return how far that has come. It is written down, come what may.

        What fails has an end in the chain that says so, and is tried again by the next run.
        """
        if place.moved != MOVED:
            place = replace(place, moved=await move(self.table, place.moved))
        plan = await self.planner.plan(place, now)
        act = await self.chain.begin(RETENTION, ITSELF, plan.counts())
        try:
            numbers = await self._carry_out(plan, now)
        except Exception as error:
            await self.chain.end(RETENTION, act, FAILED, {"fault": type(error).__name__})
            raise
        told = {**numbers, "acts_to": plan.after.acts_to}
        await self.chain.end(RETENTION, act, DONE, {}, told)
        log.info("retention.done", extra={**numbers, "more": plan.more})
        over = not plan.more and plan.after.moved == MOVED
        return replace(plan.after, done_at=now) if over else plan.after

    async def _carry_out(self, plan: Plan, now: datetime) -> Counter[str]:
        """Do what is planned; return how many of each class went."""
        went = Counter(dict.fromkeys(plan.counts(), 0))
        went["bodies"] = await self._delete(plan.bodies)
        went["quarantined"] = await self._delete(plan.quarantined)
        for one in plan.contacts:
            went[one.name] += await self._let_leave(one, now)
        for suppression in plan.suppressed:
            went["suppressions"] += await suppressions.release(
                self.table, suppression, plan.suppressions_until
            )
        went["acts"] = await self._unname(plan.names)
        return went

    async def _let_leave(self, planned: Going, now: datetime) -> int:
        """Let leads leave as is *planned*, unless a touch has come since; return how many left."""
        place, since = partition_of(planned.held.contact), self.terms.bodies_until(now)
        tried = left = 0

        async def step() -> bool:
            nonlocal tried, left
            going, there = planned, None
            if tried:
                going = await self._again(planned, now)
                there = await existing(self.table, place, going.held.indexed(going.leads))
            tried += 1
            if not going.leads:
                return False
            changes, ends = leave(going.held, going.leads, since, now, there)
            await self.table.write(place, changes)
            left = len(going.leads)
            return not ends

        while await until_written("a contact", step):
            pass
        return left

    async def _again(self, planned: Going, now: datetime) -> Going:
        """Return what is still to leave of what was *planned*."""
        held = await read_held(self.table, planned.held.contact, self.planner.naming)
        of_age = aged if planned.name == LEADS else aged_tests
        return replace(planned, held=held, leads=of_age(held, self.terms, now) or frozenset())

    async def _delete(self, rows: Sequence[Row]) -> int:
        """Delete *rows*; return how many were there still."""
        by_place = defaultdict[str, list[str]](list)
        for row in rows:
            by_place[row.partition].append(row.key)
        counts = await asyncio.gather(
            *(
                self._delete_at_once(place, keys[start : start + TRANSACTION])
                for place, keys in by_place.items()
                for start in range(0, len(keys), TRANSACTION)
            )
        )
        return sum(counts)

    async def _delete_at_once(self, place: str, keys: Sequence[str]) -> int:
        try:
            await self.table.write(place, [Change("delete", key) for key in keys])
        except Conflict:
            if len(keys) == 1:
                return 0  # It has gone already.
            return sum([await self._delete_at_once(place, [key]) for key in keys])
        return len(keys)

    async def _unname(self, links: Sequence[Row]) -> int:
        """Let the names of *links* go; what they prove stays."""
        changes = [Change("replace", row.key, unnamed(row.values), row.etag) for row in links]
        for start in range(0, len(changes), TRANSACTION):
            await self.state.write(CHAIN, changes[start : start + TRANSACTION])
        return len(changes)
