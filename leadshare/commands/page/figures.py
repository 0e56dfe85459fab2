"""Commands: the plots of the report's page, each beside the table of its numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from leadshare.commands.page import plots
from leadshare.commands.page.drawing import figure
from leadshare.commands.page.markup import Html, table
from leadshare.commands.page.numbers import HIDDEN, NAMES, Told, count, hours, share, short_day

_SERIES: Final = {"leads": "first", "sales_ready": "second", "won": "third"}


_STEPS: Final = {
    "sales-ready": "sales_ready",
    "first human touch": "called",
    "opportunity": "opportunity",
    "won": "won",
}


def funnel(report: Told) -> Html:
    """Return the way from the visit to the deal, of those whose first touch was in the period."""
    total = report["total"]
    then = total["then"]
    # Of what nobody has told yet there is no bar, for it would say that nobody came.
    books = total["books"] if _visits_known(report) else None
    leads = [("leads", total["leads"]), *((step, then[name]) for step, name in _STEPS.items())]
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
    ago = report["before"]["total"]
    past = [ago["leads"], *(ago["then"][name] for name in _STEPS.values())]
    shares = [
        (step, count(number), _of(number, total["leads"]), _of(before, ago["leads"]))
        for (step, number), before in zip(leads, past, strict=True)
    ]
    numbers = table(
        "Steps, and their share of leads",
        ("step", "number", "of leads", "before"),
        [*((step, count(number), "", "") for step, number in seen), *shares],
    )
    draw = lambda width: plots.funnel(rows, width)  # noqa: E731 - its rows are here
    title = "From the visit to the deal" if books else "From the lead to the deal"
    return figure("funnel", title, said, draw, numbers)


def _visits_known(report: Told) -> bool:
    return bool("books" in report and report["books"]["told_at"]["visits"])


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
    if report["every"] != "day":
        said += f" The first and the last {report['every']} may be cut by the days of the report."
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
    of = NAMES.get(name, name)
    what = f"{campaign['name']}: {of}{begun}"
    return {
        "what": what,
        "share": one["share"] or 0,
        "shown": share(one["share"]),
        "label": f"{told} of {one['target']:,}{unit} {of}: {campaign['name']}{begun}",
        "told": f"{told}{unit}",
        "target": f"{one['target']:,}{unit}",
    }
