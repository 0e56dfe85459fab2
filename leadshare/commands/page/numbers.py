"""Commands: numbers of a report as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

Told = Mapping[str, Any]
"""A part of a report's JSON."""

HIDDEN: Final = "<5"
"""What stands for a number that is too small to be told."""

LACKING: Final = "–"  # noqa: RUF001 - a dash, which is meant
"""What stands where there is nothing to tell."""


def count(number: int | None) -> str:
    """Return a number with its thousands apart."""
    return HIDDEN if number is None else f"{number:,}"


def share(rate: float | None) -> str:
    """Return a rate in percent."""
    return LACKING if rate is None else f"{rate:.0%}"


def hours(seconds: float | None) -> str:
    """Return a time in the unit that people would say it in."""
    if seconds is None:
        return LACKING
    minute, hour, day = 60, 3600, 86400
    for unit, name in ((day, "d"), (hour, "h"), (minute, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.0f} s"


def money(amounts: Mapping[str, str | None], names: Iterable[str] = ()) -> list[str]:
    """Return sums, each in its own currency: they are never added.

    Those of *names* are told anyway, lacking where there is none.
    """
    return [
        f"{_sum(amounts[name]) if name in amounts else LACKING} {name}"
        for name in sorted({*amounts, *names})
    ]


def _sum(text: str | None) -> str:
    return f"{HIDDEN} leads," if text is None else f"{Decimal(text):,.2f}"


STAGES: Final = ("opportunity", "won")
"""The stages of which it is told what their leads are worth."""


def currencies(amounts: Mapping[str, Mapping[str, str | None]]) -> list[str]:
    """Return the currencies of sums by stage."""
    return sorted({currency for stage in STAGES for currency in amounts[stage]})


def short_day(text: str) -> str:
    """Return a day that is told as 2026-11-30 where there is little room."""
    told = date.fromisoformat(text)
    return f"{told.day} {told:%b}"


def change(now: int | None, before: int | None) -> str:
    """Return how a number differs from the period's before it."""
    if now is None or before is None:
        return "not told"
    if now == before:
        return "as before"
    return f"{now - before:+,} ({before:,} before)"


TILES: Final = {
    "touches": "Touches",
    "contacts": "New contacts",
    "leads": "Leads",
    "sales_ready": "Sales-ready",
    "called": "First human touch",
    "opportunities": "Opportunities",
    "won": "Won",
    "lost": "Lost",
}
"""What numbers are called where they stand alone."""

NAMES: Final = {
    **{name: title.lower() for name, title in TILES.items()},
    "opportunity": "opportunity",
}
"""What numbers are called within a sentence."""


def named(row: Told) -> str:
    """Return what people call the value of a row."""
    return str(row["campaign"]["name"] if "campaign" in row else row["value"])
