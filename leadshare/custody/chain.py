"""Custody: the chain of all acts, each link with the hash of the one before; none is ever changed.

An act is two links, its beginning and its end, which names it. Of two processes that write at once
the second finds its number taken, reads again, and takes the next.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from leadshare.custody.links import Columns, Head, link
from leadshare.errors import Conflict
from leadshare.store.keys import CHAIN, link_key, whole_partition
from leadshare.store.paging import ListQuery, page
from leadshare.store.retrying import Turns, until_written
from leadshare.store.table import Change, Row, Table, to_json
from leadshare.times import to_text

log = logging.getLogger("leadshare.custody.chain")

DONE: Final = "done"
FAILED: Final = "failed"
"""How an act ended; one that has no end was broken off, or is still under way."""


@dataclass(slots=True)
class Chain:
    """Writes links as one process, and lists them."""

    state: Table
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    tell: Callable[[str], None]
    """Has each line of the log carry the head from now on."""
    head: Head = field(default_factory=Head)
    """As this process knows it: others may have gone on."""
    _turns: Turns = field(default_factory=Turns)

    async def read_head(self) -> None:
        """Read what the last link is."""
        rows = await self.state.read(CHAIN, *whole_partition(), limit=1, columns=("number", "hash"))
        self._go_on(Head(int(rows[0].values["number"]), rows[0].values["hash"]) if rows else Head())

    async def begin(self, what: str, by: str, asked: Mapping[str, object]) -> str:
        """Write down that an act begins, *asked* for *by* somebody; return its name.

        Raises `StorageError` where that cannot be written.
        """
        return await self._add({"what": what}, {"by": by, "asked": to_json(asked)})

    async def end(
        self,
        what: str,
        act: str,
        ended: str,
        came_to: Mapping[str, object],
        numbers: Mapping[str, int] | None = None,
    ) -> None:
        """Write down how an *act* ended: what it *came_to*, and *numbers* that tell of nobody.

        Raises `StorageError` where that cannot be written.
        """
        counted = {"numbers": to_json(numbers)} if numbers is not None else {}
        told = {"what": what, "of": act, "ended": ended, **counted}
        await self._add(told, {"came_to": to_json(came_to)})

    async def acts(self, limit: int, after: str) -> dict[str, object]:
        """Return a page of beginnings and ends, newest first."""
        rows = ListQuery("acts", whole_partition(), {}, _ACT, _as_act, (CHAIN,))
        return await page(self.state, rows, limit, after)

    async def links(self, limit: int, after: str) -> dict[str, object]:
        """Return a page of links as they are kept, newest first."""
        rows = ListQuery("links", whole_partition(), {}, (), _as_kept, (CHAIN,))
        return await page(self.state, rows, limit, after)

    async def _add(self, told: Mapping[str, str], beside: Mapping[str, str]) -> str:
        """Write one link, and return its name."""
        name, salt = self.new_id(), self.new_id()
        async with self._turns.at(CHAIN):
            told = {"act": name, "at": to_text(self.clock()), **told}

            taken = False

            async def write() -> Columns:
                nonlocal taken
                if taken:
                    await self.read_head()
                new = link(self.head, told, beside, salt)
                try:
                    await self._insert(new)
                except Conflict:
                    taken = True
                    raise
                return new

            new = await until_written("the chain", write)
        self._go_on(Head(int(new["number"]), new["hash"]))
        log.info("chain.linked", extra={name: new.get(name, "") for name in ("what", "ended")})
        return name

    async def _insert(self, new: Columns) -> None:
        """Write a *new* link; `Conflict` if another has its number."""
        key = link_key(int(new["number"]))
        try:
            await self.state.write(CHAIN, [Change("insert", key, new)])
        except Conflict:
            # Storage may have written it and lost its answer, and its client tried again.
            there = await self.state.get(CHAIN, key)
            if there is None or there.values["hash"] != new["hash"]:
                raise

    def _go_on(self, head: Head) -> None:
        self.head = head
        self.tell(str(head))


_ACT: Final = ("act", "at", "what", "by", "asked", "of", "ended", "came_to", "numbers")
_JSON: Final = ("asked", "came_to", "numbers")


def _as_act(row: Row) -> dict[str, object]:
    told = {name: row.values[name] for name in _ACT if row.values.get(name)}
    return told | {name: json.loads(told[name]) for name in _JSON if name in told}


def _as_kept(row: Row) -> dict[str, object]:
    return dict(row.values) | {"key": row.key}
