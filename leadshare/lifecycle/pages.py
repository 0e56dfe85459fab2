"""Lifecycle: how a list of what has changed is read on, page by page, so that nothing is left out.

A page that is full is followed by one from its last time on, never by its second page: what changes
between two calls moves to the list's end, and what follows would move to a page that was read.
Only where one instant fills a page is it read on within that instant, which is a *tie*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadshare.lifecycle.paging import Position, midway


@dataclass(frozen=True, slots=True)
class Page:
    """What a page held."""

    times: Sequence[datetime]
    """When each of its records was changed, others' records included."""
    full: bool
    """Whether there may be more of what was asked for."""
    next: str = ""
    """Where to go on among those of one instant, should that be asked for."""
    answered: datetime | None = None
    """When it was answered, by the source's clock; None where that is not told."""


def after(
    position: Position, page: Page, now: datetime, instant: timedelta | None = None
) -> Position:
    """Return the position once *page*, which was asked for at *position*, is told.

    In a tie, a source may be asked for what changed in that very *instant* of its clock; None where
    it is asked for all that changed since, and the tie is the number of a page.
    """
    start, last = position.since(now), max(page.times, default=None)
    of_instant = instant if position.after else None
    if not page.full:
        return (
            midway(start + of_instant) if of_instant else position.ended(last, page.answered, now)
        )
    if last is not None and last > start and not of_instant:
        return midway(last)
    return midway(start, page.next)


def to_ask(positions: Sequence[Position]) -> list[int]:
    """Return which lists are to be asked now: those that are read midway, else all."""
    return [n for n, one in enumerate(positions) if one.midway] or [*range(len(positions))]
