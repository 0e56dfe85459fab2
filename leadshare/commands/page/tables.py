"""Commands: the tables of the report's page that stand by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile
from typing import Final

from leadshare.commands.page.markup import Html, element, joined, lines, table
from leadshare.commands.page.numbers import (
    LACKING,
    NAMES,
    STAGES,
    Told,
    count,
    currencies,
    hours,
    money,
    named,
    share,
)
from leadshare.operators.reports.caveats import caveats, month
from leadshare.operators.reports.figures import COUNTS

_RATES: Final = ("sales_ready", "called", "opportunity", "won", "lost")


def cohorts(report: Told) -> Html:
    """Return by the month of the first touch what came of its leads, as far as is known."""
    # Months before the first lead would tell nothing.
    periods = [*dropwhile(lambda one: not one["total"]["leads"], report["periods"])]
    rows = [
        (
            month(one["first"][:7]),
            count(one["total"]["leads"]),
            *(_heat(one["total"]["rates"][name]) for name in _RATES),
        )
        for one in periods or report["periods"]
    ]
    heads = ("first touch in", "leads", *(NAMES.get(name, name) for name in _RATES))
    return joined(
        (
            element("h3", "Cohorts"),
            element(
                "p",
                "Of the leads of each month, how many came so far until now; the newest months are"
                " not done yet. First human touch is of those that became sales-ready.",
                class_="note",
            ),
            table("Share of each month's leads", heads, rows),
        )
    )


def _heat(rate: float | None) -> Html:
    return element("td", share(rate), class_="heat", style=f"--share: {rate or 0:.2f}")


_COLUMNS: Final = ("touches", "leads", "sales_ready", "called", "opportunities", "won", "lost")


def breakdown(report: Told) -> Html:
    """Return all figures by the dimension that was asked for, of what anything was counted of."""
    heads = (
        report["by"],
        *(NAMES[name] for name in _COLUMNS),
        *("half called within", "delivered", "parked"),
    )
    rows = [
        (
            named(row),
            *(count(row[name]) for name in _COLUMNS),
            hours(row["called_in"] and row["called_in"]["median"]),
            count(row["delivered"]),
            count(row["parked"]),
        )
        for row in report["rows"]
        if "campaign" in row or any(row[name] != 0 for name in COUNTS)
    ]
    return table(f"What happened, by {report['by']}", heads, rows) if rows else Html()


def worth(report: Told) -> Html:
    """Return what deals are worth, each currency by itself; nothing where no sum is told."""
    told = [(named(row), row) for row in report["rows"]]
    told += [("all", report["total"]), ("all, the period before", report["before"]["total"])]
    rows = [
        (name, *(lines(money(one["amounts"][stage], names)) for stage in STAGES))
        for name, one in told
        if (names := currencies(one["amounts"]))
    ]
    if not rows:
        return Html()
    return table("What leads are worth", (report["by"], "opportunities now", "won"), rows)


_APART: Final = {
    "repeats": "repeats, said again within a day",
    "tests": "tests",
    "internals": "of our own people",
    "blanks": "of nobody",
    "no_contacts": "do not contact",
    "unrouted": "leads that nobody takes",
    "delivered": "deliveries that were accepted",
    "parked": "deliveries that wait for a person",
    "departed": "leads that were erased, or whose time was up",
}


def apart(report: Told) -> Html:
    """Return what is kept apart from touches and leads, and what became of deliveries."""
    now, before = report["total"], report["before"]["total"]
    rows = [(title, count(now[name]), count(before[name])) for name, title in _APART.items()]
    return table("Kept apart, and on its way", ("what", "these days", "the period before"), rows)


def books(report: Told) -> Html:
    """Return what Microsoft's books tell, with its warning; nothing where they are not read."""
    told = report.get("books")
    if not told:
        return Html()
    rows = [(named(row), row["books"]) for row in report["rows"] if row.get("books")]
    lines = [_book(name, one) for name, one in [*rows, ("all", report["total"]["books"])]]
    heads = (
        *(report["by"], "visits", "get it now", "contact me", "test drive", "free trial"),
        *("consents", "orders", "billed"),
    )
    return joined(
        (
            element("h2", "Microsoft's books"),
            element("p", told["warning"], class_="warning"),
            *(element("p", text, class_="note") for text in caveats(report)),
            table("Visits, clicks, orders and billed revenue", heads, lines),
        )
    )


def _book(name: str, one: Told) -> Sequence[str | Html]:
    clicks = ("visits", "get_it_now", "contact_me", "test_drive", "free_trial", "consents")
    orders = "" if one["orders"] is None else count(one["orders"])
    revenue = "" if one["revenue"] is None else lines(money(one["revenue"]) or [LACKING])
    return name, *(count(one[column]) for column in clicks), orders, revenue
