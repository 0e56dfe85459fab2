"""Destinations: calls to Odoo's JSON-2 API, and what it holds already of our leads.

Vendor pages are cited by their names in odoo/documentation (content/developer/reference).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import httpx

from leadshare.core.delivery import Delivery
from leadshare.destinations.answers import json_in
from leadshare.destinations.odoo_answers import NO_EXTERNAL_ID, Unusable, fault
from leadshare.destinations.odoo_lead import MODULE, records

API: Final = "/json/2"
"""external_api.rst; Odoo 19 brought it."""

LEAD: Final = "crm.lead"

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Api:
    """One database, as the user sees it whose key this is."""

    client: httpx.AsyncClient
    url: str
    key: str = field(repr=False)
    database: str

    async def ask(self, kind: type[A], model: str, method: str, **arguments: Any) -> A:
        """Return what a method answers, JSON of that *kind*; `Unusable` where it does not."""
        response = await self.post(model, method, arguments)
        answer = json_in(response)
        if response.status_code != httpx.codes.OK or not isinstance(answer, kind):
            raise Unusable(response)
        return answer

    async def post(self, model: str, method: str, arguments: Mapping[str, Any]) -> httpx.Response:
        """Call a method and return its answer, whatever it is."""
        headers = {"Authorization": f"bearer {self.key}"}
        if self.database:
            headers["X-Odoo-Database"] = self.database
        url = f"{self.url}{API}/{model}/{method}"
        return await self.client.post(url, json=arguments, headers=headers)

    async def ids(self, deliveries: Sequence[Delivery]) -> dict[str, int]:
        """Return the ids of those that are there: the receipt, or what has the external id.

        Only administrators may search external ids, but anybody may ask for one.
        """
        ids: dict[str, int] = {}
        for delivery in deliveries:
            if delivery.receipt.isdecimal():
                ids[delivery.lead] = int(delivery.receipt)
                continue
            name = external_id(delivery).removeprefix(f"{MODULE}.")
            arguments = {"module": MODULE, "xml_id": name, "context": {"active_test": False}}
            try:
                _, one = await self.ask(
                    list, "ir.model.data", "check_object_reference", **arguments
                )
            except Unusable as error:
                if not fault(error.response)[1].startswith(NO_EXTERNAL_ID):
                    raise
            else:
                ids |= {delivery.lead: one} if one else {}
        return ids

    async def states(self, ids: Mapping[str, int]) -> dict[int, bool]:
        """Return whether each of *ids* is open; those that are gone are not in it."""
        if not ids:
            return {}
        rows = await self.ask(
            list,
            LEAD,
            "search_read",
            domain=[["id", "in", list(ids.values())]],
            fields=["active", "won_status"],
            context={"active_test": False},
        )
        found = records(rows, "active", "won_status")
        return {row["id"]: row["active"] and row["won_status"] == "pending" for row in found}

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


def external_id(delivery: Delivery) -> str:
    """Return the lead's external id, in which Odoo's own tools allow no hyphen."""
    return f"{MODULE}.lead_{delivery.lead.replace('-', '_')}"
