"""Books: how each of them stands, for whoever looks after them."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from leadshare.books.book import BOOKS
from leadshare.books.place import Place
from leadshare.store import lease
from leadshare.store.keys import BOOK, book_key
from leadshare.store.table import Table
from leadshare.times import EPOCH, to_text


async def read_standing(state: Table) -> dict[str, Place]:
    """Return how far each book has been read; a row each."""
    rows = await asyncio.gather(*(state.get(BOOK, book_key(book.name)) for book in BOOKS))
    return {
        book.name: lease.read_row(Place, row.values) if row else Place()
        for book, row in zip(BOOKS, rows, strict=True)
    }


async def standing_facts(state: Table, now: datetime, off: str) -> dict[str, Any]:
    """Return what health tells of the books: *off* is why nobody reads them, if nobody does."""
    places = {} if off else await read_standing(state)
    return {
        "state": "off" if off else "on",
        "reason": off,
        "read": {name: _facts(place, now) for name, place in places.items()},
    }


def _facts(place: Place, now: datetime) -> dict[str, object]:
    return {
        "told_at": _past(place.told_at),
        "waits": place.waits,
        "fault": place.fault,
        "failing_at": _past(place.failing_at),
        "look_at": _past(place.look_at),
        "late": place.late(now),
    }


def _past(time: datetime) -> str:
    return to_text(time) if time > EPOCH else ""
