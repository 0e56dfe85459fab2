"""Local: the tables of a CRM's inbox, and what is asked of them."""

from __future__ import annotations

from typing import Final

SCHEMA: Final = """
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
DEALS: Final = """
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

SELL: Final = """
INSERT INTO deals SELECT destination, lead, ?, ?, ?, ?, ? FROM leads
WHERE destination = ? AND lead = ?
ON CONFLICT (destination, lead) DO UPDATE SET
    state = excluded.state, amount = excluded.amount, currency = excluded.currency,
    changed = excluded.changed
"""

CHANGED: Final = """
SELECT lead, state, amount, currency, changed, signed FROM deals
WHERE destination = ? AND changed >= ? ORDER BY changed LIMIT ?
"""

STEPS: Final = """
CREATE TABLE IF NOT EXISTS steps (
    destination TEXT NOT NULL,
    lead TEXT NOT NULL,
    step TEXT NOT NULL,
    verb TEXT NOT NULL,
    text TEXT NOT NULL,
    track TEXT NOT NULL,
    due TEXT NOT NULL,
    received TEXT NOT NULL,
    PRIMARY KEY (destination, step)
)
"""

STEP: Final = """
INSERT INTO steps SELECT destination, lead, ?, ?, ?, ?, ?, ? FROM leads
WHERE destination = ? AND lead = ?
ON CONFLICT (destination, step) DO UPDATE SET received = received
"""

ALL_STEPS: Final = """
SELECT destination, lead, verb, text, track, due, received FROM steps ORDER BY received
"""

ERASE: Final = (
    "DELETE FROM deals WHERE destination = ? AND lead = ?",
    "DELETE FROM steps WHERE destination = ? AND lead = ?",
    "DELETE FROM leads WHERE destination = ? AND lead = ?",
)
"""What takes away all of a lead, the lead itself last."""

CARDS: Final = """
CREATE TABLE IF NOT EXISTS cards (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    text TEXT NOT NULL,
    received TEXT NOT NULL
)
"""

NEWEST_CARDS: Final = "SELECT channel, text, received FROM cards ORDER BY id DESC LIMIT 20"

# Every arrival is counted; only a newer version replaces what is kept and when it came. `times`
# and the rest of the right-hand sides are the values before the update.
PUT: Final = """
INSERT INTO leads (destination, lead, version, record, received) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (destination, lead) DO UPDATE SET
    times = times + 1,
    record = iif(excluded.version > version, excluded.record, record),
    received = iif(excluded.version > version, excluded.received, received),
    version = max(excluded.version, version)
RETURNING id, version, times
"""

NEWEST: Final = """
SELECT id, destination, record, received, times, state, amount, currency
FROM leads LEFT JOIN deals USING (destination, lead)
ORDER BY received DESC, id DESC LIMIT ?
"""

ONE: Final = """
SELECT id, version, state, amount, currency, changed, signed
FROM leads LEFT JOIN deals USING (destination, lead)
WHERE destination = ? AND lead = ?
"""

COUNTS: Final = "SELECT destination, count(*) FROM leads GROUP BY destination ORDER BY destination"
