"""Local: what a CRM's inbox keeps: the leads that it got, and what its sellers made of them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from leadshare.times import to_text

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS leads (
    id INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    lead TEXT NOT NULL,
    version INTEGER NOT NULL,
    record TEXT NOT NULL,
    received TEXT NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    UNIQUE (destination, lead)
)
"""

# `signed` is when a seller did something for the first time.
_DEALS: Final = """
CREATE TABLE IF NOT EXISTS deals (
    destination TEXT NOT NULL,
    lead TEXT NOT NULL,
    state TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    changed TEXT NOT NULL,
    signed TEXT NOT NULL,
    PRIMARY KEY (destination, lead)
)
"""

_SELL: Final = """
INSERT INTO deals SELECT destination, lead, ?, ?, ?, ?, ? FROM leads
WHERE destination = ? AND lead = ?
ON CONFLICT (destination, lead) DO UPDATE SET
    state = excluded.state, amount = excluded.amount, currency = excluded.currency,
    changed = excluded.changed
"""

_CHANGED: Final = """
SELECT lead, state, amount, currency, changed, signed FROM deals
WHERE destination = ? AND changed >= ? ORDER BY changed LIMIT ?
"""

_CARDS: Final = """
CREATE TABLE IF NOT EXISTS cards (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    text TEXT NOT NULL,
    received TEXT NOT NULL
)
"""

_NEWEST_CARDS: Final = "SELECT channel, text, received FROM cards ORDER BY id DESC LIMIT 20"

# Every arrival is counted; only a newer version replaces what is kept and when it came. `times`
# and the rest of the right-hand sides are the values before the update.
_PUT: Final = """
INSERT INTO leads (destination, lead, version, record, received) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (destination, lead) DO UPDATE SET
    times = times + 1,
    record = iif(excluded.version > version, excluded.record, record),
    received = iif(excluded.version > version, excluded.received, received),
    version = max(excluded.version, version)
RETURNING id, version, times
"""

_NEWEST: Final = """
SELECT id, destination, record, received, times, state, amount, currency
FROM leads LEFT JOIN deals USING (destination, lead)
ORDER BY received DESC, id DESC LIMIT ?
"""

_ONE: Final = """
SELECT id, version, state, amount, currency, changed, signed
FROM leads LEFT JOIN deals USING (destination, lead)
WHERE destination = ? AND lead = ?
"""

_COUNTS: Final = "SELECT destination, count(*) FROM leads GROUP BY destination ORDER BY destination"

ALL: Final = -1
"""SQLite's LIMIT for no limit."""


_DEAL: Final = ("state", "amount", "currency", "changed", "signed")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the inbox holds of one lead after a PUT."""

    record: str
    lead: str
    version: int
    created: bool


@dataclass(frozen=True, slots=True)
class Deal:
    """What a seller made of a lead."""

    state: str
    amount: str = ""
    currency: str = ""


class Inbox:
    """The leads by destination and lead id, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(_SCHEMA)
        self._connection.execute(_DEALS)
        self._connection.execute(_CARDS)

    def put(self, destination: str, record: dict[str, Any], now: datetime) -> Kept:
        """Keep *record* unless a newer version is here, and say what is here."""
        # ASCII escapes: half a surrogate pair has no UTF-8, which SQLite asks for.
        row = (destination, record["lead"], record["version"], json.dumps(record), to_text(now))
        number, version, times = self._connection.execute(_PUT, row).fetchone()
        return Kept(_record_id(number), record["lead"], version, created=times == 1)

    def get(self, destination: str, lead: str) -> dict[str, Any] | None:
        """Return what is here of one lead, or None."""
        row = self._connection.execute(_ONE, (destination, lead)).fetchone()
        if row is None:
            return None
        number, version, *deal = row
        made = dict(zip(_DEAL, deal, strict=True)) if deal[0] else None
        return {"record": _record_id(number), "lead": lead, "version": version, "deal": made}

    def newest(self, limit: int = ALL) -> list[dict[str, Any]]:
        """Return the leads that came last, newest first."""
        return [
            {
                "record": _record_id(number),
                "destination": destination,
                "received": received,
                "times": times,
                "lead": json.loads(record),
                "deal": {"state": state, "amount": amount, "currency": currency} if state else None,
            }
            for number, destination, record, received, times, state, amount, currency in (
                self._connection.execute(_NEWEST, (limit,))
            )
        ]

    def sell(self, destination: str, lead: str, deal: Deal, now: datetime) -> bool:
        """Note what a seller made of one lead; say whether it is here."""
        at = to_text(now)
        row = (deal.state, deal.amount, deal.currency, at, at, destination, lead)
        return self._connection.execute(_SELL, row).rowcount == 1

    def changed(self, destination: str, since: str, limit: int) -> list[dict[str, str]]:
        """Return what sellers made of leads *since* a time, the oldest first."""
        rows = self._connection.execute(_CHANGED, (destination, since, limit))
        return [dict(zip(("lead", *_DEAL), row, strict=True)) for row in rows]

    def post(self, channel: str, text: str, now: datetime) -> None:
        """Keep the *text* of a card that was posted into a channel."""
        row = (channel, text, to_text(now))
        self._connection.execute(
            "INSERT INTO cards (channel, text, received) VALUES (?, ?, ?)", row
        )

    def cards(self) -> list[dict[str, str]]:
        """Return the newest cards, newest first."""
        rows = self._connection.execute(_NEWEST_CARDS)
        return [dict(zip(("channel", "text", "received"), row, strict=True)) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many leads each destination has."""
        return dict(self._connection.execute(_COUNTS))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _record_id(number: int) -> str:
    return f"IN-{number:05d}"
