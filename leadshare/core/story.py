"""Core: a contact's rows as one story."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from leadshare.core.rows import Row, kind_of
from leadshare.core.touch import Touch, from_row

SUMMARY: Final = (
    *("lead", "storefront", "listing", "listing_title", "stage", "score", "intent", "lane"),
    *("campaign_kind", "version", "touches", "duplicates", "last_seen"),
)
"""The columns of a lead's row that its row in the newest-first list repeats."""

COLUMNS: Final = (
    *("data", "digest", "flags", "first_touch", "seen", "index"),
    *("destination", "state", "wanted", "sent", "attempts", "tried", "receipt"),
    *SUMMARY,
)
"""What planning reads of a contact's rows: all but the raw bodies and what is shown only."""


@dataclass(slots=True)
class Story:
    """A contact's rows by what they hold; leads by id, deliveries by their row key."""

    contact: Row | None = None
    touches: dict[str, Touch] = field(default_factory=dict)
    leads: dict[str, Row] = field(default_factory=dict)
    deliveries: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Story:
        """Sort *rows*, as they were read, by their kind."""
        story = cls()
        for row in rows:
            kind = kind_of(row)
            if kind == "contact":
                story.contact = row
            elif kind == "touch":
                touch = from_row(json.loads(row.values["data"]))
                story.touches[touch.id] = touch
            elif kind == "lead":
                story.leads[row.values["lead"]] = row
            elif kind == "delivery":
                story.deliveries[row.key] = row
        return story
