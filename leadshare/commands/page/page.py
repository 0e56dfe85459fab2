"""Commands: the whole page: one file, no network, no script."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from leadshare.commands.page import figures, sections, tables
from leadshare.commands.page.markup import Html, element, joined
from leadshare.commands.page.numbers import Told
from leadshare.operators.reports.caveats import day

STYLE: Final = Path(__file__).with_name("style.css")

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""The file itself asks for nothing; should anything get into it, it can ask for nothing either."""


def page(report: Told, campaigns: Told, months: Told) -> str:
    """Return the page of a report with its periods, of one by campaign, and of one by month."""
    title = f"Marketplace leads, {day(report['first'])} to {day(report['last'])}"
    before = f"{day(report['before']['first'])} to {day(report['before']['last'])}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", title),
        element("style", Html(STYLE.read_text("utf-8"))),
    )
    body = element(
        "body",
        element(
            "header",
            element("h1", title),
            element(
                "p",
                f"Compared with {before}, the same number of days.",
                class_="lead",
            ),
        ),
        element(
            "main",
            sections.tiles(report),
            element("h2", "What came of them"),
            figures.funnel(report),
            figures.series(report),
            figures.speed(report),
            figures.campaigns(campaigns),
            tables.cohorts(months),
            element("h2", f"By {report['by']}"),
            tables.breakdown(report),
            tables.worth(report),
            tables.apart(report),
            tables.books(report),
        ),
        element("footer", element("h2", "How it is counted"), sections.notes(report)),
    )
    return joined((Html("<!doctype html>\n"), element("html", head, body, lang="en"), Html("\n")))
