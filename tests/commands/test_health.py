"""What `leadshare health` tells of Microsoft's books."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest

from leadshare.commands import health
from tests.commands.conftest import said

READ = {
    "told_at": "2026-11-29T06:00:00.000Z",
    "waits": False,
    "fault": "",
    "failing_at": "",
    "look_at": "2026-11-30T06:00:00.000Z",
    "late": False,
}
WAITS = {**READ, "told_at": "", "waits": True}
FAILS = {**READ, "fault": "forbidden", "failing_at": "2026-11-28T06:00:00.000Z", "late": True}


class Manage:
    """A deployment that is well, but for what a test says of its books."""

    url = "https://leads.example"

    def __init__(self, books: dict[str, Any]) -> None:
        nothing = {"count": 0, "oldest_seconds": 0}
        self.told = {
            "configuration": "ok",
            "build": "b1",
            "last_lead": "",
            "last_test_lead": "",
            "queues": {},
            "destinations": {},
            "books": books,
            **dict.fromkeys(("quarantine", "unrouted", "waiting"), nothing),
        }

    def get(self, _path: str) -> dict[str, Any]:
        """Answer."""
        return self.told


@pytest.mark.parametrize(
    ("books", "code", "told"),
    [
        (
            {"state": "off", "reason": "[analytics] is not configured", "read": {}},
            0,
            "Microsoft's books off: [analytics] is not configured",
        ),
        (
            {"state": "on", "reason": "", "read": {"visits": WAITS}},
            0,
            "book of visits no file yet; next look 2026-11-30 06:00",
        ),
        (
            {"state": "on", "reason": "", "read": {"visits": READ, "orders": FAILS}},
            1,
            "book of orders file of 2026-11-29 06:00; forbidden since 2026-11-28 06:00;",
        ),
    ],
    ids=["off", "waits", "late"],
)
def test_books(monkeypatch: pytest.MonkeyPatch, books: dict[str, Any], code: int, told: str):
    """Each book stands with its file, fault and next look; one that is late waits for a person."""

    @contextmanager
    def connected(*_: object):
        yield Manage(books)

    monkeypatch.setattr(health, "connected", connected)

    done = said("health")

    assert code == done.code
    assert told in done.words
    assert bool(code) == ("see docs/runbooks/books-unread.md" in done.err)
