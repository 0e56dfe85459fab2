"""Lifecycle: how far each list of what has changed was read, in the cursor that holds it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leadshare.lifecycle import cursor
from leadshare.times import from_text, to_text

_BETWEEN: Final = "|"
_MIDWAY: Final = ">"


@dataclass(frozen=True, slots=True)
class Position:
    """How far one list, which is ordered by time, was read: to its end, or midway."""

    at: str = ""
    """Up to when, as `to_text` writes it; "" where nobody has asked yet."""
    midway: bool = False
    """Whether more is to be read at once, from this time on and without overlap."""
    after: str = ""
    """Where one time has more than a page: the id after which its rest is to be read."""

    def since(self, now: datetime) -> datetime:
        """Return from when on to ask."""
        return from_text(self.at) if self.midway else cursor.since(self.at, now)

    def ended(self, newest: datetime | None, answered: datetime | None, now: datetime) -> Position:
        """Return the position after the list was read to its end.

        Its *newest* change is told then, and all until it was *answered*, by the source's clock:
        else a source in which nothing changes any more would tell its last changes for ever.
        """
        told = max(filter(None, (newest, answered)), default=None)
        return Position(cursor.up_to(told, self.at, now))


def midway(at: datetime, after: str = "") -> Position:
    """Return the position from which to read on at once."""
    return Position(to_text(at), midway=True, after=after)


def positions(text: str, count: int) -> list[Position]:
    """Return how far each of *count* lists was read, by the *text* of a cursor; "" for none."""
    told = [_position(part) for part in text.split(_BETWEEN)] if text else []
    return (told + [Position()] * count)[:count]


def cursor_of(positions: Iterable[Position]) -> str:
    """Return the cursor that holds *positions*."""
    return _BETWEEN.join(
        f"{one.at}{_MIDWAY}{one.after}" if one.midway else one.at for one in positions
    )


def _position(text: str) -> Position:
    at, midway, after = text.partition(_MIDWAY)
    return Position(at, bool(midway), after)
