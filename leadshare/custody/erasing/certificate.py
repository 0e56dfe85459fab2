"""Custody: what was done of an order to erase somebody: its certificate, which names nobody."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from leadshare.custody.erasing.planning import Order
from leadshare.deliveries import ledger
from leadshare.errors import Unknown
from leadshare.store.keys import ERASURE, erasure_key, erasure_of, whole_partition
from leadshare.store.retrying import until_written
from leadshare.store.table import Row, Table, put, to_json
from leadshare.times import to_text

MOST: Final = 100
"""Records that are named one by one."""

PENDING: Final = "pending"
"""What is told of a record that is still to be erased."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """The rows of what was done: one for each contact that an order is about."""

    state: Table
    clock: Callable[[], datetime]

    async def write(self, order: Order, kept: Iterable[Row], *, waits_for: str = "") -> None:
        """Write down what was done so far by *order*, with what is *kept* for systems' records.

        It *waits_for* what is told, or is complete.
        """
        kept = list(kept)
        values: dict[str, Any] = {
            "order": order.id,
            "at": to_text(order.at),
            "parts": 1 + len(order.others),
            "shared": order.shared,
            "counts": to_json(order.counts),
            "records": to_json(_records(kept)),
            "by_hand": to_json(_by_hand(kept)),
            "searched_at": order.searched_at,
            "updated": to_text(self.clock()),
            "waits_for": waits_for,
            "complete_at": "" if waits_for else to_text(self.clock()),
        }
        await self._merge(order.id, order.part, values)

    async def supersede(self, order: str, part: int, by: str) -> None:
        """Say that what an *order* had left of one contact is done *by* another."""
        await self._merge(order, part, {"continued_by": by})

    async def show(self, order: str) -> dict[str, Any]:
        """Return what was done of an *order*; `Unknown` if there is none."""
        rows = await self.state.read(ERASURE, *erasure_of(order))
        if not rows:
            raise Unknown("no such erasure")
        return _told(rows)

    async def all(self) -> list[dict[str, Any]]:
        """Return all certificates that are kept, in no order."""
        rows = await self.state.read(ERASURE, *whole_partition())
        orders = dict.fromkeys(str(row.values["order"]) for row in rows)
        return [_told([row for row in rows if row.values["order"] == one]) for one in orders]

    async def _merge(self, order: str, part: int, values: Mapping[str, Any]) -> None:
        """Write *values* beside what is there of one contact."""
        key = erasure_key(order, part)

        async def step() -> None:
            before = await self.state.get(ERASURE, key)
            after = {**(before.values if before else {}), **values, "order": order}
            await self.state.write(ERASURE, [put(before, key, after)])

        await until_written("a certificate", step)


def _records(kept: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Return by destination how many records came to what."""
    counts: dict[str, Counter[str]] = {}
    for row in kept:
        counts.setdefault(row.values["destination"], Counter())[row.values["did"] or PENDING] += 1
    return {destination: dict(count) for destination, count in counts.items()}


def _by_hand(kept: Iterable[Row]) -> list[dict[str, str]]:
    """Return what people have to do, by the systems' own ids of their records."""
    names = ("destination", "lead", "record_id", "reason")
    return [
        {name: row.values[name] for name in names}
        for row in kept
        if row.values["did"] == ledger.BY_HAND
    ][:MOST]


def _told(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what *rows* tell of one order, of all its contacts together."""
    first = rows[0].values
    counts, records = Counter[str](), dict[str, Counter[str]]()
    for row in rows:
        counts.update(json.loads(row.values.get("counts", "{}")))
        for destination, count in json.loads(row.values.get("records", "{}")).items():
            records.setdefault(destination, Counter()).update(count)
    # What another order does of a further contact is that order's.
    own = [row for row in rows if row is rows[0] or not row.values.get("continued_by")]
    ended = [str(row.values.get("complete_at", "")) for row in own]
    whole = len(rows) == first.get("parts") and all(ended)
    return {
        "order": first["order"],
        "at": first["at"],
        "complete": whole,
        "complete_at": max(ended) if whole else "",
        "waits_for": sorted({waits for row in rows if (waits := row.values.get("waits_for"))}),
        "contacts": first.get("parts", len(rows)),
        "shared_phones": first.get("shared", 0),
        "rows": dict(counts),
        "records": {destination: dict(count) for destination, count in records.items()},
        "by_hand": [one for row in rows for one in json.loads(row.values.get("by_hand", "[]"))],
        "searched_at": first.get("searched_at", ""),
        "continued_by": first.get("continued_by", ""),
    }
