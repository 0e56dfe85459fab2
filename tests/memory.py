"""A table in memory with the semantics of Table Storage, for tests of what happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import count, islice
from typing import Any

from leadshare.errors import Conflict
from leadshare.store.table import Change, Row

Held = tuple[dict[str, Any], str]
"""What a row holds, and its etag."""


class MemoryTable:
    """Rows in a dict; every call gives way once before and once after, as a network would."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Held] = {}
        self.calls = 0
        self._etags = count(1)

    async def get(self, partition: str, key: str) -> Row | None:
        """Return one row, or None."""
        await self._give_way()
        found = self.rows.get((partition, key))
        return Row(partition, key, dict(found[0]), found[1]) if found else None

    async def read(  # noqa: PLR0913 - as the Table protocol has it
        self,
        partition: str,
        start: str,
        end: str,
        *,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
    ) -> list[Row]:
        """Return the rows with start <= key < end in order, at most *limit*."""
        await self._give_way()
        found = (
            Row(
                partition,
                key,
                {n: v for n, v in values.items() if not columns or n in columns},
                etag,
            )
            for key, (values, etag) in self._between(partition, start, end)
            if all(values.get(name) == wanted for name, wanted in (where or {}).items())
        )
        return list(islice(found, limit))

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        """Make all *changes* or none; return the new etags."""
        await self._give_way()
        assert 1 <= len(changes) <= 100, "a transaction takes 1 to 100 rows"
        assert len({change.key for change in changes}) == len(changes), "a row twice"
        after = dict[tuple[str, str], Held | None]()
        for change in changes:
            place = (partition, change.key)
            values, etag = self.rows.get(place, (None, ""))
            absent = values is None
            if change.kind == "insert" and not absent:
                raise Conflict("exists")
            if change.kind in ("replace", "merge", "delete") and absent:
                raise Conflict("missing")
            if change.etag and change.etag != etag:
                raise Conflict("changed")
            if change.kind == "delete":
                after[place] = None
                continue
            kept = values if change.kind == "merge" and values else {}
            after[place] = (kept | dict(change.values), f"e{next(self._etags)}")
        self._keep(after)
        await self._give_way()
        return [held[1] if held else "" for held in after.values()]

    def _between(self, partition: str, start: str, end: str) -> Iterable[tuple[str, Held]]:
        """Return what rows with start <= key < end hold, in order."""
        found = sorted(key for part, key in self.rows if part == partition and start <= key < end)
        return ((key, self.rows[partition, key]) for key in found)

    def _keep(self, after: Mapping[tuple[str, str], Held | None]) -> None:
        """Have these rows as they are *after* a transaction, None of them if they are gone.

        Whoever has kept the rows of before still has those.
        """
        rows = dict(self.rows)
        for place, held in after.items():
            if held is None:
                del rows[place]
            else:
                rows[place] = held
        self.rows = rows

    def values(self, kind: str) -> list[dict[str, Any]]:
        """Return the values of all rows of a *kind*, an index's name or a contact's."""
        return [
            values
            for (_, key), (values, _) in sorted(self.rows.items())
            if kind in key.split("|")[:2]
        ]

    async def _give_way(self) -> None:
        self.calls += 1
        await asyncio.sleep(0)
