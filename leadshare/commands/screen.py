"""Commands: what is shown: tables for people, JSON for programs; it acts on neither."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from unicodedata import category

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

STYLES: Final = {
    "delivered": "green",
    "due": "yellow",
    "parked": "red",
    "suppressed": "dim",
    "unrouted": "red",
}
"""States that are told apart at a glance."""

_CONTACT, _LISTING = 8, 4
"""Digits of a lead's id that are shown, of both its halves; commands take it so."""

_ACTS: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
"""Characters by which a text may act on a terminal, or look like another."""


def out() -> Console:
    """Return where answers go."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Tell that something goes on, where a person looks at it."""
    with Console(stderr=True, markup=False, emoji=False).status(what):
        yield


def complain(text: str) -> None:
    """Tell what went wrong, apart from what was asked for."""
    Console(stderr=True, markup=False, emoji=False, highlight=False).print(
        plain(text), soft_wrap=True
    )


def show_json(value: object) -> None:
    """Print *value* for programs; what is not ASCII is escaped, so that no terminal acts on it."""
    out().print(json.dumps(value, indent=2), soft_wrap=True)


def plain(value: object) -> str:
    """Return *value* as a text of one line that no terminal acts on."""
    shown = "".join(" " if category(letter) in _ACTS else letter for letter in str(value))
    return shown.strip()


def say(text: str) -> None:
    """Print *text* line by line as it is laid out, but for what a terminal would act on."""
    safe = "".join(" " if category(one) in _ACTS and one != "\n" else one for one in text)
    out().print(safe, soft_wrap=True)


def cell(value: object, style: str = "") -> Text:
    """Return *value* as what a table shows of it."""
    text = plain("" if value is None else value)
    return Text(text, style or STYLES.get(text, ""))


def show_table(
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    nothing: str,
    numbers: Collection[str] = (),
) -> None:
    """Print *rows* under their *heads*, those of *numbers* to the right; or there is *nothing*."""
    console = out()
    if not rows:
        console.print(nothing)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for head in heads:
        # Ids and times are of use whole only.
        side: Literal["left", "right"] = "right" if head in numbers else "left"
        table.add_column(head, no_wrap=head in _WHOLE, overflow="fold", justify=side)
    for row in rows:
        table.add_row(*(one if isinstance(one, Text) else cell(one) for one in row))
    console.print(table)


_WHOLE: Final = frozenset(
    ("lead", "touch", "when", "since", "received", "next", "seen", "score", "stage", "destination")
)


def show_facts(title: str, facts: Mapping[str, object]) -> None:
    """Print a *title*, and *facts* below it, but for those that are empty."""
    console = out()
    console.print(Text(plain(title), "bold"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts.items():
        if value not in ("", None, [], {}):
            grid.add_row(f"  {name}", value if isinstance(value, Text) else cell(value))
    console.print(grid)


def show_line(*parts: str) -> None:
    """Print *parts* beside each other, of which the last is as wide as there is room."""
    grid = Table.grid(padding=(0, 2))
    for number, _ in enumerate(parts, 1):
        grid.add_column(no_wrap=number < len(parts), overflow="fold")
    grid.add_row(*map(cell, parts))
    out().print(grid)


def short(lead: str) -> str:
    """Return a lead's id as it is shown to people."""
    contact, _, listing = lead.partition("-")
    return f"{contact[:_CONTACT]}-{listing[:_LISTING]}" if listing else contact[:_CONTACT]


def when(text: object) -> str:
    """Return a time as people read it, in UTC."""
    return f"{str(text)[:10]} {str(text)[11:19]}" if text else ""


def brief(text: object) -> str:
    """Return a time as lists show it: to the minute."""
    return when(text)[:16]


def age(seconds: float) -> str:
    """Return how long something is, in its largest unit."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def instant(given: str, now: datetime) -> str:
    """Return a time that was *given* as such, or as so long before *now*: `2h`, `3d`, `30min`."""
    for unit, size in (("min", 60), ("h", 3600), ("d", 86400)):
        number = given.removesuffix(unit)
        if number != given and number.isascii() and number.isdigit():
            return (now - timedelta(seconds=int(number) * size)).astimezone(UTC).isoformat()
    return given


Entry = Mapping[str, Any]
"""What a deployment tells of one thing."""
