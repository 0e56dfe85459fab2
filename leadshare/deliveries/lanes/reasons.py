"""Deliveries: how often each reason came up in each of the last 24 hours, as one text of a row."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from leadshare.deliveries.delivery import Accepted, Outcome

_STRANGE: Final = re.compile(r"[^ -~]|[\x22\\]")
_REASONS, _SHORT, _OTHERS = 12, 64, "others"
"""Reasons of an hour that are counted by name, and how long names are; a string of a row takes
32,768 UTF-16 units."""


def count(kept: str, outcomes: Sequence[Outcome], now: datetime) -> str:
    """Return *kept* with the reasons of *outcomes* counted, and those of yesterday forgotten."""
    reasons = Counter(o.reason for o in outcomes if not isinstance(o, Accepted))
    if not reasons:
        return kept
    hours = _last_day(kept, now)
    this = _hour(now)
    hours[this] = _bounded(Counter(hours.get(this, {})) + reasons)
    return json.dumps(hours, separators=(",", ":"))


def total(kept: str, now: datetime) -> dict[str, int]:
    """Return how often each reason came up in the last day, the most frequent first."""
    counts: Counter[str] = Counter()
    for hour in _last_day(kept, now).values():
        counts.update(hour)
    return dict(counts.most_common())


def _last_day(kept: str, now: datetime) -> dict[str, dict[str, int]]:
    hours: dict[str, dict[str, int]] = json.loads(kept)
    first = _hour(now - timedelta(hours=23))
    return {hour: counts for hour, counts in hours.items() if hour >= first}


def _bounded(counts: Mapping[str, int]) -> dict[str, int]:
    """Return *counts* by short names, and of so many only that the lane's row takes a day of them.

    Codes of a destination's own are among the reasons.
    """
    bounded: dict[str, int] = {}
    for reason, count in counts.items():
        short = _STRANGE.sub("?", reason[:_SHORT])
        name = short if short in bounded or len(bounded) < _REASONS else _OTHERS
        bounded[name] = bounded.get(name, 0) + count
    return bounded


def _hour(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H")
