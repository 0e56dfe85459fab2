"""Destinations: calls to Odoo's JSON-2 API, and what it holds already of our leads.

Vendor pages are cited by their names in odoo/documentation (content/developer/reference).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import httpx

from leadshare.client.answers.response import json_in
from leadshare.client.guard import LARGE
from leadshare.deliveries.delivery import Accepted, Delivery, Outcome, Rejected
from leadshare.destinations.description import Description
from leadshare.destinations.errors import Refused
from leadshare.destinations.odoo.answers import NO_EXTERNAL_ID, Unusable, fault
from leadshare.destinations.odoo.fields import LEAD, MODULE, described, records
from leadshare.destinations.replies import Verdicts
from leadshare.reason import Reason

API: Final = "/json/2"
"""external_api.rst; Odoo 19 brought it."""

A = TypeVar("A")

_STATE: Final = ("active", "won_status", "partner_id")

_MADE_FOR: Final = re.compile(r"-openerp-([0-9]{1,18})-crm\.lead@")


@dataclass(frozen=True, slots=True)
class There:
    """A lead as it is there."""

    row: Mapping[str, Any]
    is_open: bool
    """Whether its fields may be written: it is not archived, won, lost or merged into another."""


@dataclass(frozen=True, slots=True)
class Api:
    """One database, as the user sees it whose key this is."""

    client: httpx.AsyncClient
    url: str
    key: str = field(repr=False)
    database: str

    async def ask(self, kind: type[A], model: str, method: str, **arguments: Any) -> A:
        """Return what a method answers, JSON of that *kind*; `Unusable` where it does not."""
        return _answer(kind, await self.post(model, method, arguments))

    async def post(
        self, model: str, method: str, arguments: Mapping[str, object], **how: Any
    ) -> httpx.Response:
        """Call a method and return its answer, whatever it is."""
        headers = {"Authorization": f"bearer {self.key}"}
        if self.database:
            headers["X-Odoo-Database"] = self.database
        url = f"{self.url}{API}/{model}/{method}"
        return await self.client.post(url, json=arguments, headers=headers, **how)

    async def ids(self, deliveries: Sequence[Delivery]) -> dict[str, int]:
        """Return the ids of those that are there: the record id, or what has the external id.

        Only administrators may search external ids, but anybody may ask for one.
        """
        ids: dict[str, int] = {}
        for delivery in deliveries:
            if delivery.record_id.isdecimal():
                ids[delivery.lead] = int(delivery.record_id)
                continue
            name = external_id(delivery).removeprefix(f"{MODULE}.")
            arguments = {"module": MODULE, "xml_id": name, "context": {"active_test": False}}
            try:
                answer = await self.ask(
                    list, "ir.model.data", "check_object_reference", **arguments
                )
            except Unusable as error:
                if not fault(error.response)[1].startswith(NO_EXTERNAL_ID):
                    raise
            else:
                match answer:
                    case [_, int(one)] if one:
                        ids[delivery.lead] = one
        return ids

    async def leads(self, ids: Mapping[str, int], names: Iterable[str]) -> dict[str, There]:
        """Return those of *ids*, by lead id, that are there or have been merged into another.

        *names* are the fields that are read of them.
        """
        if not ids:
            return {}
        rows = await self._rows(set(ids.values()), names)
        gone = {one for one in ids.values() if one not in rows}
        merged = await self._merged(gone) if gone else {}
        heads = await self._rows(set(merged.values()), names) if merged else {}
        there = {one: There(row, is_open=_open(row)) for one, row in rows.items()}
        there |= {
            one: There(heads[head], is_open=False) for one, head in merged.items() if head in heads
        }
        return {lead: there[one] for lead, one in ids.items() if one in there}

    async def _rows(self, ids: Iterable[int], names: Iterable[str]) -> dict[int, dict[str, Any]]:
        fields = list(dict.fromkeys((*_STATE, *names)))
        told = {
            "domain": [["id", "in", sorted(ids)]],
            "fields": fields,
            "context": {"active_test": False, "lang": "en_US"},
        }
        # Fifty descriptions with a customer's words.
        response = await self.post(LEAD, "search_read", told, extensions=LARGE)
        return {row["id"]: row for row in records(_answer(list, response), *fields)}

    async def _merged(self, ids: Iterable[int]) -> dict[int, int]:
        """Return in what each of the leads lives on that somebody has merged.

        Odoo hands on its chatter, each message of which names the lead that it was made for
        (addons/crm/models/crm_lead.py; odoo/tools/mail.py, generate_tracking_message_id).
        """
        likes = [["message_id", "like", f"-openerp-{one}-{LEAD}@"] for one in sorted(ids)]
        rows = await self.ask(
            list,
            "mail.message",
            "search_read",
            domain=[["model", "=", LEAD], *["|"] * (len(likes) - 1), *likes],
            fields=["res_id", "message_id"],
            order="id",
        )
        found = records(rows, "res_id", "message_id")
        named = ((_MADE_FOR.search(str(row["message_id"])), row["res_id"]) for row in found)
        return {int(one[1]): head for one, head in named if one and head}

    async def description(self, now: datetime, *, timeline: bool, deletes: bool) -> Description:
        """Return what the database says of leads; `Refused` where none may be made.

        *timeline* says whether anything is to be put in chatters, *deletes* whether leads are to
        be deleted.
        """
        if not await self.ask(bool, LEAD, "has_access", operation="create"):
            raise Refused(Reason.FORBIDDEN)
        told = ("type", "string", "required", "readonly", "selection", "size")
        fields = await self.ask(dict, LEAD, "fields_get", attributes=told)
        required = [name for name, facts in fields.items() if facts.get("required")]
        given = await self.ask(dict, LEAD, "default_get", fields=required)
        may_tell = await self.ask(bool, LEAD, "has_access", operation="write")
        may_delete = not deletes or await self.ask(bool, LEAD, "has_access", operation="unlink")
        return Description(
            {name: described(facts, name in given) for name, facts in fields.items()},
            timeline_lacks="write" if timeline and not may_tell else "",
            tasks_lack="" if may_tell else "write",
            erasure_lacks="" if may_delete else "unlink",
            expires=await self.expires(now),
        )

    async def user(self) -> int:
        """Return our user."""
        told = await self.ask(dict, "res.users", "context_get")
        uid = told.get("uid")
        return uid if isinstance(uid, int) else 0

    async def expires(self, now: datetime) -> datetime | None:
        """Return when the first of our user's living keys ends: which is ours, nothing tells."""
        try:
            rows = await self.ask(
                list, "res.users.apikeys", "search_read", domain=[], fields=["expiration_date"]
            )
        except Unusable:
            return None
        texts = [row["expiration_date"] for row in rows if row["expiration_date"]]
        ends = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]
        return min((end for end in ends if end > now), default=None)


def _answer(kind: type[A], response: httpx.Response) -> A:
    answer = json_in(response)
    if response.status_code != httpx.codes.OK or not isinstance(answer, kind):
        raise Unusable(response)
    return answer


def _open(row: Mapping[str, Any]) -> bool:
    return bool(row["active"]) and row["won_status"] == "pending"


def seen(delivery: Delivery, ids: Mapping[str, int], there: Mapping[str, There]) -> Outcome:
    """Say whether the lead of *delivery* was found."""
    is_there = delivery.lead in there
    return (
        Accepted(str(ids[delivery.lead])) if is_there else Rejected(Reason.NOT_FOUND_AFTER_ACCEPT)
    )


def external_id(delivery: Delivery) -> str:
    """Return the lead's external id, in which Odoo's own tools allow no hyphen."""
    return f"{MODULE}.lead_{delivery.lead.replace('-', '_')}"


def arrived(deliveries: Sequence[Delivery], made: Verdicts) -> dict[str, int]:
    """Return the ids of leads that an earlier version may have made, whose answer was lost.

    The first version needs no second look: what is there, is it.
    """
    return {
        delivery.lead: int(made[delivery.lead].record_id)
        for delivery in deliveries
        if delivery.known or delivery.version > 1
        if delivery.lead in made and made[delivery.lead].record_id
    }
