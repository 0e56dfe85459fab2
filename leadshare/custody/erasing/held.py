"""Custody: all rows that are held of a contact: its own, and those by which they are found."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from leadshare.deliveries.delivery import Kind
from leadshare.deliveries.ledger import Naming, record_name
from leadshare.leads.touch import Touch, from_row
from leadshare.store.finding import index_rows
from leadshare.store.keys import (
    FORGET,
    all_due,
    body_key,
    contact_of,
    found_key,
    index_keys_in,
    kind_in,
    of_contact,
    partition_of,
)
from leadshare.store.table import Row, Table

ERASE: Final = "erase"
"""The kind of the due row of the house lane by which an erasure goes on."""

INDEX: Final = "index"
"""What index rows are counted as, whatever they are of."""


@dataclass(frozen=True)
class Held:
    """What is held of one contact, as it was read."""

    contact: str
    row: Row | None = None
    """The contact's own row."""
    own: Sequence[Row] = ()
    """All other rows of its own, but for those that are kept for systems' records."""
    kept: Mapping[str, Row] = field(default_factory=dict)
    """Those, by key."""
    index: Sequence[Row] = ()
    """The rows by which its own are found, or work on them is due: what may leave first."""
    erasing: Row | None = None
    """The due row of an erasure that goes on."""

    def of(self, kind: str) -> list[Row]:
        """Return its own rows of a *kind*."""
        return [row for row in self.own if kind_in(row.key) == kind]

    @cached_property
    def touches(self) -> list[Touch]:
        """Its touches in their order."""
        read = [from_row(row.values) for row in self.of("touch")]
        return sorted(read, key=lambda touch: (touch.received, touch.id))

    @property
    def counts(self) -> Counter[str]:
        """How many rows of each kind go when it is erased."""
        counts = Counter(kind_in(row.key) for row in self.own)
        counts.update({INDEX: len(self.index)} if self.index else {})
        return counts


async def read_held(table: Table, contact: str, naming: Naming) -> Held:
    """Read all that is held of a *contact*.

    Index rows are found by the columns that name them, by the names that leads are found by, and
    among all that is due in the contact's partition.
    """
    place = partition_of(contact)
    rows, due = await asyncio.gather(
        table.read(place, *of_contact(contact)),
        table.read(place, *all_due(), columns=("lead", "kind")),
    )
    kinds = [(row, kind_in(row.key)) for row in rows]
    own = [row for row, kind in kinds if kind not in {"contact", FORGET}]
    mine = [row for row in due if contact_of(row.values["lead"]) == contact]
    keys = {*_named(own, contact), *_found(own, naming)} - {row.key for row in mine}
    found = await asyncio.gather(*(table.get(place, key) for key in sorted(keys)))
    erasing = next((row for row in mine if row.values["kind"] == ERASE), None)
    return Held(
        contact,
        next((row for row, kind in kinds if kind == "contact"), None),
        own,
        {row.key: row for row, kind in kinds if kind == FORGET},
        [
            *(row for row in mine if row.values["kind"] not in {ERASE, Kind.FORGET}),
            *filter(None, found),
        ],
        await table.get(place, erasing.key) if erasing else None,
    )


def _named(own: Iterable[Row], contact: str) -> list[str]:
    """Return the keys of index rows that columns of a contact's *own* rows name."""
    return [key for row in own for key in index_keys_in(row.values.values(), contact)]


def _found(own: Iterable[Row], naming: Naming) -> list[str]:
    """Return the keys of the rows by which people find the leads of a contact's *own* rows."""
    keys: list[str] = []
    for row in own:
        values: Mapping[str, Any] = row.values
        if kind_in(row.key) == "touch":
            touch = from_row(values)
            keys += [*index_rows(touch.lead, touch.found), body_key(touch.received, touch.id)]
        elif values.get("record_id") and "destination" in values:
            name = record_name(values["record_id"], naming)
            keys.append(found_key(name, values["lead"], values["destination"]))
    return keys
