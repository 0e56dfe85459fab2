"""Destinations: HubSpot's records, associations and pipelines, as they are read by ids.

Vendor: the 2026-03 specifications of objects, associations and pipelines.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx

from leadshare.client.answers.json_values import all_objects, as_object, objects, part
from leadshare.client.answers.response import object_in
from leadshare.destinations.errors import Refused
from leadshare.destinations.hubspot.answers import Record, refused
from leadshare.destinations.hubspot.batch import properties
from leadshare.reason import Reason, Vendor

HISTORIES: Final = 50
"""Records that one call reads with their history."""

MOST: Final = 100
"""Records that one call reads without it, and whose associations one call tells: the specification
names no bound, the vendor's announcements have said 1,000 and 100."""

NONE: Final = "NO_ASSOCIATIONS_FOUND"
"""What an error says of a record that is associated with nothing."""

MERGED: Final = "hs_merged_object_ids"
"""The property that names what was merged into a record."""

Call = Callable[..., Awaitable[httpx.Response]]
"""Call by method and path, with more for the request."""

_ID: Final = re.compile(r"[0-9]{1,20}")


@dataclass(slots=True)
class Found:
    """The records that there are of those asked for."""

    rows: list[Record] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    """Ids of those that are deleted, or merged into another."""
    heads: dict[str, Record] = field(default_factory=dict)
    """What those that were merged live on in, by their ids."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads of one account."""

    call: Call
    version: str

    async def read(
        self,
        kind: str,
        ids: Iterable[str],
        names: Iterable[str],
        history: Sequence[str],
        now: datetime,
    ) -> Found:
        """Return records with the properties *names*, and with how those in *history* came."""
        found, wanted = Found(), [one for one in dict.fromkeys(ids) if _ID.fullmatch(one)]
        what = {"properties": [*names, MERGED], "propertiesWithHistory": [*history]}
        for some in _parts(wanted, HISTORIES if history else MOST):
            body = {"inputs": [{"id": one} for one in some], **what}
            answer = await self._post(f"objects/{kind}/batch/read", body, now)
            rows = all_objects(answer.get("results"))
            if rows is None:
                raise Refused(Reason.UNREADABLE_ANSWER)
            found.rows += [row for row in rows if id_of(row) in some]
            for row in rows:
                lost = str(properties(row).get(MERGED) or "").split(";")
                merged = {one for one in lost if one in some} - {id_of(row)}
                found.missing |= merged
                found.heads |= dict.fromkeys(merged, row)
            for error in objects(answer.get("errors")):
                if error.get("category") == "OBJECT_NOT_FOUND":
                    told = as_object(error.get("context")).get("ids")
                    found.missing |= {str(one) for one in told} if isinstance(told, list) else set()
        return found

    async def links(
        self, kind: str, to: str, ids: Iterable[str], now: datetime
    ) -> dict[str, list[str]]:
        """Return what each record is associated with, page by page."""
        links: dict[str, list[str]] = {}
        asked: list[dict[str, str]] = [{"id": one} for one in dict.fromkeys(ids)]
        while asked:
            some, asked = asked[:MOST], asked[MOST:]
            path = f"associations/{kind}/{to}/batch/read"
            answer = await self._post(path, {"inputs": some}, now)
            if any(NONE not in str(e.get("subCategory")) for e in objects(answer.get("errors"))):
                raise Refused(Reason.UNREADABLE_ANSWER)
            for row in objects(answer.get("results")):
                one = id_of(part(row, "from"))
                found = [str(other.get("toObjectId")) for other in objects(row.get("to"))]
                links.setdefault(one, []).extend(found)
                if after := part(row, "paging", "next").get("after"):
                    asked.append({"id": one, "after": str(after)})
        return links

    async def pipelines(self, kind: str, now: datetime) -> Sequence[Record]:
        """Return the pipelines of a kind of record, with their stages."""
        response = await self._asked("GET", f"pipelines/{kind}", now)
        return objects(object_in(response).get("results"))

    async def search(self, kind: str, body: Mapping[str, Any], now: datetime) -> httpx.Response:
        """Return what a search for records of a kind is answered."""
        return await self._asked("POST", f"objects/{kind}/search", now, json=body)

    async def _post(self, path: str, body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        return object_in(await self._asked("POST", path, now, json=body))

    async def _asked(self, method: str, path: str, now: datetime, **more: Any) -> httpx.Response:
        """Make a call; `Refused` where it is."""
        area, _, rest = path.partition("/")
        response = await self.call(method, f"{area}/{self.version}/{rest}", **more)
        if verdict := refused(response, now, ()):
            raise Refused(verdict.reason)
        if response.is_error:
            raise Refused(Vendor.HTTP.reason(response.status_code))
        return response


def id_of(row: Mapping[str, Any]) -> str:
    """Return the id of a record, as a text."""
    return str(row.get("id"))


def _parts(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    return [ids[first : first + size] for first in range(0, len(ids), size)]
