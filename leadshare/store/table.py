"""Store: rows of a table, and changes to them that happen together or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

TRANSACTION = 100
"""Rows that one transaction takes at most."""

LARGEST = 3 * 2**20
"""Bytes of rows that are put into one transaction, which takes 4 MiB with all that is around."""


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


def to_json(value: object) -> str:
    """Return *value* as the text of a column."""
    return _ENCODER.encode(value)


# Made once: `json.dumps` makes one each time that it is told anything.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def put(before: Row | None, key: str, values: Mapping[str, object]) -> Change:
    """Return the change that writes a row which was read as *before*, or was not there."""
    if before:
        return Change("replace", key, values, before.etag)
    return Change("insert", key, values)


def move(old: str, key: str, values: Mapping[str, object]) -> list[Change]:
    """Move the index row at *old*, if there is one, to *key*, or take it away without one."""
    if old == key:
        return [Change("replace", key, values)] if key else []
    gone = [Change("delete", old)] if old else []
    return [*gone, Change("insert", key, values)] if key else gone
