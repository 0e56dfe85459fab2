"""Lifecycle: how far a source's changes are read, stream by stream and page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leadshare.lifecycle.cursor import OVERLAP, since, up_to
from leadshare.times import from_text, to_text


@dataclass(frozen=True, slots=True)
class Page:
    """What a page held, of records in the order in which they were changed."""

    times: Sequence[datetime]
    """When each of them was changed, others' records included."""
    full: bool
    """Whether there may be more of what was asked for."""
    next: str = ""
    """Where to go on among those of one instant, should that be asked for."""
    clock: datetime | None = None
    """What the source's clock said when it answered; None where it does not say."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the reading stands of a source that tells its changes in several streams.

    A page that is full is followed by one from its last time on, not by its second page: what
    changes between two calls moves to the end, and what follows would move to a page that was read.
    Only where one instant fills a page is it read on within that instant, the *tie*.
    """

    newest: tuple[str, ...]
    """By stream, up to when it is told; "" where nobody has asked yet."""
    stream: int = 0
    start: str = ""
    """From when on the next page is asked for; "" at a stream's beginning."""
    tie: str = ""
    """Where in that instant; "" outside of one."""

    @classmethod
    def of(cls, cursor: str, streams: int) -> Reading:
        """Read *cursor*; from the beginning where it is none of a reading of so many *streams*."""
        told, *rest = cursor.split(";", 3)
        newest = tuple(told.split(","))
        if len(newest) != streams or len(rest) != 3:  # noqa: PLR2004 - as `cursor` puts them
            return cls(("",) * streams)
        return cls(newest, int(rest[0]), *rest[1:])

    @property
    def cursor(self) -> str:
        """The reading as a text."""
        return ";".join((",".join(self.newest), str(self.stream), self.start, self.tie))

    def since(self, now: datetime) -> datetime:
        """Return from when on the next page is asked for."""
        return from_text(self.start) if self.start else since(self.newest[self.stream], now)

    def after(self, page: Page, now: datetime, instant: timedelta | None = None) -> Reading:
        """Return the reading once *page* is told.

        In a tie, a source may be asked for what changed in that very *instant* of the source's
        clock; None where it is asked for all that changed since, and the tie is a number of a page.
        """
        start, last = self.since(now), max(page.times, default=None)
        of_instant = bool(self.tie and instant)
        ends = not page.full and not of_instant
        # What is quiet is told up to a while ago, lest its last changes be told for ever.
        quiet = [page.clock - OVERLAP] if ends and page.clock else []
        told = up_to(max([*page.times, *quiet], default=None), self.newest[self.stream], now)
        newest = (*self.newest[: self.stream], told, *self.newest[self.stream + 1 :])
        if ends:
            return Reading(newest, (self.stream + 1) % len(newest))
        if of_instant and instant and not page.full:
            return replace(self, newest=newest, start=to_text(start + instant), tie="")
        if last is not None and last > start and not of_instant:
            return replace(self, newest=newest, start=to_text(last), tie="")
        return replace(self, newest=newest, start=to_text(start), tie=page.next)

    @property
    def more(self) -> bool:
        """Whether there is more to ask for at once: the last stream is not read to its end."""
        return bool(self.stream or self.start)
