"""Commands: what was counted of leads, for people, spreadsheets and programs."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Any, Final, Literal

import typer

from leadshare.commands import screen
from leadshare.commands.booked import MIND, booked, show_books
from leadshare.commands.deployment.connection import connected
from leadshare.commands.files import write_private
from leadshare.commands.options import App, AsJson, Persons
from leadshare.commands.page.asking import asked_page
from leadshare.commands.page.numbers import STAGES, currencies
from leadshare.commands.screen import Entry, age, plain
from leadshare.errors import BadRequest
from leadshare.operators.reports.figures import COUNTS, FEW, RATES, TIMES
from leadshare.operators.spreadsheet import cell

Dimension = Annotated[
    Literal["listing", "kind", "campaign", "storefront", "destination", "country", "sku"] | None,
    typer.Option("--by", help="By what it is told, beside the total."),
]
First = Annotated[
    str, typer.Option("--from", metavar="DAY", help="The first day, such as 2026-11-01.")
]
Last = Annotated[str, typer.Option("--to", metavar="DAY", help="The last day; today, if not told.")]
Every = Annotated[
    Literal["day", "week", "month"] | None, typer.Option(help="Tell each of these apart.")
]
AsCsv = Annotated[bool, typer.Option("--csv", help="For spreadsheets.")]
AsHtml = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="FILE",
        help="Into a new .html, with plots, for browsers and printers; by listing and week, if not"
        " told.",
    ),
]

COUNTED: Final[Mapping[str, str]] = {
    "touches": "touches",
    "contacts": "new contacts",
    "leads": "leads",
    "repeats": "repeats",
    "tests": "tests",
    "internals": "of our own people",
    "blanks": "of nobody",
    "no_contacts": "do not contact",
    "sales_ready": "became sales-ready",
    "called": "first called",
    "opportunities": "became opportunities",
    "won": "won",
    "lost": "lost",
    "unrouted": "nobody takes",
    "delivered": "delivered",
    "parked": "parked",
    "departed": "departed",
}
"""What is counted, as people read it."""

_TIMES: Final = {"called_in": "until called", "accepted_in": "until accepted"}
_WIDTH: Final = 80
_SHORT: Final = {"sales_ready": "ready", "opportunities": "opp."}
_WORTH: Final = ("opportunities of", "won for")
_COLUMNS: Final = ("leads", "sales_ready", "called", "opportunities", "won", "lost")


def report(
    *,
    by: Dimension = None,
    first: First = "",
    last: Last = "",
    every: Every = None,
    persons: Persons = False,
    app: App = "",
    as_csv: AsCsv = False,
    as_html: AsHtml = None,
    as_json: AsJson = False,
) -> int:
    """Tell what was counted of leads, beside as many days before: 30 days, if not told.

    Example: leadshare report --by campaign --from 2026-11-01 --to 2026-11-30
    """
    query = {"by": by or "", "first": first, "last": last, "every": every or ""}
    with connected(app, persons=persons) as manage, screen.waiting("Asking ..."):
        if as_html:
            return _write(as_html, asked_page(manage, query))
        told = manage.tell("report", query)
    if as_json:
        screen.show_json(told)
    elif as_csv:
        csv.writer(sys.stdout).writerows(_csv(told))
    else:
        _show(told)
    return 0


def _write(path: Path, page: str) -> int:
    if path.suffix != ".html":
        raise BadRequest(f"--html: expected a name that ends in .html, not {path.name}")
    write_private(path, page.encode())
    screen.say(f"{path}: open it in a browser; it needs no network")
    return 0


def _show(told: Entry) -> None:
    screen.say(f"{_period(told)}, days of {told['zone']}\nNumbers: {told['counts_are']}.")
    now, before = told["total"], told["before"]["total"]
    both = ("these days", "before")
    screen.show_table(("", *both), [*_counts(now, before)], "", both)
    screen.say("\n".join(wrap(f"Rates: {told['rates_are']}.", _WIDTH)))
    screen.show_table(("", *both), [*_rates(now, before)], "", both)
    head = [one for one, asked in (("since", "every"), (told["by"], "by")) if told[asked]]
    if head:
        short = [_SHORT.get(name, name) for name in _COLUMNS]
        screen.show_table((*head, *short), [*_lines(told)], "Nothing was counted.", short)
        if sums := [*_sums(told)]:
            screen.show_table((*head, "", *_WORTH), sums, "", _WORTH)
    if targets := [*_targets(told)]:
        screen.show_table(("campaign", "target", "of", "reached", ""), targets, "")
    if "books" in told:
        show_books(told)


def _counts(now: Entry, before: Entry) -> Iterator[Sequence[str]]:
    for name, words in COUNTED.items():
        if now[name] or before[name] or name in _COLUMNS:
            yield words, _number(now[name]), _number(before[name])
    for name, words in _TIMES.items():
        if now[name] or before[name]:
            yield words, _took(now[name]), _took(before[name])
    for stage, words in (("won", "won for"), ("opportunity", "opportunities of")):
        for currency in sorted({*now["amounts"][stage], *before["amounts"][stage]}):
            both = (one["amounts"][stage].get(currency, "0") for one in (now, before))
            yield (f"{words} {currency}", *map(_number, both))


def _rates(now: Entry, before: Entry) -> Iterator[Sequence[str]]:
    for name in RATES:
        shares = (_rate(one["rates"][name]) for one in (now, before))
        yield (name.replace("_", "-"), *shares)


def _apart(told: Entry) -> Iterator[tuple[Sequence[str], Entry]]:
    """Yield each value of the dimension, in each period where they are apart, and what is told."""
    for part in told.get("periods", [told]):
        period = [part["first"]] if told["every"] else []
        for row in part.get("rows", [part["total"]]):
            yield [*period, *([row["value"]] if told["by"] else [])], row


def _lines(told: Entry) -> Iterator[Sequence[str]]:
    for names, row in _apart(told):
        # Of what only Microsoft's books know nothing was counted.
        if not told["by"] or "campaign" in row or any(row[name] != 0 for name in COUNTS):
            yield (*names, *(_number(row[name]) for name in _COLUMNS))


def _sums(told: Entry) -> Iterator[Sequence[str]]:
    """Yield what deals are worth, each currency by itself."""
    for names, row in _apart(told):
        for currency in currencies(row["amounts"]):
            sums = (row["amounts"][stage].get(currency, "") for stage in STAGES)
            yield (*names, currency, *map(_number, sums))


def _targets(told: Entry) -> Iterator[Sequence[str]]:
    for row in told.get("rows", ()):
        campaign = row.get("campaign", {"targets": {}})
        for name, one in campaign["targets"].items():
            what = name.replace("_", "-")
            if name == "revenue":
                what = f"{what} {campaign['currency']}"
            part = "" if campaign["whole"] else "in this period only"
            reached = f"{_number(one['reached'])} {_rate(one['share'])}"
            yield campaign["name"], str(one["target"]), what, reached, part


def _csv(told: Entry) -> Iterator[Sequence[str]]:
    """Yield a line for each value and period, with all that is told, none of it as a formula."""
    cells = [*_cells(told)]
    heads = [*dict.fromkeys(name for one in cells for name in one)]
    heads.sort(key=lambda name: name == MIND)
    yield heads
    for one in cells:
        yield [cell(plain(one.get(name, ""))) for name in heads]


def _cells(told: Entry) -> Iterator[dict[str, object]]:
    for part in (*told.get("periods", ()), told, told["before"]):
        period = {"first": part["first"], "last": part["last"]}
        for value, row in (
            *((one["value"], one) for one in part.get("rows", ())),
            ("", part["total"]),
        ):
            named = {told["by"]: value} if told["by"] else {}
            yield {**period, **named, **dict(_flat(row)), **dict(booked(row, told))}


def _flat(row: Entry) -> Iterator[tuple[str, object]]:
    for name in COUNTS:
        yield name, _blank(row[name])
    for name in TIMES:
        for share in ("median", "p90"):
            yield f"{name} {share} seconds", _blank((row[name] or {}).get(share))
    for kind in ("then", "rates"):
        for name in RATES:
            yield f"{kind} {name}", _blank(row[kind][name])
    for stage, amounts in row["amounts"].items():
        for currency, amount in amounts.items():
            yield f"{stage} {currency}", _blank(amount)
    for name, one in row.get("campaign", {"targets": {}})["targets"].items():
        yield f"target {name}", one["target"]
        yield f"reached {name}", _blank(one["reached"])


def _blank(value: Any) -> Any:
    return "" if value is None else value


def _period(told: Entry) -> str:
    same = told["first"] == told["last"]
    return str(told["first"]) if same else f"{told['first']} to {told['last']}"


def _number(value: object) -> str:
    return f"<{FEW}" if value is None else str(value)


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _took(value: Entry | None) -> str:
    """Tell how long it took half of all, and nine of ten."""
    return f"{age(value['median'])}, nine of ten {age(value['p90'])}" if value else ""
