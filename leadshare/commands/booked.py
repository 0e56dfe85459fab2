"""Commands: Microsoft's books, beside what was counted of leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from leadshare.commands import screen
from leadshare.commands.screen import Entry, plain
from leadshare.operators.reports.caveats import caveats, extent
from leadshare.operators.reports.figures import FEW

_WIDTH: Final = 80
_VISITED: Final = ("visits", "clicks", "consents")
_HEADS: Final = (*_VISITED, "orders", "billed")


def show_books(told: Entry) -> None:
    """Show what the books tell, with what Microsoft says of comparing it with leads."""
    _say(told["books"]["warning"])
    screen.show_table((told["by"], *_HEADS), [*_lines(told)], "", _HEADS)
    for one in caveats(told):
        _say(plain(one))


def _say(text: str) -> None:
    screen.say("\n".join(wrap(text, _WIDTH)))


MIND: Final = "mind"
"""The last column for spreadsheets: a line that tells clicks says itself what they are not."""


def booked(row: Entry, told: Entry) -> Iterator[tuple[str, object]]:
    """Yield what the books tell of a row, by the names of columns; blank what is not told."""
    books = row.get("books")
    if not books:
        return
    yield from ((name, _blank(books[name])) for name in (*_VISITED, "orders"))
    for currency, amount in (books["revenue"] or {}).items():
        yield f"billed {currency}", _blank(amount)
    yield MIND, " ".join([told["books"]["warning"], *extent(told)])


def _blank(value: object) -> object:
    return "" if value is None else value


def _lines(told: Entry) -> Iterator[Sequence[str]]:
    rows = ((row["value"], row["books"]) for row in told.get("rows", ()) if row.get("books"))
    for value, books in (*rows, ("all", told["total"]["books"])):
        orders = "" if books["orders"] is None else str(books["orders"])
        amounts = (books["revenue"] or {}).items()
        billed = ", ".join(f"{_number(amount)} {currency}" for currency, amount in amounts)
        yield (value, *(_number(books[name]) for name in _VISITED), orders, billed)


def _number(value: object) -> str:
    return f"<{FEW}" if value is None else str(value)
