"""Custody: plan how a contact is erased, as transactions in their order."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from leadshare.counts.of_delivery import subject_of
from leadshare.counts.outbox import depart
from leadshare.custody.erasing.held import ERASE, INDEX, Held
from leadshare.custody.erasing.needles import Needles
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import USUAL
from leadshare.leads.tombstone import tombstone
from leadshare.reason import Left
from leadshare.store.keys import (
    HOUSE,
    contact_key,
    due_in,
    due_key,
    forget_key,
    kind_in,
    suppressed_key,
)
from leadshare.store.table import TRANSACTION, Change, Row, put, to_json
from leadshare.times import from_text, to_text


@dataclass(frozen=True, slots=True)
class System:
    """How a person is taken out of the records of one destination."""

    does: str
    """`delete`, `anonymise` or `task`; or `STAYS`, where nobody can call back what was sent."""
    kind: str = ""
    """The type of destination, as the configuration names it."""


Systems = Mapping[str, System]
"""By destination."""

ROOM: Final = TRANSACTION - 5
"""Rows that go with one transaction, beside the contact's and those by which the erasure goes on:
two of them where another erasure had begun."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order to erase one contact, as the due row has it by which it goes on."""

    id: str
    at: datetime
    contact: str
    part: int = 0
    """Which of the contacts it is that the order is about; the first is what was asked for."""
    needles: Needles = field(default_factory=Needles, repr=False)
    """What is searched for where nobody could read; of the first contact only."""
    others: tuple[str, ...] = ()
    """The other contacts; of the first only."""
    shared: int = 0
    """How many numbers others have as well, whose contacts are left alone; of the first only."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """The rows that went so far, by kind."""
    searched_at: str = ""
    """When was searched last where nobody could read."""
    earlier: tuple[tuple[str, int], ...] = ()
    """The orders, and which of their contacts this was, whose rest is done by this one."""

    def to_row(self) -> dict[str, Any]:
        """Return it as the columns of its due row."""
        return {
            "lead": self.contact,
            "kind": ERASE,
            "order": self.id,
            "at": to_text(self.at),
            "part": self.part,
            "needles": to_json(self.needles.to_column()),
            "others": to_json(self.others),
            "shared": self.shared,
            "counts": to_json(self.counts),
            "searched_at": self.searched_at,
            "earlier": to_json(self.earlier),
        }

    @classmethod
    def read(cls, row: Row) -> Order:
        """Read what `to_row` wrote."""
        values = row.values
        return cls(
            values["order"],
            from_text(values["at"]),
            values["lead"],
            values["part"],
            Needles.read(json.loads(values["needles"])),
            tuple(json.loads(values["others"])),
            values["shared"],
            json.loads(values["counts"]),
            values["searched_at"],
            tuple((order, part) for order, part in json.loads(values["earlier"])),
        )


def begin(held: Held, order: Order, systems: Systems) -> tuple[list[Change], Counter[str]]:
    """Return the first transaction, and what goes with it by kind.

    The contact's row is a tombstone from then on, so that whoever has read it before meets a
    conflict. Where more rows go than one transaction takes, what may leave goes first.
    """
    steps = _steps(held, systems, order.at)
    now, rest = _fitting(steps)
    counts = _counted(now)
    dead = tombstone(held.row, order.id, order.at, rest=rest)
    due = order.to_row() | {"counts": to_json(counts)}
    key = due_key(HOUSE, USUAL, order.at, order.contact, ERASE)
    if held.erasing and held.erasing.key == key:
        key = _later(held.erasing, order.at)
    return [
        put(held.row, contact_key(order.contact), dead),
        *([Change("delete", held.erasing.key, etag=held.erasing.etag)] if held.erasing else []),
        Change("insert", key, due),
        # By which it goes one day, as retention has it.
        Change("upsert", suppressed_key(order.at, order.contact), {"contact": order.contact}),
        *(change for step in now for change in step.changes),
    ], counts


def go_on(held: Held, due: Row, systems: Systems, now: datetime) -> list[Change]:
    """Return one more transaction of the erasure that *due* is about; nothing once all is gone."""
    going, rest = _fitting(_steps(held, systems, now))
    erasing = held.row and held.row.values.get("erasing")
    if held.row is None or not erasing:
        return []  # What is there by now has come anew.
    counts = Counter(Order.read(due).counts) + _counted(going)
    over = [] if rest else [Change("merge", held.row.key, {"erasing": ""}, held.row.etag)]
    return [
        *over,
        Change("merge", due.key, {"counts": to_json(counts)}, due.etag),
        *(change for step in going for change in step.changes),
    ]


def moved(due: Row, at: datetime, **changes: Any) -> list[Change]:
    """Return how the erasure that *due* is about goes on at a later time."""
    key = due_key(HOUSE, USUAL, at, due.values["lead"], ERASE)
    key = _later(due, at) if key == due.key else key
    gone = Change("delete", due.key, etag=due.etag)
    return [gone, Change("insert", key, {**due.values, **changes})]


@dataclass(frozen=True, slots=True)
class _Step:
    """A row that goes, with what is kept of it."""

    kind: str
    changes: tuple[Change, ...]


def _steps(held: Held, systems: Systems, now: datetime) -> list[_Step]:
    """Return all that goes: what is due first, then all else by which rows are found.

    Without its row in the list of those seen no lead can change, so that nothing becomes due any
    more; and that row is known by the lead's own, which therefore goes later.
    """
    index = [_Step(INDEX, (_gone(row),)) for row in held.index]
    due = [one for one in index if due_in(one.changes[0].key)]
    listings = {row.values["lead"]: str(row.values["listing"]) for row in held.of("lead")}
    deliveries = [
        _Step("delivery", (_gone(row), *_departs(row, now), *_kept(held, row, listings, systems)))
        for row in held.of("delivery")
    ]
    other = [row for row in held.own if kind_in(row.key) not in {"lead", "delivery"}]
    # A delivery's system and listing are to be known when it goes, so it goes before its lead.
    own = [
        _Step(kind_in(row.key), (_gone(row), *_departs(row, now)))
        for row in (*held.of("lead"), *other)
    ]
    return [*due, *(one for one in index if one not in due), *deliveries, *own]


def _kept(held: Held, delivery: Row, listings: Mapping[str, str], systems: Systems) -> list[Change]:
    """Return what is kept of a *delivery* until its record is erased, if there may be one."""
    lead, destination = delivery.values["lead"], delivery.values["destination"]
    before = held.kept.get(forget_key(lead, destination))
    if not ledger.may_have(delivery) or (before and not before.values["did"]):
        return []
    did, reason = "", ""
    if destination not in systems:
        did, reason = ledger.BY_HAND, Left.NOT_CONFIGURED.value
    elif systems[destination].does == ledger.STAYS:
        did = ledger.STAYS
    kept = ledger.remembered(delivery, listings.get(lead, ""), did, reason)
    return [put(before, kept.key, kept.values)]


def _departs(row: Row, now: datetime) -> list[Change]:
    """Return the row by which what a lead or a delivery is counted as stays in totals alone."""
    values = row.values
    if not values.get("counted"):
        return []
    destination = values.get("destination")
    subject = subject_of(values["lead"], destination) if destination else values["lead"]
    return depart(values["counted"], subject, now)


def _gone(row: Row) -> Change:
    return Change("delete", row.key, etag=row.etag)


def _fitting(steps: Sequence[_Step]) -> tuple[list[_Step], bool]:
    """Return the first of *steps* that fit one transaction, and whether there are more."""
    fitting, room = list[_Step](), ROOM
    for step in steps:
        room -= len(step.changes)
        if room < 0:
            break
        fitting.append(step)
    return fitting, len(fitting) < len(steps)


def _counted(steps: Iterable[_Step]) -> Counter[str]:
    return Counter(step.kind for step in steps)


def _later(due: Row, at: datetime) -> str:
    """Return a key other than that of *due*: a transaction takes a row once."""
    at += timedelta(milliseconds=1)
    return due_key(HOUSE, USUAL, at, due.values["lead"], ERASE)
