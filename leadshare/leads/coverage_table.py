"""Leads: who gets what as a table for terminals, and in words what leads nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Final

from leadshare.leads.coverage import Row, Share
from leadshare.leads.routing import Routing
from leadshare.scoring.wording import storefront_name

WIDTH: Final = 80
_WIDEST: Final = 34
"""Columns of a label; a longer one has a line of its own."""
_NARROWEST: Final = 20

MEND: Final = (
    "For what leads nowhere, add a destination on channel crm or a [[route]];"
    " [[route]] to = [] says that it is on purpose."
)

_REST: Final = {
    Routing.ROUTED: "",
    Routing.KEPT: "nobody, on purpose",
    Routing.NOTICE_ONLY: "notices only",
    Routing.UNROUTED: "NOBODY",
}


def drawn(rows: Sequence[Row], width: int = WIDTH) -> str:
    """Return who gets what: a line for each destination, of *width* columns at most."""
    start = min(max((len(_label(row)) for row in rows), default=0), _WIDEST) + 2
    return "\n".join(line for row in rows for line in _lines(row, start, width - start))


def _lines(row: Row, start: int, width: int) -> list[str]:
    """Return the lines of *row*, whose cells begin at column *start* and are *width* wide."""
    label = _label(row)
    cells = [" " * start + line for cell in _cells(row) for line in _wrapped(cell, width)]
    if len(label) + 2 > start:
        return [label, *cells]
    return [label + cells[0][len(label) :], *cells[1:]]


def left(rows: Iterable[Row], routing: Routing) -> list[str]:
    """Return what is *routing* of *rows*: a line for all places where it is the same."""
    places: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["routing"] == routing:
            places[_said(row)].append(_label(row))
    return [f"{', '.join(labels)}: {said}" for said, labels in places.items()]


def _label(row: Row) -> str:
    if row["listing"]:
        return f"{row['listing']} ({row['listing_kind']})"
    return f"{storefront_name(row['storefront'])} {row['listing_kind'] or 'storefront'}"


def _cells(row: Row) -> list[str]:
    """Return who gets the leads of *row*, and what becomes of the rest."""
    cells = [_share(share) for share in row["destinations"]]
    rest = _REST[row["routing"]]
    return [*cells, f"else {rest}" if cells else rest] if rest else cells


def _share(share: Share) -> str:
    notice = "" if share["follows_up"] else " (a notice)"
    only_if = ", or if ".join(share["only_if"])
    return f"{share['destination']}{notice}" + (f", only if {only_if}" if only_if else "")


def _said(row: Row) -> str:
    """Return what is left of *row*, with an example."""
    nobody = row["routing"] == Routing.UNROUTED
    some = any(nobody or share["follows_up"] for share in row["destinations"])
    leads = "the others" if some else "these leads"
    if row["example"]:
        leads += f", such as one with {' and '.join(row['example'])}"
    elif some:
        leads += ", if there are any: too many conditions to tell"
    return f"{'nobody gets' if nobody else 'only notices tell of'} {leads}"


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, max(width, _NARROWEST), subsequent_indent="  ", break_on_hyphens=False)
