"""Counts: fold what is counted otherwise into the days of its partition; whoever does it, once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from leadshare.counts import tally as tallies
from leadshare.counts.contribution import Contribution, day_of
from leadshare.counts.measures import Cells
from leadshare.counts.outbox import News, read, rest
from leadshare.counts.tally import Tally
from leadshare.errors import Conflict
from leadshare.store.keys import PARTITIONS, all_counts, fresh_key, tally_key
from leadshare.store.table import TRANSACTION, Change, Row, Table, put

ROWS: Final = 90
"""Rows of the outbox that are folded at once, at most."""

DAYS: Final = 20
"""Days that one transaction changes at most; each is a row of less than 100 KiB, and another."""

ROUNDS: Final = 20
"""How often a partition is folded in one go: 1,800 rows, or so long as others do the same."""


@dataclass(slots=True)
class Day:
    """A day of a partition: its row as it was read, and what it is to say."""

    row: Row | None
    all: Tally = field(default_factory=Tally)
    gone: Tally = field(default_factory=Tally)
    """The part of it that has departed: no lead is there any more that says it."""

    @classmethod
    def of(cls, row: Row | None) -> Day:
        """Return the day that a *row* tells of."""
        values: Mapping[str, object] = row.values if row else {}
        return cls(row, tallies.read(values), tallies.read_gone(values))

    def says(self, other: Day | None) -> bool:
        """Say whether another says the same."""
        return self.all == (other.all if other else Tally())

    def change(self, day: date) -> Change:
        """Return how the row of a *day* is written."""
        return put(self.row, tally_key(day), tallies.columns(self.all, self.gone))


async def fold(table: Table, zone: ZoneInfo) -> None:
    """Fold all that is there into the days of a *zone*, as far as nobody else is at it."""
    await asyncio.gather(*(fold_partition(table, partition, zone) for partition in PARTITIONS))


async def fold_partition(table: Table, partition: str, zone: ZoneInfo) -> None:
    """Fold what is there in one *partition*, unless somebody else is at it."""
    with suppress(Conflict):
        for _ in range(ROUNDS):
            rows = await table.read(partition, *all_counts(), limit=ROWS)
            found = [read(row) for row in rows]
            whole = not found or await _fold_some(table, partition, found, zone)
            if whole and len(rows) < ROWS:
                return


async def _fold_some(table: Table, partition: str, found: Sequence[News], zone: ZoneInfo) -> bool:
    """Fold what fits one transaction, which takes the rows away; say whether that was all.

    So nothing is counted twice, and nothing is lost, whatever crashes. `Conflict` if somebody else
    was faster.
    """
    taken, days = _fitting(found, zone)
    keys = [tally_key(day) for day in days]
    rows = await asyncio.gather(*(table.get(partition, key) for key in keys))
    folded = {day: Day.of(row) for day, row in zip(days, rows, strict=True)}
    changes = list[Change]()
    for news in taken:
        add(folded, news, zone)
        left = [day for day in news.days(zone) if day not in folded]
        changes.append(
            rest(news, left) if left else Change("delete", news.row.key, etag=news.row.etag)
        )
    for day, one in folded.items():
        changes += [one.change(day), Change("upsert", fresh_key(day))]
    await table.write(partition, changes)
    return len(taken) == len(found) and not any(change.kind == "merge" for change in changes)


def _fitting(found: Sequence[News], zone: ZoneInfo) -> tuple[list[News], list[date]]:
    """Return those of the first that fit one transaction, and the days that they change.

    Of one that changes more days than fit only some are.
    """
    taken, days = list[News](), set[date]()
    for news in found:
        more = days.union(news.days(zone))
        if taken and (len(more) > DAYS or len(taken) + 1 + 2 * len(more) > TRANSACTION):
            break
        taken.append(news)
        days = more
    return taken, sorted(days)[:DAYS]


def add(days: Mapping[date, Day], news: News, zone: ZoneInfo) -> None:
    """Add what *news* tell of these *days*: what something is counted as, less what it was."""
    wanted = days.keys() & set(news.days(zone))
    for counted, sign in ((news.was, -1), (news.now, 1)):
        for day, part in parts(counted, zone):
            if day in wanted:
                days[day].all.add(counted.of, part, sign)
                if news.departs and sign > 0:
                    days[day].gone.add(counted.of, part)


def add_parts(days: MutableMapping[date, Day], counted: Contribution, zone: ZoneInfo) -> None:
    """Add all that is *counted* to *days*."""
    for day, part in parts(counted, zone):
        days[day].all.add(counted.of, part)


def parts(counted: Contribution, zone: ZoneInfo) -> Iterable[tuple[date, Cells]]:
    """Return what is *counted* by days of a *zone*."""
    return ((day_of(quarter, zone), cells) for quarter, cells in counted.on.items())
