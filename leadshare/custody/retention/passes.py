"""Custody: how far retention has looked through the leads, newest first, and where it goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from leadshare.store.keys import PARTITIONS, behind, seen_between
from leadshare.store.table import Row, Table, to_json
from leadshare.times import EPOCH, from_text, to_text


@dataclass(frozen=True, slots=True)
class Pass:
    """One look through the leads that have come of age since the last: a range of time.

    What stays is passed by, so that each look costs what has come of age and not what is kept.
    """

    bottom: datetime = EPOCH
    """What was seen last by then the passes before have looked through."""
    top: datetime = EPOCH
    """What was seen last by then this one looks through."""
    at: Mapping[str, str] = field(default_factory=dict)
    """By partition where it goes on; of what is in none it is over."""
    put_off: bool = False
    """Whether anything is to be looked at again by the next."""

    @classmethod
    def read(cls, column: str) -> Pass:
        """Read what `to_column` wrote; a first pass of nothing."""
        if not column:
            return cls()
        bottom, top, at, put_off = json.loads(column)
        return cls(from_text(bottom), from_text(top), at, put_off)

    def to_column(self) -> str:
        """Return it as a column."""
        return to_json([to_text(self.bottom), to_text(self.top), self.at, self.put_off])

    @property
    def is_over(self) -> bool:
        """Whether all that it is to look through was looked through."""
        return not self.at

    def on(self, until: datetime) -> Pass:
        """Return it as it goes on, or the next of what was seen last *until* then."""
        if not self.is_over:
            return self
        bottom = self.bottom if self.put_off else self.top
        top = max(until, bottom)
        first, _ = seen_between(top, bottom)
        return Pass(bottom, top, dict.fromkeys(PARTITIONS, first))


async def look(table: Table, began: Pass, share: int) -> tuple[list[Row], Pass]:
    """Return the next rows of leads, at most a *share* of each partition, and where it goes on."""
    _, end = seen_between(began.top, began.bottom)
    columns = ("lead", "category")
    found = await asyncio.gather(
        *(
            table.read(partition, start, end, limit=share, columns=columns)
            for partition, start in began.at.items()
        )
    )
    parts = zip(began.at, found, strict=True)
    at = {partition: behind(rows[-1].key) for partition, rows in parts if len(rows) == share}
    return [row for rows in found for row in rows], replace(began, at=at)
