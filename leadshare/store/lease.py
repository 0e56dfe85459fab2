"""Store: leases, by which one of several processes works on something, and the rows they are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from leadshare.store.table import Change, Row, Table, put
from leadshare.times import EPOCH, from_text, to_text

SLACK: Final = 2
"""How many times as far ahead as our own leases another's may end: its clock may be ahead of ours,
and a release may have made leases shorter."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on something, and until when nobody else may."""

    holder: str = ""
    leased_until: datetime = EPOCH


L = TypeVar("L", bound=Lease)


def acquire(leased: L, holder: str, now: datetime, lease: timedelta) -> L | None:
    """Return *leased* in the hands of *holder*, or None while another has it.

    What ends further ahead than a lease may was written under a clock that was wrong, and is none.
    """
    held = now < leased.leased_until <= now + SLACK * lease
    if leased.holder not in ("", holder) and held:
        return None
    return replace(leased, holder=holder, leased_until=now + lease)


def renew(leased: L, now: datetime, lease: timedelta) -> L:
    """Return *leased* for another *lease* from *now* on."""
    return replace(leased, leased_until=now + lease)


def release(leased: L) -> L:
    """Return *leased* free for anybody."""
    return replace(leased, holder="", leased_until=EPOCH)


def to_row(leased: Lease) -> dict[str, Any]:
    """Return *leased* as column values."""
    values = {f.name: getattr(leased, f.name) for f in fields(leased)}
    return {k: to_text(v) if isinstance(v, datetime) else v for k, v in values.items()}


def read_row(kind: type[L], values: Mapping[str, Any]) -> L:
    """Return what `to_row` wrote down; a column that is not there yet has its default."""
    read: dict[str, Any] = {}
    for f in fields(kind):
        if f.name in values:
            value = values[f.name]
            read[f.name] = from_text(value) if isinstance(f.default, datetime) else value
    return kind(**read)


@dataclass(slots=True)
class LeasedRow(Generic[L]):
    """One row under which one of several processes works: written only as it was read last.

    Whoever finds it free takes it by `acquire` and writes that down; so does whoever renews or
    releases it. Of two who are at it at once, the second to write gets `Conflict`.
    """

    table: Table
    partition: str
    key: str
    kind: type[L]
    value: L = field(init=False)
    """The row as it was read or written last; the defaults where there is none."""
    _before: Row | None = None

    def __post_init__(self) -> None:
        self.value = self.kind()

    async def read(self) -> L:
        """Return the row as it is."""
        self._before = await self.table.get(self.partition, self.key)
        self.value = read_row(self.kind, self._before.values) if self._before else self.kind()
        return self.value

    async def write(self, value: L, also: Sequence[Change] = ()) -> None:
        """Write *value* if nobody has written since; `Conflict` if somebody has.

        With it changes of other rows of the partition are made, or neither.
        """
        change = put(self._before, self.key, to_row(value))
        etag, *_ = await self.table.write(self.partition, [change, *also])
        self._before, self.value = Row(self.partition, self.key, change.values, etag), value
