"""Operators: the weekly report as a letter: text, and the same as HTML that mail programs show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any, Final

from leadshare.operators.reports.caveats import extent, troubles
from leadshare.operators.reports.figures import FEW

Told = Mapping[str, Any]
Table = Sequence[Sequence[str]]
"""A head, and rows."""

_NAMES: Final = {
    "touches": "touches",
    "leads": "leads",
    "sales_ready": "became sales-ready",
    "called": "first human touch",
    "opportunities": "became opportunities",
    "won": "won",
    "lost": "lost",
    "unrouted": "nobody takes",
    "parked": "deliveries that wait for a person",
}
_WITHIN: Final = {"half were called within": "median", "nine of ten within": "p90"}
_WORTH: Final = {"worth of opportunities": "opportunity", "worth of what was won": "won"}
_SHORT: Final = ("leads", "sales_ready", "called", "won", "lost")
_MOST: Final = 50
"""Rows of a table; what is more is in the whole report."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a letter says."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def written(report: Told) -> Written:
    """Return the letter of a *report* by listing, in which nothing leads to a person."""
    first, last = (date.fromisoformat(report[name]) for name in ("first", "last"))
    subject = f"Marketplace leads, {first.day} {first:%b} to {last.day} {last:%b %Y}"
    parts = [*_parts(report)]
    text = "\n\n".join([subject, *(_plain(one) for one in parts)]) + "\n"
    html = "".join(_marked(one) for one in parts)
    told = f'<h1 style="font-size: 22px">{escape(subject)}</h1>{html}'
    body = f'<body style="font-family: sans-serif">{told}</body>'
    title = f'<meta charset="utf-8"><title>{escape(subject)}</title>'
    page = f'<!doctype html><html lang="en"><head>{title}</head>{body}</html>'
    return Written(subject, text, page)


def _parts(report: Told) -> Iterator[str | Table]:
    now, before = report["total"], report["before"]["total"]
    yield [
        ("", "this week", "the week before"),
        *(
            (name, _count(now[fact]), _count(before[fact]))
            for fact, name in _NAMES.items()
            if now[fact] != 0 or before[fact] != 0 or fact in _SHORT
        ),
        *(
            (name, *(_time(one["called_in"], share) for one in (now, before)))
            for name, share in _WITHIN.items()
        ),
        *(
            (name, *(_money(one["amounts"][stage]) for one in (now, before)))
            for name, stage in _WORTH.items()
        ),
    ]
    rows = report.get("rows", [])[:_MOST]
    told = [
        (str(row["value"]), *(_count(row[fact]) for fact in _SHORT))
        for row in rows
        if any(row[fact] != 0 for fact in _SHORT)
    ]
    if told:
        yield [("listing", *(_NAMES[fact] for fact in _SHORT)), *told]
    if "books" in report:
        yield from _books(report, rows)
    yield (
        f"Numbers are told {report['counts_are']}, days are those of {report['zone']}."
        f" <{FEW} stands for fewer than {FEW}."
    )


def _books(report: Told, rows: Sequence[Told]) -> Iterator[str | Table]:
    yield str(report["books"]["warning"])
    lines = [(str(row["value"]), row["books"]) for row in rows if row.get("books")]
    yield [
        ("listing", "visits", "clicks", "consents"),
        *(
            (name, *(_count(one[fact]) for fact in ("visits", "clicks", "consents")))
            for name, one in (*lines, ("all", report["total"]["books"]))
        ),
    ]
    yield from (*extent(report), *troubles(report))


def _plain(part: str | Table) -> str:
    """Return a part as text, tables in columns."""
    if isinstance(part, str):
        return part
    widths = [max(len(row[at]) for row in part) for at in range(len(part[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in part
    )


_CELL: Final = "padding: 4px 12px 4px 0; border-bottom: 1px solid #d8dee4; text-align: "


def _marked(part: str | Table) -> str:
    """Return a part as HTML; mail programs heed styles of elements only."""
    if isinstance(part, str):
        return f"<p>{escape(part)}</p>"
    head, *rows = part
    heads = "".join(
        f'<th scope="col" style="{_CELL}{"right" if at else "left"}">{escape(cell)}</th>'
        for at, cell in enumerate(head)
    )
    lines = "".join(
        f'<tr><th scope="row" style="{_CELL}left">{escape(row[0])}</th>'
        + "".join(f'<td style="{_CELL}right">{escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    style = "border-collapse: collapse; margin: 12px 0"
    return f'<table style="{style}"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>'


def _count(number: int | None) -> str:
    return f"<{FEW}" if number is None else f"{number:,}"


def _time(times: Told | None, share: str) -> str:
    return f"{times[share] / 3600:.1f} h" if times else ""


def _money(amounts: Mapping[str, str | None]) -> str:
    told = (
        f"<{FEW} leads in {currency}" if text is None else f"{Decimal(text):,.2f} {currency}"
        for currency, text in amounts.items()
    )
    return "; ".join(told)
