"""Custody: all rows that are held of a contact, and which of its leads go by their age."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leadshare.configuration.retention import Retention
from leadshare.deliveries.ledger import Naming, record_name
from leadshare.leads.touch import from_row
from leadshare.playbook import Category, Stage
from leadshare.store.finding import index_rows
from leadshare.store.keys import (
    body_key,
    found_key,
    index_keys_in,
    index_kind,
    kind_in,
    lead_in,
    of_contact,
    partition_of,
)
from leadshare.store.table import Row, Table
from leadshare.times import EPOCH, from_text


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of one contact, as it was read."""

    contact: str
    row: Row | None
    """The contact's own row."""
    own: Sequence[Row]
    """All other rows of its own."""
    naming: Naming

    def of(self, kind: str) -> list[Row]:
        """Return its own rows of a *kind*."""
        return [row for row in self.own if kind_in(row.key) == kind]

    @property
    def leads(self) -> dict[str, Row]:
        """The rows of its leads, by id."""
        return {row.values["lead"]: row for row in self.of("lead")}

    def rows_of(self, leads: Collection[str]) -> list[Row]:
        """Return its own rows of these *leads*."""
        return [row for row in self.own if lead_of(row) in leads]

    def index_of(self, row: Row, bodies_since: datetime) -> list[str]:
        """Return the keys of the rows by which one of its own is found, or work on it is due.

        A touch's body is among them if it was received *since* then: older ones are gone.
        """
        keys = index_keys_in(row.values.values(), self.contact)
        match kind_in(row.key):
            case "touch":
                touch = from_row(row.values)
                keys += index_rows(touch.lead, touch.found)
                if touch.received >= bodies_since and "raw" not in row.values:
                    keys.append(body_key(touch.received, touch.id))
            case "delivery" if name := record_name(row.values["record_id"], self.naming):
                keys.append(found_key(name, row.values["lead"], row.values["destination"]))
        return keys

    def indexed(self, leads: Collection[str]) -> set[str]:
        """Return the keys of all rows of indexes that there may be of these *leads*."""
        return {key for row in self.rows_of(leads) for key in self.index_of(row, EPOCH)}


@dataclass(frozen=True, slots=True)
class Going:
    """Which leads of a contact go, by which class."""

    held: Held
    leads: frozenset[str]
    name: str


def lead_of(row: Row) -> str:
    """Return whose lead one of a contact's rows is of, nothing of the contact's own."""
    kind = kind_in(row.key)
    if kind == "touch":
        return str(row.values["lead"])
    return "" if kind == "contact" else lead_in(row.key)


async def read_held(table: Table, contact: str, naming: Naming) -> Held:
    """Read all rows of a *contact*'s own."""
    rows = await table.read(partition_of(contact), *of_contact(contact))
    contacts = [row for row in rows if kind_in(row.key) == "contact"]
    own = [row for row in rows if kind_in(row.key) != "contact"]
    return Held(contact, next(iter(contacts), None), own, naming)


async def existing(table: Table, place: str, keys: Iterable[str]) -> frozenset[str]:
    """Return those of *keys* at which there is a row."""
    rows = await asyncio.gather(*(table.get(place, key) for key in keys))
    return frozenset(row.key for row in rows if row)


PUT_OFF: Final = frozenset[str]()
"""What of a contact goes that has something due still: nothing, and it is looked at again."""


def aged(held: Held, terms: Retention, now: datetime) -> frozenset[str] | None:
    """Return the leads of a contact if all go by their age; None if it stays.

    The last touch of the person counts, whichever lead it was of: so none of them is scored
    otherwise because another went.
    """
    leads = held.leads
    if begun := leaving(held):
        return begun
    until = terms.leads_until(now)
    if not leads or any(_seen(row) > until for row in leads.values()):
        return None
    if terms.keep_won and any(row.values["stage"] == Stage.WON for row in leads.values()):
        return None
    return PUT_OFF if _has_due(held, leads) else frozenset(leads)


def aged_tests(held: Held, terms: Retention, now: datetime) -> frozenset[str] | None:
    """Return the tests among a contact's leads that go by their age; None if none is of age."""
    if begun := leaving(held):
        return begun
    until = terms.tests_until(now)
    tests = {
        lead: row
        for lead, row in held.leads.items()
        if row.values["category"] == Category.TEST and _seen(row) <= until
    }
    if not tests:
        return None
    return PUT_OFF if _has_due(held, tests) else frozenset(tests)


def leaving(held: Held) -> frozenset[str]:
    """Return the leads of a contact whose rows have begun to go, in several transactions."""
    return frozenset(str(held.row.values.get("leaving") or "").split() if held.row else ())


def _has_due(held: Held, leads: Collection[str]) -> bool:
    """Say whether anything is due at a destination of one of these *leads*."""
    return any(
        index_kind(row.values["index"]) == "due"
        for row in held.of("delivery")
        if row.values["lead"] in leads
    )


def _seen(row: Row) -> datetime:
    return from_text(row.values["last_seen"])
