"""Core: rows of the table, their keys, and changes to them that happen together or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from leadshare.core.times import to_key, to_reverse_key

PARTITIONS = "0123456789abcdef"
"""A partition is the first hex digit of a contact id; quarantine goes by the touch id's."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was read."""

    partition: str
    key: str
    values: Mapping[str, Any] = field(repr=False)
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row; with an etag only if the row is still as it was read."""

    kind: Literal["insert", "replace", "merge", "upsert", "delete"]
    key: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    etag: str = ""


class Table(Protocol):
    """What the use cases need of a table."""

    async def get(self, partition: str, key: str) -> Row | None:
        """Return one row, or None."""

    async def read(  # noqa: PLR0913 - the parts of a range query
        self,
        partition: str,
        start: str,
        end: str,
        *,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
    ) -> list[Row]:
        """Return the rows with start <= key < end in order, at most *limit*.

        *columns* names those wanted, *where* the texts that columns must equal.
        """

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        """Make all *changes*, at most 100 of rows all different, or none; return the new etags.

        Raises `Conflict` where a row is not as a change expects.
        """


def put(before: Row | None, key: str, values: Mapping[str, Any]) -> Change:
    """Return the change that writes a row which was read as *before*, or was not there."""
    if before:
        return Change("replace", key, values, before.etag)
    return Change("insert", key, values)


def partition_of(contact_or_lead: str) -> str:
    """Return the partition of everything about a contact."""
    return contact_or_lead[0]


def contact_of(lead: str) -> str:
    """Return the contact id in a *lead* id."""
    return lead.partition("-")[0]


def contact_key(contact: str) -> str:
    """Return the key of a contact's own row."""
    return f"{contact}|contact"


def lead_key(lead: str) -> str:
    """Return the key of a lead's row."""
    return _of_lead("lead", lead)


def touch_key(contact: str, touch: str) -> str:
    """Return the key of a touch's row."""
    return f"{contact}|touch|{touch}"


def delivery_key(lead: str, destination: str) -> str:
    """Return the key of a delivery's one row."""
    return f"{_of_lead('delivery', lead)}|{destination}"


def attempt_key(lead: str, destination: str, at: datetime) -> str:
    """Return the key of an attempt's row."""
    return f"{_of_lead('attempt', lead)}|{destination}|{to_key(at)}"


def due_key(destination: str, rank: str, at: datetime, lead: str) -> str:
    """Return the key of the index row of what is due: by rank, then by time."""
    return f"due|{destination}|{rank}|{to_key(at)}|{lead}"


def due_by(destination: str, rank: str, now: datetime) -> tuple[str, str]:
    """Return the range of what is due by *now*."""
    start = f"due|{destination}|{rank}|"
    return start, f"{start}{to_key(now)}|~"


def parked_key(destination: str, at: datetime, lead: str) -> str:
    """Return the key of the index row of a parked delivery."""
    return f"parked|{destination}|{to_key(at)}|{lead}"


def seen_key(at: datetime, lead: str) -> str:
    """Return the key of a lead's row in the newest-first list."""
    return f"seen|{to_reverse_key(at)}|{lead}"


def quarantine_key(at: datetime, touch: str) -> str:
    """Return the key of a touch that could not be read."""
    return f"quarantine|{to_key(at)}|{touch}"


def without_attempts(contact: str) -> tuple[str, str]:
    """Return the range of a contact's rows but its attempts, which only grow."""
    return f"{contact}|b", f"{contact}|~"


def whole_story(contact: str) -> tuple[str, str]:
    """Return the range of all of a contact's rows."""
    return f"{contact}|", f"{contact}|~"


def under(prefix: str) -> tuple[str, str]:
    """Return the range of the keys that go on after *prefix* and `|`."""
    return f"{prefix}|", f"{prefix}|~"


def kind_of(row: Row) -> str:
    """Return what a contact's *row* holds: contact, lead, touch, delivery or attempt."""
    return row.key.split("|")[1]


def _of_lead(kind: str, lead: str) -> str:
    contact, _, listing = lead.partition("-")
    return f"{contact}|{kind}|{listing}"
