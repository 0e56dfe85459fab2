"""Destinations: Odoo is asked what became of leads: what has changed, and record by record.

Nothing of it is on a page: it was seen in a real Odoo 19, and tests/odoo shows it anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import httpx

from leadshare.client.answers.response import answered_at, exact_json_in
from leadshare.destinations.errors import Refused
from leadshare.destinations.odoo.answers import reason_of
from leadshare.destinations.odoo.api import Api
from leadshare.destinations.odoo.fields import LEAD, MODULE
from leadshare.destinations.odoo.settings import OdooSettings
from leadshare.destinations.odoo.statuses import READ, outcome, signs, text_of, time_of
from leadshare.destinations.odoo.timeline import MESSAGE
from leadshare.lifecycle.outcome import Changed, Outcome, Records, State
from leadshare.lifecycle.pages import Page, after, to_ask
from leadshare.lifecycle.paging import Position, cursor_of, positions
from leadshare.reason import Reason

PAGE: Final = 100
"""Records of a page, and of a sweep."""

SECOND: Final = timedelta(seconds=1)
"""What Odoo tells times in; it keeps them finer."""

EVERY: Final = ["active", "in", [True, False]]
"""In a domain: archived ones, too."""

A = TypeVar("A")

_OURS: Final = re.compile(rf"{MODULE}\.lead_([0-9a-f]{{32}})_([0-9a-f]{{16}})")


@dataclass(slots=True)
class Outcomes:
    """What became of the leads of one database."""

    settings: OdooSettings
    api: Api
    _user: int = 0
    """Our user, once asked for."""

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask for one page of leads by their last change, and one of messages in chatters.

        A message does not change its lead, so that only a stream of their own tells.
        """
        standing = positions(cursor, 2)
        ids: set[int] = set()
        for number in to_ask(standing):
            some, standing[number] = await self._page(number == 1, standing[number], now)
            ids |= some
        told = await self._told(ids)
        return Changed(tuple(told), cursor_of(standing), any(one.midway for one in standing))

    async def _page(
        self,
        of_messages: bool,  # noqa: FBT001 - a fact, no switch
        position: Position,
        now: datetime,
    ) -> tuple[set[int], Position]:
        """Return which leads a page tells of, and where its stream goes on."""
        if of_messages:
            where = signs(await self._ours())
            model, when, whose = MESSAGE, "create_date", "res_id"
        else:
            where, model, when, whose = [EVERY], LEAD, "write_date", "id"
        asked = {
            "domain": [*where, *_since(position, when, now)],
            "fields": [name for name in (when, whose) if name != "id"],  # which always comes
            "order": "id" if position.after else when,
            "limit": PAGE,
        }
        response = await self.api.post(model, "search_read", asked)
        rows = _rows(response, when, whose)
        times = [time_of(row[when]) for row in rows]
        last = max((row["id"] for row in rows), default=0) if position.after else 0
        page = Page(times, len(rows) >= PAGE, str(last), answered_at(response))
        return {row[whose] for row in rows if row[whose]}, after(position, page, now, SECOND)

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Read *records*; see `Destination.current`. A merged one is deleted."""
        ids = {lead: int(one) for lead, one in records.items() if one.isdecimal()}
        rows, signed = await self._read(ids.values())
        return [
            self._outcome(rows[one], signed, lead)
            if one in rows
            else Outcome(lead, self.settings.name, now, State.GONE)
            for lead, one in ids.items()
        ]

    async def _told(self, ids: Iterable[int]) -> list[Outcome]:
        """Return what became of those of *ids* that are ours.

        Their external ids tell, which anybody may ask for, though not search.
        """
        wanted = sorted(ids)
        if not wanted:
            return []
        response = await self.api.post(LEAD, "get_external_id", {"ids": wanted})
        names = _answer(dict, response)
        found = {one: _OURS.fullmatch(str(names.get(str(one)))) for one in wanted}
        ours = {one: "-".join(name.groups()) for one, name in found.items() if name}
        rows, signed = await self._read(ours)
        return [self._outcome(row, signed, ours[one]) for one, row in rows.items()]

    async def _read(
        self, ids: Iterable[int]
    ) -> tuple[dict[int, dict[str, Any]], Mapping[int, datetime]]:
        """Return the leads with *ids*, and when a person first signed in the chatter of each."""
        among = sorted(set(ids))
        if not among:
            return {}, {}
        asked = {
            "domain": [["id", "in", among], EVERY],
            "fields": [*READ],
            "context": {"lang": "en_US"},
        }
        response = await self.api.post(LEAD, "search_read", asked)
        rows = {row["id"]: row for row in _rows(response, *READ)}
        where = [["res_id", "in", among], *signs(await self._ours())]
        groups = {"groupby": ["res_id"], "aggregates": ["create_date:min"]}
        answer = await self.api.post(MESSAGE, "formatted_read_group", {"domain": where, **groups})
        first = _rows(answer, "res_id", "create_date:min", id_too=False)
        return rows, {row["res_id"]: time_of(row["create_date:min"]) for row in first}

    def _outcome(
        self, row: Mapping[str, Any], signed: Mapping[int, datetime], lead: str
    ) -> Outcome:
        told, source = self.settings.statuses, self.settings.name
        return outcome(row, signed.get(row["id"]), lead, source, told)

    async def _ours(self) -> int:
        """Return our user."""
        if not self._user:
            response = await self.api.post("res.users", "context_get", {})
            user = _answer(dict, response).get("uid")
            if not isinstance(user, int):
                raise Refused(Reason.UNREADABLE_ANSWER)
            self._user = user
        return self._user


def _since(position: Position, when: str, now: datetime) -> list[Any]:
    """Return the domain of the next page."""
    start = position.since(now)
    since = [when, ">=", text_of(start)]
    if not position.after:
        return [since]
    return [since, [when, "<", text_of(start + SECOND)], ["id", ">", int(position.after)]]


def _rows(response: httpx.Response, *names: str, id_too: bool = True) -> list[dict[str, Any]]:
    """Return the records answered, all of which must have these fields; sums are exact."""
    answer = _answer(list, response)
    wanted = {*names, *(("id",) if id_too else ())}
    rows = [one for one in answer if isinstance(one, dict) and wanted <= one.keys()]
    if len(rows) != len(answer):
        raise Refused(Reason.UNREADABLE_ANSWER)
    return rows


def _answer(kind: type[A], response: httpx.Response) -> A:
    """Return what is answered, JSON of that *kind*; `Refused` where it is something else."""
    answer = exact_json_in(response)
    if response.status_code != httpx.codes.OK or not isinstance(answer, kind):
        raise Refused(reason_of(response))
    return answer
