"""A table in memory that stays quick with a million rows, and counts what is asked of it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import process_time
from typing import Any

from leadshare.store.table import Change, Row
from tests.memory import Held, MemoryTable


class LargeTable(MemoryTable):
    """The same rows, whose keys lie in order; who keeps the rows of before sees them change."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: defaultdict[str, list[str]] = defaultdict(list)
        self.asked: Counter[str] = Counter()
        """Operations by kind, and `rows` that were read."""

    async def get(self, partition: str, key: str) -> Row | None:
        found = await super().get(partition, key)
        self.asked += Counter(get=1, rows=found is not None)
        return found

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        found = await super().read(partition, start, end, **narrow)
        self.asked += Counter(read=1, rows=len(found))
        return found

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        self.asked["write"] += 1
        return await super().write(partition, changes)

    def _between(self, partition: str, start: str, end: str) -> Iterable[tuple[str, Held]]:
        keys = self._keys[partition]
        found = keys[bisect_left(keys, start) : bisect_left(keys, end)]
        return ((key, self.rows[partition, key]) for key in found)

    def _keep(self, after: Mapping[tuple[str, str], Held | None]) -> None:
        for place, held in after.items():
            keys = self._keys[place[0]]
            if held is None:
                del self.rows[place]
                del keys[bisect_left(keys, place[1])]
                continue
            if place not in self.rows:
                insort(keys, place[1])
            self.rows[place] = held


@contextmanager
def counting(*tables: LargeTable) -> Iterator[Counter[str]]:
    """Count what is asked of *tables* meanwhile, and the milliseconds of CPU that it takes."""
    told, before = Counter[str](), [table.asked.copy() for table in tables]
    began = process_time()
    yield told
    told["ms"] = round((process_time() - began) * 1000)
    for table, asked in zip(tables, before, strict=True):
        told.update(table.asked - asked)
