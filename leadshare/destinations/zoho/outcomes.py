"""Destinations: Zoho CRM is asked what became of leads: what has changed, and record by record.

Vendor pages are cited by their file names under www.zoho.com/crm/developer/docs/api/v8. Queries
(COQL) are no help: public code has seen them leave converted leads out.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, unquote

import httpx

from leadshare.client.answers.json_values import all_objects, as_object
from leadshare.client.answers.response import answered_at, exact_json_in
from leadshare.client.guard import LARGE
from leadshare.destinations.errors import Refused
from leadshare.destinations.zoho.answers import contact_of, is_ours
from leadshare.destinations.zoho.calls import data, id_in, refused
from leadshare.destinations.zoho.settings import ZohoSettings
from leadshare.destinations.zoho.statuses import (
    DEALS,
    LEAD,
    Case,
    deal_of,
    forecasts,
    may_be_signed,
    modified,
    outcome,
)
from leadshare.lifecycle.outcome import Changed, Outcome, Records, State
from leadshare.lifecycle.pages import Page, after, to_ask
from leadshare.lifecycle.paging import Position, cursor_of, positions
from leadshare.reason import Reason

PAGE: Final = 50
"""Records of a page, and of a sweep: each of ours that a person has worked takes a call more."""

IDS: Final = 100
"""Records that one call reads by their ids (get-records.html)."""

CRITERIA: Final = 10
"""Conditions that a search may have (search-records.html)."""

PAGES: Final = 10
"""Pages that have numbers; what comes after them has a token (get-records.html)."""

_OURS: Final = re.compile(r"[0-9a-f]{32}-[0-9a-f]{16}")

Row = Mapping[str, Any]
Call = Callable[..., Awaitable[httpx.Response]]
"""Call by method, path and time, with more for the request."""


@dataclass(slots=True)
class Outcomes:
    """What became of the leads of one organisation."""

    settings: ZohoSettings
    call: Call
    _stages: dict[str, State] = field(default_factory=dict)
    """What stages of deals mean; read when one is met that is not known."""

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask for one page of leads, and one of deals, which do not change their leads."""
        standing = positions(cursor, 2)
        leads: dict[str, Row] = {}
        for number in to_ask(standing):
            module, names = (("Deals", ("id",)), ("Leads", self._names))[number]
            rows, standing[number] = await self._page(module, names, standing[number], now)
            found = rows if number else await self._sold([id_in(row) for row in rows], now)
            leads |= {id_in(row): row for row in found}
        key = self.settings.key
        ours = {lead: row for row in leads.values() if _OURS.fullmatch(lead := str(row.get(key)))}
        told = await self._told(ours, now)
        return Changed(tuple(told), cursor_of(standing), any(one.midway for one in standing))

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Read *records*; see `Destination.current`."""
        rows = await self._by_ids("Leads", self._names, records.values(), now)
        key = self.settings.key
        there = {
            lead: rows[record]
            for lead, record in records.items()
            if record in rows and is_ours(rows[record], key, lead)
        }
        gone = [lead for lead in records if lead not in there]
        return [
            *await self._told(there, now),
            *(Outcome(lead, self.settings.name, now, State.GONE) for lead in gone),
        ]

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.settings.key, *LEAD)

    async def _page(
        self, module: str, names: Iterable[str], position: Position, now: datetime
    ) -> tuple[list[dict[str, Any]], Position]:
        """Return a page of what has changed in a module, and where it goes on.

        It is asked for from a second before, for no page says whether that very one is included.
        """
        since = position.since(now) - timedelta(seconds=1)
        params = {
            "fields": ",".join(dict.fromkeys((*names, "Modified_Time"))),
            "sort_by": "Modified_Time",
            "sort_order": "asc",
            "per_page": str(PAGE),
        }
        if module == "Leads":
            params["converted"] = "both"
        place = position.after or "1"
        params["page" if _is_number(place) else "page_token"] = unquote(place)
        headers = {"If-Modified-Since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+00:00"}
        answer = await self.call("GET", f"/{module}", now, params=params, headers=headers)
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return [], position.ended(None, answered_at(answer), now)
        rows = _rows(answer, now)
        times = [time for row in rows if (time := modified(row))]
        if len(times) != len(rows):
            raise Refused(Reason.UNREADABLE_ANSWER)
        info = as_object(as_object(exact_json_in(answer)).get("info"))
        page = Page(times, bool(info.get("more_records")), _next(place, info), answered_at(answer))
        return rows, after(position, page, now)

    async def _sold(self, deals: Sequence[str], now: datetime) -> list[Row]:
        """Return the leads that have become one of *deals*, which do not tell it themselves.

        Where an organisation lets nobody search by that, the sweep tells: it reads leads first.
        """
        found: list[Row] = []
        for first in range(0, len(deals), CRITERIA):
            some = [f"(Converted_Deal.id:equals:{one})" for one in deals[first : first + CRITERIA]]
            params = {
                "criteria": f"({'or'.join(some)})",
                "converted": "both",
                "fields": ",".join(self._names),
            }
            answer = await self.call("GET", "/Leads/search", now, params=params)
            if answer.status_code != httpx.codes.BAD_REQUEST:
                found += _rows(answer, now)
        return found

    async def _told(self, leads: Mapping[str, Row], now: datetime) -> list[Outcome]:
        """Return what became of *leads*, whose records these are, with all there is of them."""
        deals = await self._by_ids("Deals", DEALS, map(deal_of, leads.values()), now)
        contacts = await self._by_ids(
            "Contacts", ("Email_Opt_Out", "Modified_Time"), map(contact_of, leads.values()), now
        )
        if {str(row.get("Stage")) for row in deals.values()} - self._stages.keys():
            path = "/settings/fields?module=Deals"
            answer = await self.call("GET", path, now, extensions=LARGE)
            self._stages |= forecasts(_rows(answer, now, "fields"))
        told = []
        for lead, row in leads.items():
            deal, contact = deals.get(deal_of(row)), contacts.get(contact_of(row))
            case = Case(row, deal, contact, await self._timeline(row, now))
            source, statuses = self.settings.name, self.settings.statuses
            told.append(outcome(case, lead, source, self._stages, statuses))
        return told

    async def _timeline(self, lead: Row, now: datetime) -> Sequence[Row]:
        """Return the timeline of a lead that a person may have worked: only it tells who."""
        if not may_be_signed(lead):
            return ()
        path = f"/Leads/{id_in(lead)}/__timeline?per_page=200"
        return _rows(await self.call("GET", path, now), now, "__timeline")

    async def _by_ids(
        self, module: str, names: Iterable[str], ids: Iterable[str], now: datetime
    ) -> dict[str, dict[str, Any]]:
        """Return records by their ids, those that are there; converted ones, too."""
        wanted = [one for one in dict.fromkeys(ids) if one]
        fields, rows = ",".join(names), dict[str, dict[str, Any]]()
        for first in range(0, len(wanted), IDS):
            params = {"ids": ",".join(wanted[first : first + IDS]), "fields": fields}
            if module == "Leads":
                params["converted"] = "both"
            answer = await self.call("GET", f"/{module}", now, params=params)
            rows |= {id_in(row): row for row in _rows(answer, now)}
        return rows


def _is_number(place: str) -> bool:
    return place.isdecimal() and int(place) <= PAGES


def _next(place: str, info: Row) -> str:
    """Return where to go on: by number, and after the tenth page by the token that it tells."""
    if _is_number(place) and int(place) < PAGES:
        return str(int(place) + 1)
    return quote(str(info.get("next_page_token") or ""), safe="")


def _rows(answer: httpx.Response, now: datetime, name: str = "data") -> list[dict[str, Any]]:
    """Return the rows answered, sums exactly; `Refused` where there are none to be had."""
    if not answer.is_success or data(answer, name) is None:
        raise Refused(refused(answer, now).reason)
    return all_objects(as_object(exact_json_in(answer)).get(name)) or []
