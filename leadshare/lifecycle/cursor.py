"""Lifecycle: from when on a source is asked what has changed, and with how much overlap."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from leadshare.times import from_text, to_text

OVERLAP: Final = timedelta(minutes=10)
"""How far each question goes back behind the newest change that was told.

Systems show changes late, and their clocks are not ours: what comes twice says nothing new.
"""

FIRST: Final = timedelta(days=7)
"""How far the first question goes back."""


def since(cursor: str, now: datetime) -> datetime:
    """Return from when on to ask that was asked up to *cursor*; "" where nobody has asked yet."""
    return from_text(cursor) - OVERLAP if cursor else now - FIRST


def up_to(newest: datetime | None, cursor: str, now: datetime) -> str:
    """Return the cursor after all was told up to *newest*, by the source's own clock.

    It never goes back, and never ahead of *now*: a change of tomorrow would hide all until then.
    """
    last = from_text(cursor) if cursor else now - FIRST
    return to_text(min(max(newest or last, last), now))
