"""Client: how long an answer asks to wait, wherever it says so."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from leadshare.client.answers.response import LONGEST_HOLD, retry_after

_MILLISECONDS: Final = (
    *("retry-after-ms", "x-ms-retry-after-ms", "x-retry-after-ms"),
    "x-hubspot-ratelimit-interval-milliseconds",
)
_SECONDS_OR_TIME: Final = (
    *("x-retry-after", "ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"),
    *("x-ratelimit-reset-after", "x-rate-limit-retry-after-seconds"),
)
"""Seconds from now, or a time: since 1970 in seconds or milliseconds, or as ISO 8601."""

_EPOCH_SECONDS, _EPOCH_MILLISECONDS = 10**9, 10**11

_IN_WORDS: Final = re.compile(
    r"\b(?:after|in|for|wait|within|every)\D{0,24}?(\d{1,5}(?:\.\d{1,3})?)['\"\s]*"
    r"(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|hours?|hrs?)\b",
    re.IGNORECASE,
)
_UNITS: Final = {
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "h": timedelta(hours=1),
    "ms": timedelta(milliseconds=1),
    "milli": timedelta(milliseconds=1),
}


def told_wait(response: httpx.Response, now: datetime) -> timedelta | None:
    """Return how long a throttled call is asked to wait, at most `LONGEST_HOLD`; None if unsaid.

    Retry-After in all its forms first, then headers of the limit's interval; see `wait_in`, too.
    """
    waits = (
        retry_after(response, now),
        *(_number(response, name, timedelta(milliseconds=1)) for name in _MILLISECONDS),
        *(_until(response.headers.get(name, ""), now) for name in _SECONDS_OR_TIME),
    )
    return next((min(wait, LONGEST_HOLD) for wait in waits if wait), None)


def wait_in(text: str) -> timedelta | None:
    """Return how long *text* asks to wait, as in "try again in 5 minutes"; None if unsaid."""
    found = _IN_WORDS.search(text)
    if found is None:
        return None
    name = found[2].lower()
    unit = "ms" if name.startswith(("ms", "milli")) else name[0]
    return min(float(found[1]) * _UNITS[unit], LONGEST_HOLD)


def _number(response: httpx.Response, name: str, unit: timedelta) -> timedelta | None:
    text = response.headers.get(name, "").strip()
    return int(text[:9]) * unit if text.isascii() and text.isdigit() else None


def _until(text: str, now: datetime) -> timedelta | None:
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,13}(\.[0-9]{1,9})?", text):
        number = float(text)
        if number < _EPOCH_SECONDS:
            return min(timedelta(seconds=number), LONGEST_HOLD)
        seconds = number / 1000 if number >= _EPOCH_MILLISECONDS else number
        return max(datetime.fromtimestamp(seconds, UTC) - now, timedelta(0))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return max(at.replace(tzinfo=at.tzinfo or UTC) - now, timedelta(0))
