"""What a row of each kind says at least, for the check of the laws."""

from __future__ import annotations

from typing import Final

FOLDED: Final = ("category", "storefront", "intent", "touches", "duplicates")
"""Columns of a lead's row that its touches alone decide."""

COLUMNS: Final = {
    "contact": ("touches", "leads", "listings"),
    "touch": ("data", "version"),
    "lead": (
        *(
            "lead",
            "version",
            "category",
            "route",
            "routing",
            "index",
            "record",
            "seen",
            "last_seen",
        ),
        *("digest", "story", "listings", "score", "receipt", *FOLDED),
    ),
    "delivery": (
        *("lead", "destination", "state", "reason", "wanted", "sent", "attempts", "record_id"),
        *("index", "next"),
    ),
    "attempt": ("version",),
    "outcome": ("lead", "source", "at", "state", "by", "stage"),
    "due": (
        *("lead", "destination", "kind", "rank", "version", "record", "attempts", "sent"),
        *("record_id", "story"),
    ),
    "parked": (
        "lead",
        "destination",
        "version",
        "record",
        "attempts",
        "sent",
        "record_id",
        "reason",
        "story",
    ),
    "seen": ("lead", "routing"),
    "unrouted": ("lead", "routing"),
    "notice_only": ("lead", "routing"),
    "find": ("lead",),
    "quarantine": ("touch", "reason", "message"),
}
"""What a row of each kind says at least."""
