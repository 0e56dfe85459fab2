"""How long an answer asks to wait, in all the places where vendors say so."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from leadshare.client.answers.response import LONGEST_HOLD
from leadshare.client.answers.waits import told_wait, wait_in
from tests.builders import NOW

SOON = int(NOW.timestamp()) + 45


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "Sun, 22 Nov 2026 12:00:45 GMT"}, 45),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"x-ms-retry-after-ms": "20000"}, 20),
        ({"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}, 10),
        ({"RateLimit-Reset": "12"}, 12),
        ({"X-RateLimit-Reset": str(SOON)}, 45),
        ({"X-RateLimit-Reset": f"{SOON}000"}, 45),
        ({"X-RateLimit-Reset": "2026-11-22T12:00:45Z"}, 45),
        ({"Retry-After": "3", "X-RateLimit-Reset": "99"}, 3),
        ({"X-RateLimit-Reset": "999999999"}, LONGEST_HOLD.total_seconds()),
        ({"X-RateLimit-Reset": "9999999999999"}, LONGEST_HOLD.total_seconds()),
        ({"X-RateLimit-Reset": "1"}, 1),
        ({"X-RateLimit-Reset": "1000000001"}, None),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_headers(headers, seconds):
    """Retry-After outranks other headers; a reset is a time or a number of seconds."""
    told = told_wait(httpx.Response(429, headers=headers), NOW)

    assert (None if seconds is None else timedelta(seconds=seconds)) == told


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("Try again in 5 minutes.", timedelta(minutes=5)),
        ("exceeded with in '20' secs", timedelta(seconds=20)),
        ("retry after 1.5 seconds", timedelta(seconds=1.5)),
        ("wait 250 ms", timedelta(milliseconds=250)),
        ("Please wait for 2 hours", timedelta(hours=2)),
        ("after 99999 hours", LONGEST_HOLD),
        ("100 calls per minute", None),
        ("over time window of 300 seconds", None),
        ("", None),
    ],
)
def test_words(text, wait):
    """A time may stand in a text alone."""
    assert wait == wait_in(text)
