"""Commands: the beginning and the end of the report's page: what is looked at first, and notes."""

from __future__ import annotations

from leadshare.commands.page.markup import Html, element
from leadshare.commands.page.numbers import HIDDEN, TILES, Told, change, count, hours, money


def tiles(report: Told) -> Html:
    """Return the numbers that are looked at first, beside those of the period before."""
    now, before = report["total"], report["before"]["total"]
    told = [
        _tile(title, count(now[name]), change(now[name], before[name]))
        for name, title in TILES.items()
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


def notes(report: Told) -> Html:
    """Return what numbers are of."""
    told = [
        f"Days are those of {report['zone']}.",
        f"Numbers are told {report['counts_are']}, rates {report['rates_are']}.",
        f"{HIDDEN} stands where there are fewer than five, so that a number leads to nobody.",
        "Sums of several currencies are never added, nor are a CRM's and what was billed.",
    ]
    return element("ul", *(element("li", one) for one in told))
