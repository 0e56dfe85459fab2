"""Destinations: persons are taken out of Zoho: leads that our user made and nobody converted.

Vendor: get-users.html, delete-records.html, zoho/crm-oas v8.0 (notes.json). What is deleted stays
in the recycle bin for 60 days; what is overwritten, in the record's timeline and the audit log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from leadshare.client.answers.json_values import as_object
from leadshare.deliveries.delivery import Accepted, Delivery, Reply
from leadshare.destinations.erasing import UNFORGOTTEN, Standing, did, forget
from leadshare.destinations.replies import Verdict, Verdicts, every, failed
from leadshare.destinations.settings import Erasure
from leadshare.destinations.steps import refusing
from leadshare.destinations.writing.mapping import Source
from leadshare.destinations.writing.policy import Did, erased
from leadshare.destinations.zoho.answers import is_converted, is_done, judge
from leadshare.destinations.zoho.calls import Line, data, id_in
from leadshare.destinations.zoho.metadata import USER
from leadshare.destinations.zoho.records import Row
from leadshare.destinations.zoho.settings import ZohoSettings
from leadshare.destinations.zoho.steps import held, tasks


@dataclass(slots=True)
class Eraser:
    """How persons are taken out there."""

    settings: ZohoSettings
    mapping: Mapping[str, Source]
    _user: str = ""
    """Our user, once asked for."""

    async def take_out(self, line: Line, deliveries: Sequence[Delivery]) -> Reply:
        """Take persons out; see `Destination.forget`."""
        there = await held(line, self.settings.key, deliveries)
        if isinstance(there, Verdict):
            return every(deliveries, refusing(there, UNFORGOTTEN))
        how = self.settings.erase
        user = "" if how is Erasure.TASK or not there else await self._ours(line)
        if isinstance(user, Verdict):
            return every(deliveries, user)
        stand = {one.lead: _standing(there.get(one.lead), user) for one in deliveries}

        async def erase(ours: Sequence[Delivery]) -> Verdicts:
            return {one.lead: await self._erase(line, one, there[one.lead]) for one in ours}

        return await forget(deliveries, stand, erase, tasks(line, there), how)

    async def _ours(self, line: Line) -> str | Verdict:
        """Return our user, "" where the client's scope does not show it, or why it is not told."""
        if not self._user:
            answer = await line.call("GET", USER)
            users = data(answer, "users") if answer.is_success else None
            if users is None:
                verdict = refusing(line.refuses(answer, ()), UNFORGOTTEN)
                return verdict if verdict.failing or verdict.hold else ""
            self._user = next(map(id_in, users), "")
        return self._user

    async def _erase(self, line: Line, delivery: Delivery, row: Row) -> Verdict:
        place = str(row["id"])
        try:
            if self.settings.erase is Erasure.DELETE:
                answer = await line.call("DELETE", f"/Leads?ids={place}")
                return did(Did.DELETED, self._judged(line, answer, delivery))
            if lost := await self._clear_notes(line, delivery, place):
                return did(Did.ANONYMISED, lost)
            body = {"id": place, **erased(self.mapping), self.settings.key: None}
            answer = await line.call("PUT", "/Leads", json={"data": [body]})
            return did(Did.ANONYMISED, self._judged(line, answer, delivery))
        except httpx.TransportError as error:
            return failed(error)

    async def _clear_notes(self, line: Line, delivery: Delivery, place: str) -> Verdict | None:
        """Delete the notes of a lead that are ours: they hold what the customer said."""
        path = f"/Leads/{place}/Notes?fields=Note_Title,Created_By&per_page=200"
        answer = await line.call("GET", path)
        rows = data(answer)
        if rows is None:
            return line.refuses(answer, [delivery])
        ours = [id_in(row) for row in rows if _by(row) == self._user]
        for first in range(0, len(ours), 100):
            ids = ",".join(ours[first : first + 100])
            answer = await line.call("DELETE", f"/Notes?ids={ids}")
            if not all(is_done(row) for row in data(answer) or [{}]):
                return line.refuses(answer, [delivery])
        return None

    @staticmethod
    def _judged(line: Line, answer: httpx.Response, delivery: Delivery) -> Verdict:
        rows = data(answer)
        if not rows:
            return line.refuses(answer, [delivery])
        verdict = judge(rows[0], delivery, answer.status_code)
        return Verdict(Accepted()) if _is_gone(rows[0]) else verdict


def _is_gone(row: Mapping[str, object]) -> bool:
    """Say whether a record was deleted since it was read."""
    named = as_object(row.get("details"))
    return row.get("code") == "INVALID_DATA" and "id" in (*named, named.get("api_name"))


def _standing(row: Row | None, user: str) -> Standing:
    """Return whose a record is: ours that our *user* made, if that is known."""
    if row is None:
        return Standing.GONE
    ours = bool(user) and _by(row) == user and not is_converted(row)
    return Standing.OURS if ours else Standing.THEIRS


def _by(row: Mapping[str, object]) -> str:
    return id_in(as_object(row.get("Created_By")))
