"""Leads: what is held of a contact: its rows, by what they tell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

from leadshare.leads.touch import Touch, from_row
from leadshare.leads.tracks.rows import REACHED, TRACK
from leadshare.leads.waiting.rows import WAITING
from leadshare.store.keys import (
    behind,
    contact_of,
    deliveries_of,
    kind_in,
    lead_key,
    of_contact,
    partition_of,
    touch_key,
    without_attempts,
)
from leadshare.store.table import Change, Row, Table

MOST_LEADS: Final = 100
MOST_TOUCHES: Final = 1000
"""What one contact may have, so that no stranger makes work without end in a customer's name."""

PAGE: Final = 50
"""Rows of a contact that are read at once; of one that has more only a part is."""

SUMMARY: Final = (
    *("lead", "storefront", "listing", "listing_title", "stage", "score", "intent", "category"),
    *(
        "campaign",
        "campaign_kind",
        "routing",
        "version",
        "touches",
        "duplicates",
        "last_seen",
        "framed",
    ),
)
"""The columns of a lead's row that its row in the newest-first list repeats."""

LIFE: Final = (
    *("qualified", "states", "stage_at", "stage_by", "stage_why"),
    *("ready_at", "signed_at", "signed_by"),
)
"""The columns of a lead's row that tell what became of it: where its score alone puts it, what its
sources told, since when it stands where it does, and since when a person has begun."""

OPT_OUT: Final = ("opted_out", "opted_out_by")
"""The columns of a contact's row that tell since when it wants to hear no more, and by whom."""

TOMBSTONE: Final = ("erased_at", "erased_by", "erasing")
"""The columns of a contact's row that tell when it was erased and by which order, and whether any
row of before is still there."""

COLUMNS: Final = (
    *("data", "words", "digest", "leads", "listings", "flags", "first_touch", "seen", "index"),
    *("destination", "state", "wanted", "sent", "attempts", "tried", "unproven"),
    "record_id",
    "counted",
    *SUMMARY,
    *LIFE,
    *WAITING,
    *TRACK,
    *OPT_OUT,
    *TOMBSTONE,
    *REACHED,
    "leaving",
)
"""What planning reads of a contact's rows: all but the raw bodies and what is shown only."""


@dataclass(slots=True)
class Held:
    """A contact's rows by what they hold; leads by id, deliveries by their row key."""

    contact: Row | None = None
    touches: dict[str, Touch] = field(default_factory=dict)
    leads: dict[str, Row] = field(default_factory=dict)
    deliveries: dict[str, Row] = field(default_factory=dict)

    def count(self, what: str) -> int:
        """Return how many `touches`, `leads` or `listings` to follow up the contact's row tells."""
        return int(self.contact.values[what]) if self.contact else 0

    @property
    def is_leaving(self) -> bool:
        """Say whether rows of the contact are leaving, so that what is there is half of it."""
        return bool(self.contact and self.contact.values.get("leaving"))

    def is_full(self, touch: Touch) -> bool:
        """Say whether there is no room for a *touch* that is not there yet."""
        if touch.id in self.touches:
            return False
        new = touch.lead not in self.leads
        return self.count("touches") >= MOST_TOUCHES or (new and self.count("leads") >= MOST_LEADS)

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Held:
        """Sort *rows*, as they were read, by their kind."""
        held = cls()
        for row in rows:
            kind = kind_in(row.key)
            if kind == "contact":
                held.contact = row
            elif kind == "touch":
                touch = from_row(row.values)
                held.touches[touch.id] = touch
            elif kind == "lead":
                held.leads[row.values["lead"]] = row
            elif kind == "delivery":
                held.deliveries[row.key] = row
        return held


def outcome(
    held: Held, lead: str, transactions: Sequence[Sequence[Change]]
) -> dict[str, str | int | bool]:
    """Return what a *lead* that is *held* comes to with *transactions*, without its facts."""
    before = held.leads[lead].values if lead in held.leads else {}
    changes = [one for part in transactions for one in part if one.key == lead_key(lead)]
    after = reduce(lambda values, change: {**values, **change.values}, changes, dict(before))
    return {
        "new": not before,
        "duplicate": after["duplicates"] > before.get("duplicates", 0),
        "lead_category": after["category"],
        "campaign": after.get("campaign", ""),
        "routing": after.get("routing", ""),
        "stage": after["stage"],
        "ready": bool(after.get("ready_at")) and not before.get("ready_at"),
        "score": after["score"],
    }


async def read_held(
    table: Table,
    lead: str,
    columns: Sequence[str] = COLUMNS,
    *,
    touch: str = "",
    moving: int = 0,
) -> Held:
    """Return what is there of a *lead*'s contact.

    Of a contact with many rows its own and this lead's only, so that one with many leads costs no
    more than one with some; unless its other leads may have to move: while it has fewer than
    *moving* listings, or if *touch* is there already and may not have been followed to its end.
    """
    contact, place = contact_of(lead), partition_of(lead)
    span = without_attempts(contact)
    first = await table.read(place, *span, limit=PAGE, columns=columns)
    held = Held.of(first)
    if len(first) < PAGE:
        return held
    kept, own = await asyncio.gather(
        _row(table, touch_key(contact, touch), ("lead",)), _row(table, lead_key(lead), columns)
    )
    if kept or held.count("listings") < moving:
        return Held.of(await table.read(place, *span, columns=columns))
    # The contact's own row, first of all, was read before the others; so was the lead's before its
    # touches: thus neither tells of a touch that is not among them.
    rows = first[:1] + own
    if own:
        rows += await table.read(place, *deliveries_of(lead), columns=columns)
        span = of_contact(contact, "touch")
        rows += await table.read(place, *span, columns=columns, where={"lead": lead})
    return Held.of(rows)


async def _row(table: Table, key: str, columns: Sequence[str]) -> list[Row]:
    """Return the row of a contact at *key*, if it is there: its *columns* only."""
    return await table.read(partition_of(key), key, behind(key), columns=columns)
