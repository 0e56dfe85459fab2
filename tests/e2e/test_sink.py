"""The destination that the end-to-end tests deliver to: it shows what they are to find."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks import Webhook

from tests.e2e import sink
from tests.e2e.sink import BAD_IN_A_ROW, HANGS, KEY, Mood, Script, Sink, Weather


@pytest.fixture(name="script")
def _script() -> Script:
    """What the sink does next."""
    return Script()


@pytest.fixture(name="receiver")
def _receiver(script: Script) -> Iterator[Sink]:
    """A sink that does what it is told."""
    with sink.running(script) as receiver:
        yield receiver


def tell(receiver: Sink, version: int, key: str = KEY) -> int:
    """Tell a version of a lead; return the status, 0 for no answer."""
    body = json.dumps({"type": "lead.updated", "data": {"lead": "a", "version": version}})
    now, identity = datetime.now(UTC), f"a-{version}"
    headers = {
        "webhook-id": identity,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(key).sign(identity, now, body),
    }
    try:
        return httpx.post(receiver.url, content=body, headers=headers, timeout=0.5).status_code
    except httpx.TransportError:
        return 0


@pytest.mark.parametrize(
    ("mood", "status", "written"),
    [
        (Mood.GOOD, 204, True),
        (Mood.BROKEN, 500, False),
        (Mood.BUSY, 503, False),
        (Mood.THROTTLED, 429, False),
        (Mood.SILENT, 0, False),
        (Mood.LATE, 0, True),
        (Mood.DROPPED, 0, True),
        (Mood.GONE, 410, False),
    ],
)
def test_mood(receiver: Sink, script: Script, mood: Mood, status: int, written: bool) -> None:  # noqa: FBT001 - a case
    """Each mood answers, or does not, and writes, or does not, as its name says."""
    script.moods.append(mood)

    told = tell(receiver, 1)

    assert (status, written) == (told, "a" in receiver.records)


def test_old_version_wins(receiver: Sink) -> None:
    """What is told last stays, however old, and every telling of a version is counted."""
    for version in (1, 3, 3, 2):
        tell(receiver, version)

    assert 2 == receiver.records["a"]["version"]
    assert [1, 3, 3, 2] == receiver.versions("a")


def test_unverified(receiver: Sink) -> None:
    """An event under another key is refused and remembered."""
    status = tell(receiver, 1, "whsec_" + "b3RoZXIga2V5" * 3)

    assert (401, 1, {}) == (status, len(receiver.unverified), receiver.records)


@pytest.mark.parametrize("busy", [0, 1])
def test_weather(busy: int) -> None:
    """Weather has every mood that it is told of, never too many bad ones, and hangs one at once."""
    bad = dict.fromkeys((Mood.BROKEN, Mood.SILENT, Mood.DROPPED), 20)
    plan: Callable[[int], Mood] = Weather(7, bad)

    moods = [plan(busy) for _ in range(1000)]

    row = longest = 0
    for mood in moods:
        row = 0 if mood is Mood.GOOD else row + 1
        longest = max(longest, row)
    assert BAD_IN_A_ROW == longest
    assert {Mood.GOOD, *bad} - (HANGS if busy else set()) == set(Counter(moods))
