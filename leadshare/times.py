"""Times: instants as aware UTC datetimes of whole milliseconds, and their fixed-width texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST = 9_999_999_999_999

END = EPOCH + _LAST * _MILLISECOND
"""The last instant that a key of 13 digits can tell; in 2286."""


def utc_now() -> datetime:
    """Return the time, in whole milliseconds as rows keep it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def is_recent(instant: datetime, now: datetime, within: timedelta) -> bool:
    """Say whether *instant* was less than *within* before *now*.

    One that lies ahead is not: the clock was put back since, and nothing waits until it is there.
    """
    return timedelta(0) <= now - instant < within


def to_key(instant: datetime) -> str:
    """Return *instant* as 13 digits of UTC milliseconds, which sort by time.

    What is before or after all times that 13 digits can tell is as the first or the last.
    """
    return f"{_milliseconds(instant):013d}"


def from_key(key: str) -> datetime:
    """Read what `to_key` wrote."""
    return EPOCH + int(key) * _MILLISECOND


def to_reverse_key(instant: datetime) -> str:
    """Return *instant* as 13 digits which sort newest first."""
    return f"{_LAST - _milliseconds(instant):013d}"


def _milliseconds(instant: datetime) -> int:
    # Whoever writes into our queues may tell any time, and one digit more would sort first.
    return min(max((instant - EPOCH) // _MILLISECOND, 0), _LAST)


@lru_cache(maxsize=64)  # rows and records of one lead tell the same few instants many times
def to_text(instant: datetime) -> str:
    """Return *instant* as ISO 8601 with milliseconds and `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(text: str) -> datetime | None:
    """Return the instant that others write as ISO 8601, in UTC where they name no zone."""
    try:
        instant = datetime.fromisoformat(text)
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return min(max(instant, EPOCH), END).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)
