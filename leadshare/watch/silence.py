"""Watch: whether a listing has been silent for longer than is usual for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

ENOUGH: Final = 5
"""Leads of which gaps tell what is usual."""

FACTOR: Final = 2
"""How many times the longest gap so far a silence must be to be unusual."""

SHORTEST: Final = timedelta(days=1)
"""No silence is unusual that is shorter."""


@dataclass(frozen=True, slots=True)
class Silence:
    """How long a listing has been silent, and how long it was at most between recent leads."""

    leads: int
    now: timedelta
    usual: timedelta | None
    """None where too few leads have come to tell."""

    @property
    def late(self) -> bool:
        """Whether it is silent for longer than is usual for it."""
        return self.usual is not None and self.now > max(FACTOR * self.usual, SHORTEST)


def silence(seen: Iterable[datetime], now: datetime) -> Silence:
    """Return the silence after the leads that were *seen* at these times, one at least."""
    times = sorted(seen)
    gaps = [after - before for before, after in pairwise(times)]
    usual = max(gaps) if len(times) >= ENOUGH else None
    return Silence(len(times), now - times[-1], usual)
