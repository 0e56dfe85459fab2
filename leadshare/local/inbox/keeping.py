"""Local: what a CRM's inbox keeps: the leads that it got, and what its sellers made of them."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from leadshare.local.inbox.tables import (
    ALL_STEPS,
    CARDS,
    CHANGED,
    COUNTS,
    DEALS,
    ERASE,
    NEWEST,
    NEWEST_CARDS,
    ONE,
    PUT,
    SCHEMA,
    SELL,
    STEP,
    STEPS,
)
from leadshare.times import to_text

ALL: Final = -1
"""SQLite's LIMIT for no limit."""


_STEP_TOLD: Final = ("verb", "text", "track", "due", "received")

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


@dataclass(frozen=True, slots=True)
class Step:
    """What a track has people do or know."""

    number: str
    verb: str
    text: str
    track: str = ""
    due: str = ""


class Inbox:
    """The leads by destination and lead id, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        for table in (SCHEMA, DEALS, CARDS, STEPS):
            self._connection.execute(table)

    def put(self, destination: str, record: dict[str, Any], now: datetime) -> Kept:
        """Keep *record* unless a newer version is here, and say what is here."""
        # ASCII escapes: half a surrogate pair has no UTF-8, which SQLite asks for.
        row = (destination, record["lead"], record["version"], json.dumps(record), to_text(now))
        number, version, times = self._connection.execute(PUT, row).fetchone()
        return Kept(_record_id(number), record["lead"], version, created=times == 1)

    def get(self, destination: str, lead: str) -> dict[str, Any] | None:
        """Return what is here of one lead, or None."""
        row = self._connection.execute(ONE, (destination, lead)).fetchone()
        if row is None:
            return None
        number, version, *deal = row
        made = dict(zip(_DEAL, deal, strict=True)) if deal[0] else None
        return {"record": _record_id(number), "lead": lead, "version": version, "deal": made}

    def newest(self, limit: int = ALL) -> list[dict[str, Any]]:
        """Return the leads that came last, newest first."""
        steps: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
        for destination, lead, *told in self._connection.execute(ALL_STEPS):
            steps[destination, lead].append(dict(zip(_STEP_TOLD, told, strict=True)))
        return [
            {
                "record": _record_id(number),
                "destination": destination,
                "received": received,
                "times": times,
                "lead": (lead := json.loads(record)),
                "steps": steps.get((destination, lead["lead"]), []),
                "deal": {"state": state, "amount": amount, "currency": currency} if state else None,
            }
            for number, destination, record, received, times, state, amount, currency in (
                self._connection.execute(NEWEST, (limit,))
            )
        ]

    def sell(self, destination: str, lead: str, deal: Deal, now: datetime) -> bool:
        """Note what a seller made of one lead; say whether it is here."""
        at = to_text(now)
        row = (deal.state, deal.amount, deal.currency, at, at, destination, lead)
        return self._connection.execute(SELL, row).rowcount == 1

    def take(self, destination: str, lead: str, step: Step, now: datetime) -> bool:
        """Keep a step of one lead, once; say whether the lead is here."""
        told = (step.number, step.verb, step.text, step.track, step.due, to_text(now))
        return self._connection.execute(STEP, (*told, destination, lead)).rowcount == 1

    def erase(self, destination: str, lead: str) -> bool:
        """Take away all that is here of one lead; say whether it was here."""
        place = (destination, lead)
        gone = [self._connection.execute(statement, place).rowcount for statement in ERASE]
        return gone[-1] == 1

    def changed(self, destination: str, since: str, limit: int) -> list[dict[str, str]]:
        """Return what sellers made of leads *since* a time, the oldest first."""
        rows = self._connection.execute(CHANGED, (destination, since, limit))
        return [dict(zip(("lead", *_DEAL), row, strict=True)) for row in rows]

    def post(self, channel: str, text: str, now: datetime) -> None:
        """Keep the *text* of a card that was posted into a channel."""
        row = (channel, text, to_text(now))
        self._connection.execute(
            "INSERT INTO cards (channel, text, received) VALUES (?, ?, ?)", row
        )

    def cards(self) -> list[dict[str, str]]:
        """Return the newest cards, newest first."""
        rows = self._connection.execute(NEWEST_CARDS)
        return [dict(zip(("channel", "text", "received"), row, strict=True)) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many leads each destination has."""
        return dict(self._connection.execute(COUNTS))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _record_id(number: int) -> str:
    return f"IN-{number:05d}"
