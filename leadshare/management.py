"""Use case: what operators look up: lists and stories, with ids, codes and times but no persons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from leadshare.core.delivery import Kind, State
from leadshare.core.rows import (
    Row,
    Table,
    contact_of,
    kind_of,
    partition_of,
    under,
    whole_story,
)
from leadshare.core.story import SUMMARY
from leadshare.core.times import from_key, to_reverse_key, to_text
from leadshare.core.touch import from_row
from leadshare.errors import Unknown
from leadshare.pages import List, page


@dataclass(frozen=True, slots=True)
class Management:
    """Lists what is in the table, and tells a lead's story."""

    table: Table

    async def leads(
        self, where: Mapping[str, str], since: datetime | None, limit: int, after: str
    ) -> dict[str, Any]:
        """Return a page of leads, newest first."""
        start, end = under("seen")
        if since:
            # Reverse times: what was seen at `since` sorts before what was seen earlier.
            end = f"seen|{to_reverse_key(since)}|~"
        return await self._page("leads", (start, end), where, limit, after)

    async def lead(self, lead: str) -> dict[str, Any]:
        """Return a lead's whole story; `Unknown` if there is none."""
        contact = contact_of(lead)
        rows = await self.table.read(partition_of(lead), *whole_story(contact))
        by_kind: dict[str, list[Row]] = {}
        for row in rows:
            by_kind.setdefault(kind_of(row), []).append(row)
        found = [row for row in by_kind.get("lead", []) if row.values["lead"] == lead]
        if not found:
            raise Unknown("no such lead")
        [row] = found
        own = f"|{lead.partition('-')[2]}|"
        return {
            "lead": {
                **{name: row.values[name] for name in SUMMARY},
                "first_touch": row.values["first_touch"],
                "flags": json.loads(row.values["flags"]),
                "route": json.loads(row.values["route"]),
                "receipt": json.loads(row.values["receipt"]),
            },
            "touches": [
                told
                for one in by_kind.get("touch", [])
                if (told := _told_touch(one))["lead"] == lead
            ],
            "deliveries": [_told(r) for r in by_kind.get("delivery", []) if own in r.key],
            "attempts": [_told_attempt(r) for r in by_kind.get("attempt", []) if own in r.key],
        }

    async def deliveries(
        self, state: str, where: Mapping[str, str], limit: int, after: str
    ) -> dict[str, Any]:
        """Return a page of the deliveries in *state*; due and parked ones oldest first."""
        if state in (State.DUE, State.PARKED):
            where = {**where, "kind": Kind.DELIVER}
            destination = where.get("destination")
            span = under(f"{state}|{destination}" if destination else state)
        else:
            # The delivered have no index: nothing but this list ever asks for them.
            span, where = ("0", "g"), {**where, "state": state}
        return await self._page("deliveries", span, where, limit, after)

    async def quarantine(self, where: Mapping[str, str], limit: int, after: str) -> dict[str, Any]:
        """Return a page of the touches that could not be classified, oldest first."""
        return await self._page("quarantine", under("quarantine"), where, limit, after)

    async def _page(
        self,
        name: str,
        span: tuple[str, str],
        where: Mapping[str, str],
        limit: int,
        after: str,
    ) -> dict[str, Any]:
        """Return one page of the rows in *span*, and the token of the next if there is one."""
        return await page(self.table, List(name, span, where, _TOLD, _told), limit, after)


_TOLD: Final = (
    *SUMMARY,
    *("destination", "state", "reason", "wanted", "sent", "attempts", "next", "receipt"),
    *("owed_since", "updated", "touch", "landed"),
)
"""The columns that lists tell; none of them names a person."""


def _told(row: Row) -> dict[str, Any]:
    told = {name: row.values[name] for name in _TOLD if name in row.values}
    return told | _index_facts(row)


def _index_facts(row: Row) -> dict[str, Any]:
    """Tell from the key of an index row what its columns leave out."""
    kind = row.key.split("|")[0]
    if kind in (State.DUE, State.PARKED):
        return {"state": kind}
    return {}


def _told_touch(row: Row) -> dict[str, Any]:
    touch = from_row(json.loads(row.values["data"]))
    return {
        "touch": touch.id,
        "lead": touch.lead,
        "received": to_text(touch.received),
        "storefront": touch.storefront,
        "listing": touch.listing,
        "action": touch.action,
        "intent": touch.intent,
        "lane": touch.lane,
        "via": touch.via,
        "flags": list(touch.flags),
        "facts_given": sorted(name for name, value in touch.facts.items() if value),
    }


def _told_attempt(row: Row) -> dict[str, Any]:
    destination, at = row.key.split("|")[3:5]
    return {"destination": destination, "at": to_text(from_key(at)), **row.values}
