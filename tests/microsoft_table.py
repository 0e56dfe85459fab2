"""Microsoft's table in memory, as the service pages it, and what is put into it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from leadshare.marketplace_table.reading import Page
from leadshare.marketplace_table.row import LeadRow
from tests.builders import post

NAME = "leads|marketplaceleads"


def columns(**changes: Any) -> dict[str, Any]:
    """The columns that Microsoft writes of the lead that `post(**changes)` would POST."""
    body = post(**changes)
    return {
        "ActionCode": body["ActionCode"],
        "CreatedTime": "2026-11-22T11:58:00Z",
        "CustomerInfo": json.dumps(body["UserDetails"]),
        "Description": body["Description"],
        "LeadSource": body["LeadSource"],
        "OfferDisplayName": body["OfferTitle"],
    }


class MicrosoftTable:
    """Rows in the order of their keys; a page looks at few of them, whether they fit or not."""

    name = NAME

    def __init__(self, size: int = 2) -> None:
        self.rows: dict[tuple[str, str], tuple[datetime, dict[str, Any]]] = {}
        self.size = size
        self.asked: list[datetime] = []
        self.error: Exception | None = None
        self.before: list[Callable[[], Awaitable[None]] | None] = []
        """What else happens before each of the next pages is read."""

    def write(self, key: str, at: datetime, partition: str = "p", **columns_: Any) -> None:
        """Write a row, as the service's clock has it."""
        self.rows[partition, key] = (at, columns_ or columns(Email=f"{key}@fabrikam.example"))

    async def page(self, since: datetime, after: str) -> Page:
        """Return what fits of the next few rows."""
        happens = self.before.pop(0) if self.before else None
        if happens:
            await happens()
        if self.error:
            raise self.error
        self.asked.append(since)
        start = tuple(json.loads(after)) if after else ("", "")
        keys = sorted(key for key in self.rows if key >= start)
        found = [
            LeadRow(*key, *self.rows[key])
            for key in keys[: self.size]
            if self.rows[key][0] >= since
        ]
        following = keys[self.size :]
        return Page(found, json.dumps(following[0]) if following else "")
