"""Marketplace table: where the reading of Microsoft's table stands, as pure values.

Rows come in the order of their keys, not of their times. A reading asks for all that were written
from the watermark on, less an overlap, and may take several ticks; only once it has met all of
them, the watermark moves: to the newest row met, but never past the time at which the reading
began, for a row written later may lie where the reading had been already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from leadshare.store.lease import Lease
from leadshare.times import EPOCH, is_recent

FIRST: Final = timedelta(hours=24)
"""How far back a table is read that was never read before, unless the configuration says."""

ID: Final = 16
"""Bytes of a touch id."""

REMEMBERED: Final = 4000
"""Rows that are remembered as taken, at most, in one column; others are queued once more."""


@dataclass(frozen=True, slots=True)
class Place(Lease):
    """Where the reading of one table stands, kept across ticks and instances."""

    since: datetime = EPOCH
    """Rows written before are never taken."""
    watermark: datetime = EPOCH
    """All rows written before, but for the overlap, have been taken."""
    begun_at: datetime = EPOCH
    done_at: datetime = EPOCH
    """When the last reading began, and when one last ended with all rows met."""
    after: str = ""
    """Where the reading goes on; nothing once it has ended."""
    top: datetime = EPOCH
    """The newest row met by the reading."""
    met: bytes = b""
    """The ids of the rows met by the reading, taken by it or before."""
    known: bytes = b""
    """The same of the reading before."""
    rows: int = 0
    """Rows taken, ever."""
    newest: datetime = EPOCH
    """When the newest row taken was written."""
    fault: str = ""
    """Why the last reading broke off, if it did."""


def begin(place: Place, since: datetime | None, now: datetime, every: timedelta) -> Place | None:
    """Return the place as a reading begins or goes on; None while none is due."""
    wanted = since or (place.since if place.since > EPOCH else now - FIRST)
    if wanted != place.since:
        # Never read, or told to begin elsewhere: what has been taken is not taken twice.
        place = replace(place, since=wanted, watermark=wanted, after="", begun_at=EPOCH)
    if place.after:
        return replace(place, fault="")
    if is_recent(place.begun_at, now, every):
        return None
    return replace(place, begun_at=now, top=EPOCH, met=b"", fault="")


def bound(place: Place, overlap: timedelta) -> datetime:
    """Return from which time on rows are asked for."""
    return max(place.watermark - overlap, place.since)


def taken(place: Place) -> set[bytes]:
    """Return the ids of the rows that need not be queued again."""
    both = place.known + place.met
    return {both[start : start + ID] for start in range(0, len(both), ID)}


def met(place: Place, rows: Sequence[tuple[bytes, datetime]], new: int, after: str) -> Place:
    """Return the place after a page: id and Timestamp of its *rows*, so many of them *new*."""
    top = max((written for _, written in rows), default=EPOCH)
    ids = place.met + b"".join(name for name, _ in rows)
    return replace(
        place,
        after=after,
        top=max(place.top, top),
        met=ids[-REMEMBERED * ID :],
        rows=place.rows + new,
        newest=max(place.newest, top) if new else place.newest,
    )


def ended(place: Place, now: datetime) -> Place:
    """Return the place after all rows were met."""
    watermark = max(place.watermark, min(place.top, place.begun_at))
    return replace(place, watermark=watermark, done_at=now, after="", known=place.met, met=b"")


def broken(place: Place, fault: str, *, anew: bool) -> Place:
    """Return the place after a *fault*: the next reading goes on, or begins *anew*."""
    return replace(place, fault=fault, after="" if anew else place.after)
