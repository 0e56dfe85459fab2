"""Counts: the row that tells that something is counted otherwise now, until it is folded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from leadshare.counts.contribution import Contribution, day_of, departed, pack, unpack
from leadshare.store.keys import count_key
from leadshare.store.table import Change, Row, to_json


def count(
    column: bytes | None, counted: Contribution, subject: str, now: datetime
) -> tuple[bytes, list[Change]]:
    """Return the column of what is *counted* of a *subject* from now on, and the row that tells it.

    *column* is the one of before. Both are written in one transaction, so that what was ever told
    comes to the sum of all columns. No row where it is counted as it was.
    """
    number, was = unpack(column)
    if column and was == counted:
        return column, []
    after = pack(number + 1, counted)
    told = {"was": column or b"", "is": after, "left": "", "departs": False}
    return after, [_row(subject, number + 1, now, told)]


def depart(column: bytes | None, subject: str, now: datetime) -> list[Change]:
    """Return the row which tells that a *subject*, whose row goes with its *column*, has departed.

    For the transaction that takes the row away. Nothing of what was never counted.
    """
    number, was = unpack(column)
    if not column:
        return []
    after = pack(number + 1, departed(was, now))
    told = {"was": column, "is": after, "left": "", "departs": True}
    return [_row(subject, number + 1, now, told)]


def _row(subject: str, number: int, now: datetime, told: Mapping[str, object]) -> Change:
    lead, _, destination = subject.partition("|")
    values = {"lead": lead, "destination": destination, **told}
    return Change("insert", count_key(now, number, subject), values)


@dataclass(frozen=True, slots=True)
class News:
    """What a row of the outbox tells: what something was counted as, and what it is."""

    row: Row
    subject: str
    number: int
    was: Contribution
    now: Contribution
    left: frozenset[date] | None
    """The days that are not folded yet; None if none is."""
    departs: bool

    def days(self, zone: ZoneInfo) -> list[date]:
        """Return the days that are still to be folded."""
        quarters = {*self.was.on, *self.now.on}
        days = {day_of(quarter, zone) for quarter in quarters}
        return sorted(days if self.left is None else days & self.left)


def read(row: Row) -> News:
    """Return what a *row* of the outbox tells."""
    values = row.values
    number, now = unpack(values["is"])
    left = values["left"]
    return News(
        row,
        "|".join(filter(None, (values["lead"], values["destination"]))),
        number,
        unpack(values["was"])[1],
        now,
        frozenset(map(date.fromisoformat, json.loads(left))) if left else None,
        values["departs"],
    )


def rest(news: News, days: list[date]) -> Change:
    """Return how the row of *news* stays of which only these *days* are left."""
    left = to_json([day.isoformat() for day in days])
    return Change("merge", news.row.key, {"left": left}, news.row.etag)
