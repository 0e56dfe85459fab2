"""Store: the keys of the table of state, and of that of referrals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from leadshare.store.keys.parts import Span, behind, under
from leadshare.times import to_key

LANE: Final = "lane"
"""Of the table of state: the lanes, by destination."""

MARKETPLACE_TABLES: Final = "marketplace-tables"
"""Of the table of state: how far Microsoft's tables were read, by `marketplace_table_key`."""

RETENTION: Final = "retention"
"""Of the table of state: how far retention has come, `state|retention`."""

CHAIN: Final = "chain"
"""Of the table of state: the chain of what was ordered and done, by `link_key`."""

IDENTITY: Final = "identity"
FINGERPRINT: Final = "key"
"""Of the table of state: the one row of the identity key's fingerprint, `identity|key`."""

PROOF: Final = "proof"
LAST_PROOF: Final = "last"
"""Of the table of state: the one row of the proof, `proof|last`."""

STATE: Final = "state"
WATCH: Final = "watch"
"""Of the table of state: when silent listings were reported last, `state|watch`; who works off
the house lane, `state|_house`."""

MAILED: Final = "report"
"""Of the table of state: which week's report was mailed, and a lease, `state|report`."""

WAITING: Final = "waiting"
"""Of the table of state: outcomes that could not be recorded yet, by `waiting_key`."""

DAY: Final = "day"
"""Of the table of state: what was counted on each day in all, by `counted_key`."""

COUNTS: Final = "counts"
"""Of the table of state: how far days were summed, and in which zone, `state|counts`."""

BOOK: Final = "book"
"""Of the table of state: Microsoft's books: how far each was read, by `book_key`, and its sums, by
`period_key`."""

REFERRAL: Final = "referral"
"""The one partition of the table of referrals, by a referral's id."""

ERASURE: Final = "erasure"
"""Of the table of state: what was done of each order to erase somebody, by `erasure_key`."""


def erasure_key(order: str, part: int) -> str:
    """Return the key of what was done of one contact that an *order* is about: 0 for the first."""
    return f"{order}|{part}"


def erasure_of(order: str) -> Span:
    """Return the range of all that was done of an *order*."""
    return under(order)


def link_key(number: int) -> str:
    """Return the key of a link of the chain, by its *number* from 1 on: newest first."""
    return f"{_LAST_LINK - number:013d}"


def link_number(key: str) -> int:
    """Return the number in the *key* of a link."""
    return _LAST_LINK - int(key)


def links_between(first: int, last: int) -> Span:
    """Return the range of the links from one number up to another, which it holds, too."""
    return link_key(last), behind(link_key(first))


_LAST_LINK: Final = 10**13 - 1


def book_key(book: str) -> str:
    """Return the key of the row that says how far a *book* was read."""
    return f"place|{book}"


def period_key(book: str, period: str) -> str:
    """Return the key of the row of a book's sums of a month, 2026-11, or of a year."""
    return f"{book}|{period}"


def periods_from(book: str, first: str, last: str = "~") -> Span:
    """Return the range of a book's sums from the *first* month or year up to the *last*."""
    return f"{book}|{first}", f"{book}|{last}~"


def marketplace_table_key(account: str | None, table: str) -> str:
    """Return the key of the row of one of Microsoft's tables."""
    return f"{account}|{table.lower()}"


def waiting_key(at: datetime, name: str) -> str:
    """Return the key of the row of an outcome that is tried again *at* a time, by its own name."""
    return f"{to_key(at)}|{name}"


def waiting_by(now: datetime) -> Span:
    """Return the range of the outcomes that are to be tried again by *now*."""
    return "", f"{to_key(now)}|~"


def counted_key(day: date) -> str:
    """Return the key of the row of what was counted on a *day*."""
    return day.isoformat()


def day_in_state(key: str) -> date:
    """Return the day in the *key* of a row of what was counted on it."""
    return date.fromisoformat(key)


def counted_days(first: date, last: date) -> Span:
    """Return the range of the days from the *first* to the *last*."""
    return counted_key(first), behind(counted_key(last))


def whole_partition() -> Span:
    """Return the range of all rows of a partition of the table of state, or of referrals."""
    return "", "~"
