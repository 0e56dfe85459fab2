"""Commands: the parts of the report's page, each made of a part of its JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from leadshare.commands.page import plots
from leadshare.commands.page.drawing import figure
from leadshare.commands.page.markup import Html, element, joined, table
from leadshare.commands.page.numbers import (
    HIDDEN,
    Told,
    change,
    count,
    day,
    hours,
    money,
    share,
    short_day,
)

_TILES: Final = {
    "touches": "Touches",
    "contacts": "New contacts",
    "leads": "Leads",
    "sales_ready": "Sales-ready",
    "called": "First human touch",
    "opportunities": "Opportunities",
    "won": "Won",
    "lost": "Lost",
}
_SERIES: Final = {"leads": "first", "sales_ready": "second", "won": "third"}
NAMES: Final = {
    **{name: title.lower() for name, title in _TILES.items()},
    "sales_ready": "sales-ready",
    "called": "first human touch",
    "opportunity": "opportunity",
}
"""What numbers are called within a sentence."""


def tiles(report: Told) -> Html:
    """Return the numbers that are looked at first, beside those of the period before."""
    now, before = report["total"], report["before"]["total"]
    told = [
        _tile(title, count(now[name]), change(now[name], before[name]))
        for name, title in _TILES.items()
    ]
    times = now["called_in"]
    quick = _tile(
        "Until the first human touch",
        hours(times and times["median"]),
        f"half of all; nine of ten within {hours(times and times['p90'])}",
    )
    worth = money(now["amounts"]["won"]).split("; ")
    won = _tile("Worth of what was won", worth[0], "; ".join([*worth[1:], "by what the CRMs say"]))
    return element("dl", *told, quick, won, class_="tiles")


def _tile(title: str, number: str, beneath: str) -> Html:
    told = element("dd", number, element("small", beneath))
    return element("div", element("dt", title), told)


def funnel(report: Told) -> Html:
    """Return the way from the visit to the deal, of those whose first touch was in the period."""
    total = report["total"]
    then, books = total["then"], total.get("books")
    leads = [
        ("leads", total["leads"]),
        ("sales-ready", then["sales_ready"]),
        ("first human touch", then["called"]),
        ("opportunity", then["opportunity"]),
        ("won", then["won"]),
    ]
    seen = [(name, books[name]) for name in ("visits", "clicks", "consents")] if books else []
    whose = [(one, "Microsoft's books") for one in seen] + [(one, "leads") for one in leads]
    rows = [
        {"row": row, "number": number or 0, "label": f"{step}  {count(number)}", "of": of}
        for row, ((step, number), of) in enumerate(whose)
    ]
    said = (
        f"Of {count(total['leads'])} leads whose first touch was in these days: sales-ready"
        f" {count(then['sales_ready'])}, won so far {count(then['won'])}."
        " Bars grow with the square root, so that small numbers can be seen."
    )
    said += f" {report['books']['warning']}" if books else ""
    shares = [(step, count(number), _of(number, total["leads"])) for step, number in leads]
    numbers = table(
        "Steps, and their share of leads",
        ("step", "number", "of leads"),
        [*((step, count(number), "") for step, number in seen), *shares],
    )
    draw = lambda width: plots.funnel(rows, width)  # noqa: E731 - its rows are here
    title = "From the visit to the deal" if books else "From the lead to the deal"
    return figure("funnel", title, said, draw, numbers)


def named(row: Told) -> str:
    """Return what people call the value of a row."""
    return str(row["campaign"]["name"] if "campaign" in row else row["value"])


def _of(number: int | None, whole: int | None) -> str:
    return share(number / whole if number is not None and whole else None)


def series(report: Told) -> Html:
    """Return leads, sales-ready leads and deals over time, each on its own day."""
    periods = report["periods"]
    rows = [
        {**_at(one["first"]), "number": one["total"][name] or 0, "what": NAMES[name]}
        for one in periods
        for name in _SERIES
    ]
    numbers = table(
        f"By {report['every']}",
        ("from", *(NAMES[name] for name in _SERIES)),
        [
            (short_day(one["first"]), *(count(one["total"][name]) for name in _SERIES))
            for one in periods
        ],
    )
    colours = {NAMES[name]: colour for name, colour in _SERIES.items()}
    said = f"What happened in each {report['every']}, whenever its lead came."
    draw = lambda width: plots.series(rows, colours, width, "number")  # noqa: E731 - as above
    return figure("series", "Over time", said, draw, numbers)


def _at(first: str) -> dict[str, str]:
    return {"at": first, "day": short_day(first)}


_HOUR: Final = 3600


def speed(report: Told) -> Html:
    """Return how long leads waited, sales-ready, for a person; nothing where nobody knows."""
    told = [(one["first"], one["total"]["called_in"]) for one in report["periods"]]
    known = [(first, times) for first, times in told if times]
    if not known:
        return Html()
    rows = [
        {**_at(first), **{name: round(times[name] / _HOUR, 5) for name in ("median", "p90")}}
        for first, times in known
    ]
    numbers = table(
        "From sales-ready to the first sign of a person",
        ("from", "half within", "9 of 10 within"),
        [(short_day(first), hours(times["median"]), hours(times["p90"])) for first, times in known],
    )
    said = "How long sales-ready leads waited until a person began to work them, right within 5%."
    draw = lambda width: plots.speed(rows, width)  # noqa: E731 - as above
    return figure("speed", "Speed to lead", said, draw, numbers)


def campaigns(report: Told) -> Html:
    """Return campaigns against their targets; nothing where none has any."""
    reached = [
        _reached(row["campaign"], name, one)
        for row in report["rows"]
        if "campaign" in row
        for name, one in row["campaign"]["targets"].items()
    ]
    if not reached:
        return Html()
    rows = [{**one, "row": row} for row, one in enumerate(reached)]
    numbers = table(
        "Campaigns and their targets",
        ("campaign", "so far", "target", "share"),
        [[str(one[cell]) for cell in ("what", "told", "target", "shown")] for one in reached],
    )
    said = (
        "What each campaign brought in these days, as a share of its target; the mark is 100%."
        " Targets are of a whole campaign: where it began before these days, more was brought."
    )
    draw = lambda width: plots.targets(rows, width)  # noqa: E731 - as above
    return figure("campaigns", "Campaigns against targets", said, draw, numbers)


def _reached(campaign: Told, name: str, one: Told) -> dict[str, Any]:
    """Return how far a campaign has come with one of its targets."""
    unit = f" {campaign['currency']}" if name == "revenue" else ""
    told = HIDDEN if one["reached"] is None else f"{Decimal(one['reached']):,}"
    begun = "" if campaign["whole"] or not campaign["first"] else " (began before)"
    what = f"{campaign['name']}: {NAMES.get(name, name)}{begun}"
    return {
        "what": what,
        "share": one["share"] or 0,
        "shown": share(one["share"]),
        "label": f"{what}  {told} of {one['target']:,}{unit}",
        "told": f"{told}{unit}",
        "target": f"{one['target']:,}{unit}",
    }


_RATES: Final = ("sales_ready", "called", "opportunity", "won", "lost")


def cohorts(report: Told) -> Html:
    """Return by the month of the first touch what came of its leads, as far as is known."""
    periods = report["periods"]
    rows = [
        (
            one["first"][:7],
            count(one["total"]["leads"]),
            *(_heat(one["total"]["rates"][name]) for name in _RATES),
        )
        for one in periods
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
    """Return all figures by the dimension that was asked for."""
    heads = (
        report["by"],
        *(NAMES[name] for name in _COLUMNS),
        *("half called within", "won worth", "delivered", "parked"),
    )
    rows = [
        (
            named(row),
            *(count(row[name]) for name in _COLUMNS),
            hours(row["called_in"] and row["called_in"]["median"]),
            money(row["amounts"]["won"]),
            count(row["delivered"]),
            count(row["parked"]),
        )
        for row in report["rows"]
    ]
    return table(f"What happened, by {report['by']}", heads, rows)


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
            element("p", element("strong", "Mind: "), told["warning"], class_="warning"),
            *(element("p", text, class_="note") for text in _standing(told)),
            table("Visits, clicks, orders and billed revenue", heads, lines),
        )
    )


def _book(name: str, one: Told) -> Sequence[str]:
    clicks = ("visits", "get_it_now", "contact_me", "test_drive", "free_trial", "consents")
    orders = "" if one["orders"] is None else count(one["orders"])
    revenue = "" if one["revenue"] is None else money(one["revenue"])
    return name, *(count(one[column]) for column in clicks), orders, revenue


def _standing(told: Told) -> Sequence[str]:
    """Return how far the books are to be believed."""
    months: Sequence[str] = told["months"]
    faults: Mapping[str, str] = told["faults"]
    lines = [
        f"Orders and billed revenue are of whole months, {months[0]} to {months[-1]}."
        if months
        else "",
        f"Visits from {day(told['late_from'])} on may still grow: Microsoft is up to 48 hours late."
        if told["late_from"]
        else "Nothing was read yet.",
        *(f"{book} could not be read the last time: {why}." for book, why in faults.items()),
        f"No listing has the title: {', '.join(told['unmatched'])}." if told["unmatched"] else "",
    ]
    return [line for line in lines if line]


def notes(report: Told) -> Html:
    """Return what numbers are of."""
    told = [
        f"Days are those of {report['zone']}.",
        f"Numbers are told {report['counts_are']}, rates {report['rates_are']}.",
        f"{HIDDEN} stands where there are fewer than five, so that a number leads to nobody.",
        "Sums of several currencies are never added, nor are a CRM's and what was billed.",
    ]
    return element("ul", *(element("li", one) for one in told))
