"""Operators: how far Microsoft's books are to be believed, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

Told = Mapping[str, Any]
"""A report in which books are told of."""

_NAMES: Final = {"visits": "visits", "orders": "orders", "revenue": "billed revenue"}


def caveats(report: Told) -> list[str]:
    """Return all that is to be known of them."""
    return [*extent(report), *_months(report["books"]), *troubles(report)]


def extent(report: Told) -> Iterator[str]:
    """Yield for which time the books know nothing, or not all yet."""
    books = report["books"]
    if unread := [name for book, name in _NAMES.items() if not books["told_at"][book]]:
        *others, last = unread
        names = f"{', '.join(others)} and {last}" if others else last
        yield f"Nothing was read yet of {names}."
    for book, name in _NAMES.items():
        known = books["known_from"][book] or ""
        if report["before"]["first"][: len(known)] < known:
            yield f"What Microsoft tells of {name} begins in {month(known[:7])}."
    if (late := books["late_from"]) and late <= report["last"]:
        yield f"Visits from {day(late)} on may still grow: Microsoft is up to 48 hours late."


def _months(books: Told) -> Iterator[str]:
    if months := books["months"]:
        to = f" to {month(months[-1])}" if months[1:] else ""
        yield f"Orders and billed revenue are of whole months, {month(months[0])}{to}."


def troubles(report: Told) -> Iterator[str]:
    """Yield what somebody may mend."""
    books = report["books"]
    if books["unmatched"]:
        yield f"No listing has the title: {', '.join(books['unmatched'])}."
    for book, why in books["faults"].items():
        yield f"{book} could not be read the last time: {why}."


def day(text: str) -> str:
    """Return a day that is told as 2026-11-30 as people write it."""
    told = date.fromisoformat(text)
    return f"{told.day} {told:%B %Y}"


def month(text: str) -> str:
    """Return a month that is told as 2026-11 as people write it."""
    return f"{date.fromisoformat(f'{text}-01'):%B %Y}"
