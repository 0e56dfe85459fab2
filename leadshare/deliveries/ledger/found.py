"""Deliveries: the index row by which a lead is found by a system's own id of its record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from leadshare.deliveries.delivery import Delivery
from leadshare.store.keys import all_found, delivery_key, found_key
from leadshare.store.reading import everywhere
from leadshare.store.table import Change, Table, move

RECORD: Final = "record"
"""The kind of names of record ids in the index."""

Naming = Callable[[str, str], str]
"""Names a text of a kind in the index, so that nobody without the identity key knows it."""


def record_name(record_id: str, naming: Naming) -> str:
    """Return the name of a *record_id* in the index, nothing without one.

    It may be typed with another case, or with the brackets that GUIDs have.
    """
    typed = record_id.strip(" {}").casefold()
    return naming(RECORD, typed) if typed else ""


def with_record(changes: Sequence[Change], delivery: Delivery, naming: Naming) -> list[Change]:
    """Return *changes* of what was a *delivery*, and how its row in the index follows them."""
    lead, destination, before = delivery.lead, delivery.destination, delivery.record_id
    key = delivery_key(lead, destination)
    ids = (c.values["record_id"] for c in changes if c.key == key and "record_id" in c.values)
    old, new = (
        found_key(name, lead, destination) if (name := record_name(one, naming)) else ""
        for one in (before, next(ids, before))
    )
    values = {"lead": lead, "destination": destination}
    return [*changes, *(move(old, new, values) if old != new else [])]


async def leads_with(table: Table, record_id: str, destination: str, naming: Naming) -> list[str]:
    """Return the leads of which *record_id* is the record at *destination*.

    It reads a range of each partition: whose lead a record is, its id does not tell.
    """
    name = record_name(record_id, naming)
    if not name:
        return []
    where = {"destination": destination}
    found = await everywhere(table, all_found(name), columns=("lead",), where=where)
    return [row.values["lead"] for row in found.rows]
