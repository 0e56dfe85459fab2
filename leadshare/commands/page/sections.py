"""Commands: the beginning and the end of the report's page: what is looked at first, and notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from leadshare.commands.page.markup import Html, element
from leadshare.commands.page.numbers import HIDDEN, TILES, Told, change, count, hours, money


def tiles(report: Told) -> Html:
    """Return the numbers that are looked at first, beside those of the period before."""
    now, before = report["total"], report["before"]["total"]
    told = [
        _tile(title, element("dd", count(now[name]), _small(change(now[name], before[name]))))
        for name, title in TILES.items()
    ]
    times = [_time(title, now[name]) for name, title in _TIMES.items()]
    worth = [
        _tile(title, *(element("dd", text) for text in money(sums)), class_="worth")
        for stage, title in _WORTH.items()
        if (sums := now["amounts"][stage])
    ]
    return element("dl", *told, *times, *worth, class_="tiles")


_TIMES: Final = {"called_in": "Until the first human touch", "accepted_in": "Until a CRM has it"}
_WORTH: Final = {"opportunity": "Opportunities are worth", "won": "What was won is worth"}


def _time(title: str, times: Mapping[str, float] | None) -> Html:
    """Return how long something took, half of all and nine of ten."""
    median, most = (hours(times[share] if times else None) for share in ("median", "p90"))
    return _tile(title, element("dd", median, _small(f"half of all; nine of ten within {most}")))


def _tile(title: str, *told: Html, class_: str = "") -> Html:
    return element("div", element("dt", title), *told, class_=class_)


def _small(text: str) -> Html:
    return element("small", text)


def notes(report: Told) -> Html:
    """Return what numbers are of."""
    told = [
        f"Days are those of {report['zone']}.",
        f"Numbers are told {report['counts_are']}, rates {report['rates_are']}.",
        f"{HIDDEN} stands where there are fewer than five, so that a number leads to nobody.",
        "What leads are worth is what the CRMs say.",
        "Sums of several currencies are never added, nor are a CRM's and what was billed.",
    ]
    return element("ul", *(element("li", one) for one in told))
