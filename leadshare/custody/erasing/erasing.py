"""Custody: carry out an erasure: its first transaction, and all that follows until it is over."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from leadshare.custody.erasing.certificate import Certificates
from leadshare.custody.erasing.held import ERASE, Held
from leadshare.custody.erasing.needles import Needles
from leadshare.custody.erasing.planning import Order, Systems, begin, go_on, moved
from leadshare.custody.erasing.searching import Search
from leadshare.custody.erasing.subject import Subjects
from leadshare.deliveries import ledger
from leadshare.deliveries.lanes.visit import Nudger, nudges
from leadshare.errors import Conflict, LeadshareError
from leadshare.leads.tombstone import keeps_out
from leadshare.reason import ByHand
from leadshare.store.keys import FORGET, contact_key, due_in, of_contact, partition_of
from leadshare.store.lease import SLACK
from leadshare.store.retrying import until_written
from leadshare.store.table import TRANSACTION, Change, Row, Table, to_json
from leadshare.times import to_text

log = logging.getLogger("leadshare.custody.erasing")

EVERY: Final = timedelta(minutes=1)
"""How often it is looked whether an erasure can go on; more often where leases are shorter."""

LONGEST: Final = timedelta(days=7)
"""How long a message lives in a queue, and a system is asked again."""

RARELY: Final = timedelta(hours=1)
"""The longest wait between two looks; each is a quarter of the erasure's age."""

HELD_BY: Final = ("touches", "touches-poison", "outcomes", "outcomes-poison")
"""The queues in which a person may be."""


class Queues(Protocol):
    """What is needed of the queues."""

    async def waiting(self, now: datetime) -> Mapping[str, Any]:
        """Return for each queue how many messages wait, and for how long the first has."""


@dataclass(frozen=True, slots=True)
class Erasing:
    """Erases contacts under one configuration; as a handler of the house lane it goes on."""

    table: Table
    search: Search
    certificates: Certificates
    subjects: Subjects
    systems: Systems
    queues: Queues
    nudger: Nudger
    clock: Callable[[], datetime]
    lease: timedelta

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of row that are its own."""
        return (ERASE,)

    @property
    def every(self) -> timedelta:
        """How often it is looked whether any are due."""
        return min(EVERY, self.lease)

    async def work_off(self, due: Sequence[Row]) -> None:
        """Go on with the erasures that are *due*; one that fails keeps no other waiting."""
        faults = list[LeadshareError]()
        for row in due:
            try:
                await self._go_on(row)
            except Conflict:
                continue  # Another process is at it, or another order; the next look tells.
            except LeadshareError as error:
                facts = {"order": row.values["order"], "fault": str(error)}
                log.error("erasure.failed", extra=facts)  # noqa: TRY400 - ours carry no data, traces may
                faults.append(error)
        for fault in faults:
            raise fault

    async def begin(self, held: Held, order: Order) -> Order:
        """Make the first transaction of an *order* about what is *held*; return it as it goes on.

        Raises `Conflict` if anything of it has changed since.
        """
        if held.erasing:
            earlier = Order.read(held.erasing)
            needles = Needles(
                order.needles.emails | earlier.needles.emails,
                order.needles.phones | earlier.needles.phones,
            )
            others = tuple(dict.fromkeys((*order.others, *earlier.others)))
            done = (*earlier.earlier, (earlier.id, earlier.part))
            order = replace(order, needles=needles, others=others, earlier=done)
        changes, counts = begin(held, order, self.systems)
        await self.table.write(partition_of(order.contact), changes)
        return replace(order, counts=dict(counts))

    async def finish_rows(self, order: Order) -> None:
        """Erase the rows of all contacts of an *order* whose first transaction was made."""
        for part, contact in enumerate(order.others, 1):
            await self.begin_other(replace(order, contact=contact, part=part))
        for contact in (order.contact, *order.others):
            await self.empty(contact)

    async def empty(self, contact: str) -> None:
        """Delete all rows of before, transaction by transaction."""

        async def step() -> bool:
            contact_row = await self.table.get(partition_of(contact), contact_key(contact))
            if contact_row is None or not contact_row.values.get("erasing"):
                return False
            held = await self.subjects.held(contact)
            changes = go_on(held, held.erasing, self.systems, self.clock()) if held.erasing else []
            if changes:
                await self.table.write(partition_of(contact), changes)
            return bool(changes)

        while await until_written("a contact", step):
            pass

    async def _go_on(self, due: Row) -> None:
        """Do what can be done by now of the erasure that *due* is about, and no more."""
        order, now = Order.read(due), self.clock()
        for earlier, part in order.earlier:
            await self.certificates.supersede(earlier, part, order.id)
        await self.finish_rows(order)
        held = await self.subjects.held(order.contact)
        if held.erasing is None or held.erasing.values["order"] != order.id:
            return
        due, order = held.erasing, Order.read(held.erasing)
        if not order.searched_at:
            due, order = await self._search(due, order, now)
        if now >= order.at + SLACK * self.lease:
            await self._ask_systems(order, held.kept.values(), now)
        await self._end(due, order, now)

    async def begin_other(self, order: Order) -> None:
        """Begin with another contact of the same person, unless that was done."""
        order = replace(
            order, needles=Needles(), others=(), shared=0, counts={}, searched_at="", earlier=()
        )

        async def step() -> None:
            held = await self.subjects.held(order.contact)
            if not keeps_out(held.row, order.at):
                await self.begin(held, order)
            elif held.row and (by := held.row.values["erased_by"]) != order.id:
                await self.certificates.supersede(order.id, order.part, by)

        await until_written("a contact", step)

    async def _search(self, due: Row, order: Order, now: datetime) -> tuple[Row, Order]:
        """Search where nobody could read, and note what was found with what goes on."""
        contacts = (order.contact, *order.others)
        found = await self.search.find(order.needles, contacts, order.at)
        deleted = await self.search.delete(found)
        counts = dict(Counter(order.counts) + deleted)
        noted = {"counts": to_json(counts), "searched_at": to_text(now)}
        [etag] = await self.table.write(due.partition, [Change("merge", due.key, noted, due.etag)])
        after = Row(due.partition, due.key, {**due.values, **noted}, etag)
        return after, Order.read(after)

    async def _ask_systems(self, order: Order, kept: Collection[Row], now: datetime) -> None:
        """Have each system asked that may have a record, or leave it to people at last."""
        changes = list[Change]()
        for row in kept:
            if row.values["did"]:
                continue
            if now >= order.at + LONGEST:
                changes += ledger.left_to_people(row, ByHand.NOT_IN_TIME, now)
            elif row.values["destination"] not in self.systems:
                changes += ledger.left_to_people(row, ByHand.NOT_CONFIGURED, now)
            elif not row.values["index"]:
                changes += ledger.owe_forgetting(row, now)
        place = partition_of(order.contact)
        for start in range(0, len(changes), TRANSACTION):
            await self.table.write(place, changes[start : start + TRANSACTION])
        keys = [change.key for change in changes if change.kind == "insert" and due_in(change.key)]
        await self.nudger.nudge(nudges(place, keys, now))

    async def _end(self, due: Row, order: Order, now: datetime) -> None:
        """Certify that all is done, or look again later; what is done so far is told meanwhile."""
        kept = await self.table.read(due.partition, *of_contact(order.contact, FORGET))
        old = now >= order.at + LONGEST
        if now < order.at + SLACK * self.lease or any(not row.values["did"] for row in kept):
            waits_for = "records"
        else:
            waits_for = "" if old or await self._are_queues_past(order, now) else "queues"
        if waits_for:
            await self.certificates.write(order, kept, waits_for=waits_for)
            wait = min(max((now - order.at) / 4, self.every), RARELY)
            await self.table.write(due.partition, moved(due, now + wait))
            return
        # What nobody could read may have come out of a queue since it was searched first.
        due, order = await self._search(due, order, now)
        await self.certificates.write(order, kept)
        gone = [Change("delete", row.key, etag=row.etag) for row in kept]
        for start in range(0, len(gone), TRANSACTION):
            await self.table.write(due.partition, gone[start : start + TRANSACTION])
        await self.table.write(due.partition, [Change("delete", due.key, etag=due.etag)])
        log.info("erasure.done", extra={"order": order.id})

    async def _are_queues_past(self, order: Order, now: datetime) -> bool:
        """Say whether no message of before the order is in a queue in which a person may be."""
        waiting = await self.queues.waiting(now)
        return all(_is_younger(waiting.get(name), now - order.at) for name in HELD_BY)


def _is_younger(queue: Mapping[str, Any] | None, age: timedelta) -> bool:
    if not queue or not queue["count"]:
        return True
    oldest = queue["oldest_seconds"]
    return oldest is not None and oldest < age.total_seconds()
