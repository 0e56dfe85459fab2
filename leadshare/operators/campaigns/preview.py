"""Operators: which leads would be in another campaign under another file: read, never changed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from leadshare.configuration.campaigns import Campaigns
from leadshare.leads.held import read_held
from leadshare.leads.lead import fold
from leadshare.store.keys import all_seen
from leadshare.store.paging import ListQuery, page
from leadshare.store.table import Table

_COLUMNS = ("lead", "data", "words", "version", "record")
"""What is read of a contact's rows: of a touch all but its body, of a lead its record."""


async def preview(table: Table, campaigns: Campaigns, limit: int, after: str) -> dict[str, Any]:
    """Return which leads of a page, newest first, would move if *campaigns* were configured.

    A lead moves so with the next of its touches; until then it stays where it is.
    """
    query = ListQuery("leads", all_seen(), {}, ("lead",), lambda row: {"lead": row.values["lead"]})
    listed: Any = await page(table, query, limit, after)
    leads = [one["lead"] for one in listed.pop("leads")]
    found = await asyncio.gather(*(_move(table, lead, campaigns) for lead in leads))
    return {"leads": len(leads), "moves": [*filter(None, found)], **listed}


async def _move(table: Table, lead: str, campaigns: Campaigns) -> dict[str, str] | None:
    """Return from which campaign a *lead* would go to which; None where it stays."""
    held = await read_held(table, lead, _COLUMNS)
    if lead not in held.leads:
        return None  # erased since it was listed
    now = json.loads(held.leads[lead].values["record"])["campaign"]
    then = fold(held.touches.values(), campaigns)[lead].campaign
    return {"lead": lead, "now": now, "then": then} if now != then else None
