"""Books: the sums of a file by day or month, and how they replace those that are kept."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from leadshare.books.book import OTHER, Book, Group, Line, Numbers
from leadshare.books.faults import Spoilt
from leadshare.reason import BookFault

Sums = dict[Group, Numbers]
Units = dict[str, Sums]
"""Sums by day or month."""

MOST_NAMES: Final = (200, 50, 10)
"""Names that are kept of each column and day, the greatest, what is left being one more, `OTHER`;
and how many where a row has no room for so many."""

HELD: Final = 1000
"""Sums of a day that are in memory at most: more than is kept of four columns."""

CHUNK: Final = 64 * 1024
MOST_CHUNKS: Final = 5
"""Table Storage: bytes of a column, and as many of those as let eight rows into a transaction."""


@dataclass(slots=True)
class FileSums:
    """What a file comes to, added up line by line."""

    book: Book
    units: Units = field(default_factory=lambda: defaultdict(dict))
    lines: int = 0
    _key: Group = ()

    async def read(self, lines: AsyncIterator[Line]) -> None:
        """Add all *lines*; `Spoilt` where one is not understood, and then none counts."""
        async for line in lines:
            self._add(line)

    def _add(self, line: Line) -> None:
        key, unit = self.book.key_of(line), self.book.unit_of(line)
        again = bool(key) and key == self._key
        numbers, sums = self.book.numbers(line, again), self.units[unit]
        for group in self.book.groups(line):
            before = sums.get(group)
            sums[group] = numbers if before is None else added(before, numbers)
        if len(sums) > HELD:
            # Anybody may make names up, as many as they like.
            self.units[unit] = few(sums)
        self._key, self.lines = key, self.lines + 1


def added(one: Numbers, other: Numbers) -> Numbers:
    """Return the sums of two rows of numbers."""
    return tuple(a + b for a, b in zip(one, other, strict=True))


def replaced(kept: Units, told: Units, cut: str) -> Units:
    """Return what is *kept* once a file has *told* its span: that is told whole, and replaces.

    Of days or months up to *cut* the span may tell a part alone, and they are taken only if none
    are kept. What is older than the file's first stays as it was told last.
    """
    if not told:
        return dict(kept)
    first = min(told)
    older = {unit: sums for unit, sums in kept.items() if unit < first}
    as_kept = {unit: sums for unit, sums in kept.items() if first <= unit <= cut}
    return older | told | as_kept


def by_period(units: Units) -> dict[str, Units]:
    """Return *units* by the row that keeps them: days by month, months by year."""
    found: dict[str, Units] = defaultdict(dict)
    for unit, sums in units.items():
        found[period_of(unit)][unit] = sums
    return found


def period_of(unit: str) -> str:
    """Return the month of a day, or the year of a month."""
    return unit.rpartition("-")[0]


def to_columns(units: Units) -> dict[str, bytes]:
    """Return the columns that keep *units*; `Spoilt` where a row has no room for them."""
    for most in MOST_NAMES:
        packed = _packed({unit: few(sums, most) for unit, sums in sorted(units.items())})
        chunks = [packed[at : at + CHUNK] for at in range(0, len(packed), CHUNK)]
        if len(chunks) <= MOST_CHUNKS:
            return {f"sums{number}": chunk for number, chunk in enumerate(chunks)}
    raise Spoilt(BookFault.NO_ROOM)


def _packed(units: Units) -> bytes:
    told = {
        unit: [[*group, *map(str, numbers)] for group, numbers in sums.items()]
        for unit, sums in units.items()
    }
    return zlib.compress(json.dumps(told, ensure_ascii=False).encode())


def few(sums: Sums, most: int = MOST_NAMES[0]) -> Sums:
    """Return the greatest *sums* of each column, and what is left in one."""
    kept: Sums = {}
    met: dict[Group, int] = defaultdict(int)
    for group, numbers in sorted(sums.items(), key=lambda one: (*(-n for n in one[1]), one[0])):
        met[group[:-1]] += 1
        name = group if met[group[:-1]] <= most else (*group[:-1], OTHER)
        kept[name] = added(kept[name], numbers) if name in kept else numbers
    return dict(sorted(kept.items()))


def read_columns(values: Mapping[str, Any], numbers: int) -> Units:
    """Return what `to_columns` wrote, with so many *numbers* behind each group."""
    chunks = [values[f"sums{at}"] for at in range(MOST_CHUNKS) if f"sums{at}" in values]
    told = json.loads(zlib.decompress(b"".join(chunks)))
    return {
        unit: {
            tuple(line[:-numbers]): tuple(Decimal(number) for number in line[-numbers:])
            for line in lines
        }
        for unit, lines in told.items()
    }
