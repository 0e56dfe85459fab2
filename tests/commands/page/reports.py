"""Reports as a deployment answers them, made by a rule, for what draws them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

FIRST = date(2026, 8, 31)
WEEK = timedelta(days=7)


def figures(leads: int, *, few: bool = False, books: bool = True) -> dict[str, Any]:
    """What is told of so many leads; of *few* what is too small to be told is not."""
    ready, called = leads * 6 // 10, leads * 5 // 10
    opportunity, won = leads * 3 // 10, leads // 10
    then = {"sales_ready": ready, "called": called, "opportunity": opportunity, "won": won}
    then["lost"] = leads // 5
    told: dict[str, Any] = {
        "touches": leads * 2,
        **dict.fromkeys(("repeats", "tests", "internals", "blanks", "no_contacts"), 0),
        "contacts": leads - leads // 8,
        "leads": leads,
        "sales_ready": ready,
        "called": called,
        "opportunities": opportunity,
        "won": won,
        "lost": leads // 5,
        **dict.fromkeys(("unrouted", "parked", "departed"), leads // 20),
        "delivered": leads,
        "called_in": {"median": 5400.0 + 60 * leads, "p90": 90000.0 - 300 * leads},
        "accepted_in": {"median": 12.0, "p90": 95.0},
        "amounts": {
            "won": {"EUR": f"{won * 1200}.50", "USD": None} if won else {},
            "opportunity": {"CHF": None, "EUR": f"{opportunity * 2500}.25"} if opportunity else {},
        },
        "then": then,
        "rates": {
            name: round(number / (ready if name == "called" else leads), 4) if leads else None
            for name, number in then.items()
        },
    }
    if books:
        told["books"] = visited(leads)
    if few:
        told |= {"won": None, "lost": None, "called_in": None}
    return told


def visited(leads: int) -> dict[str, Any]:
    """What Microsoft's books tell beside so many leads."""
    return {
        "visits": leads * 40,
        "clicks": leads * 4,
        "get_it_now": leads * 2,
        "contact_me": leads,
        "test_drive": leads // 2,
        "free_trial": leads // 2,
        "consents": leads * 3,
        "orders": leads // 8,
        "revenue": {"EUR": f"{leads * 90}.20", "USD": f"{leads * 10}.00"},
    }


def report(by: str = "listing", every: str = "week", *, books: bool = True) -> dict[str, Any]:
    """A quarter's report."""
    weeks = [12, 15, 9, 22, 31, 28, 17, 19, 24, 30, 26, 33, 21]
    last = FIRST + 13 * WEEK - timedelta(days=1)
    told: dict[str, Any] = {
        "zone": "Europe/Berlin",
        "first": FIRST.isoformat(),
        "last": last.isoformat(),
        "by": by,
        "every": every,
        "summed": last.isoformat(),
        "counts_are": "on the day when it happened",
        "rates_are": "of the leads whose first touch was in the period, by what came of them",
        "total": figures(sum(weeks), books=books),
        "rows": [
            {"value": "contoso.invoice-robot", **figures(140, books=books)},
            {"value": "contoso.vm-suite", **figures(90, books=books)},
            {"value": "contoso.onboarding-workshop", **figures(45, books=books)},
            {"value": "<b>none</b>", **figures(7, few=True, books=False)},
        ],
        "before": {
            "first": (FIRST - 13 * WEEK).isoformat(),
            "last": (FIRST - timedelta(days=1)).isoformat(),
            "total": figures(230, books=books),
        },
        "periods": [
            {
                "first": (FIRST + number * WEEK).isoformat(),
                "last": (FIRST + (number + 1) * WEEK - timedelta(days=1)).isoformat(),
                "total": figures(leads, books=False),
            }
            for number, leads in enumerate(weeks)
        ],
    }
    if not every:
        del told["periods"]
    if not by:
        del told["rows"]
    if books:
        told["books"] = {
            "warning": "Microsoft: clicks are no leads.",
            "told_at": {"visits": "2026-11-29T06:00:00.000Z", "orders": None, "revenue": None},
            "faults": {"revenue": "forbidden"},
            "known_from": {"visits": "2026-06-14", "orders": None, "revenue": None},
            "late_from": "2026-11-27",
            "months": ["2026-08", "2026-09", "2026-10", "2026-11"],
            "unmatched": ["Contoso Robot (old)"],
        }
    return told


def campaigns() -> dict[str, Any]:
    """The same by campaign, two of which have targets."""
    told = report(by="campaign")
    told["rows"] = [
        {
            "value": "autumn",
            **figures(120),
            "campaign": {
                "name": "Autumn webinar",
                "first": "2026-08-01",
                "last": "",
                "whole": False,
                "currency": "EUR",
                "targets": {
                    "leads": {"target": 100, "reached": 120, "share": 1.2},
                    "sales_ready": {"target": 50, "reached": 72, "share": 1.44},
                    "revenue": {"target": 20000, "reached": None, "share": None},
                },
            },
        },
        {
            "value": "spring",
            **figures(30),
            "campaign": {
                "name": "Spring fair",
                "first": "",
                "last": "",
                "whole": False,
                "currency": "",
                "targets": {"leads": {"target": 80, "reached": 30, "share": 0.375}},
            },
        },
        {"value": "none", **figures(137)},
    ]
    return told


def months() -> dict[str, Any]:
    """The same month by month."""
    told = report(every="month")
    told["periods"] = [
        {"first": f"2026-{month:02}-01", "last": f"2026-{month:02}-28", "total": figures(leads)}
        for month, leads in ((8, 12), (9, 80), (10, 95), (11, 100))
    ]
    return told
