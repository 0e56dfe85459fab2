"""Commands: Microsoft's books, beside what was counted of leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from leadshare.commands import screen
from leadshare.commands.screen import Entry, plain
from leadshare.operators.reports.figures import FEW

_WIDTH: Final = 80
_VISITED: Final = ("visits", "clicks", "consents")
_HEADS: Final = (*_VISITED, "orders", "billed")


def show_books(told: Entry) -> None:
    """Show what the books tell, with what Microsoft says of comparing it with leads."""
    books = told["books"]
    _say(books["warning"])
    screen.show_table((told["by"], *_HEADS), [*_lines(told)], "")
    if late := books["late_from"]:
        _say(f"Visits from {late} on may still grow: Microsoft is up to 48 hours late.")
    if unmatched := books["unmatched"]:
        _say(f"No listing has the title: {', '.join(map(plain, unmatched))}")
    for book, why in books["faults"].items():
        _say(f"{book} could not be read the last time: {why}")


def _say(text: str) -> None:
    screen.say("\n".join(wrap(text, _WIDTH)))


def booked(row: Entry) -> Iterator[tuple[str, object]]:
    """Yield what the books tell of a row, by the names of columns."""
    books = row.get("books") or {}
    yield from ((name, books[name]) for name in (*_VISITED, "orders") if books)
    for currency, amount in (books.get("revenue") or {}).items():
        yield f"billed {currency}", amount


def _lines(told: Entry) -> Iterator[Sequence[str]]:
    rows = ((row["value"], row["books"]) for row in told.get("rows", ()) if row.get("books"))
    for value, books in (*rows, ("all", told["total"]["books"])):
        orders = "" if books["orders"] is None else str(books["orders"])
        amounts = (books["revenue"] or {}).items()
        billed = ", ".join(f"{_number(amount)} {currency}" for currency, amount in amounts)
        yield (value, *(_number(books[name]) for name in _VISITED), orders, billed)


def _number(value: object) -> str:
    return f"<{FEW}" if value is None else str(value)
