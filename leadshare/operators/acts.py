"""Operators: the one place that records what is ordered: before it is done, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from leadshare.store.keys import ACT, act_key, whole_partition
from leadshare.store.paging import ListQuery, page
from leadshare.store.table import Change, Row, Table, to_json
from leadshare.times import to_text

DONE: Final = "done"
FAILED: Final = "failed"
"""How an act ended; one that has no end was broken off, or is still under way."""


@dataclass(frozen=True, slots=True)
class Acts:
    """Two rows for each act, its beginning and its end, which names the first; none is changed."""

    state: Table
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    async def carry_out(
        self,
        what: str,
        by: str,
        asked: Mapping[str, object],
        deed: Callable[[], Awaitable[dict[str, Any]]],
        told: Callable[[dict[str, Any]], Mapping[str, object]] = dict,
    ) -> dict[str, Any]:
        """Return what *deed* returns, *asked* for *by* somebody; nothing of it is done unrecorded.

        What it came to is recorded as *told*, which leaves persons out.

        Raises `StorageError` where that cannot be written: before the deed, or after it.
        """
        begun = await self._write({"what": what, "by": by, "asked": to_json(asked)})
        try:
            came_to = await deed()
        except Exception as error:
            fault = {"fault": type(error).__name__}
            await self._end(what, begun, FAILED, fault)
            raise
        await self._end(what, begun, DONE, told(came_to))
        return came_to

    async def page(self, limit: int, after: str) -> dict[str, object]:
        """Return a page of beginnings and ends, newest first."""
        rows = ListQuery("acts", whole_partition(), {}, _COLUMNS, _shown, (ACT,))
        return await page(self.state, rows, limit, after)

    async def _end(self, what: str, act: str, ended: str, facts: Mapping[str, object]) -> None:
        await self._write({"what": what, "of": act, "ended": ended, "came_to": to_json(facts)})

    async def _write(self, values: Mapping[str, str]) -> str:
        """Write one row, and return its name."""
        name, now = self.new_id(), self.clock()
        row = {"act": name, "at": to_text(now), **values}
        await self.state.write(ACT, [Change("insert", act_key(now, name), row)])
        return name


_COLUMNS: Final = ("act", "at", "what", "by", "asked", "of", "ended", "came_to")


def _shown(row: Row) -> dict[str, object]:
    facts = {name: row.values[name] for name in _COLUMNS if name in row.values}
    told = {name: json.loads(facts[name]) for name in ("asked", "came_to") if name in facts}
    return facts | told
