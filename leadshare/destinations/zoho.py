"""Destinations: Zoho CRM, whose leads are records of the module Leads, through its REST API v8.

Vendor pages are cited by their file names under www.zoho.com/crm/developer/docs/api/v8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

import httpx
from pydantic import Field

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.core.lane import Rate
from leadshare.core.mapping import Value
from leadshare.core.preflight import Description
from leadshare.destinations.answers import every, failed, singly, together
from leadshare.destinations.base import Crm
from leadshare.destinations.bearer import Bearer, Token
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.settings import CrmSettings, Secret
from leadshare.destinations.zoho_answers import (
    CONVERTED,
    by_key,
    closed,
    data,
    holders,
    is_done,
    judged,
    refusal_code,
    refused,
)
from leadshare.destinations.zoho_lead import FIELDS, LENGTHS, WHOLE, described
from leadshare.destinations.zoho_token import TOKENS_REST, SignInThrottled, sign_in

API: Final = "/crm/v8"

IN: Final = 50
"""Values that one `in` of a query may have (COQL-Limitations.html)."""

MOST: Final = 200
"""Records that a query answers with at most, for one credit (COQL-Overview.html)."""


class ZohoSettings(CrmSettings):
    """An organisation, and the client that signs in for one of its users."""

    type: Literal["zoho"]
    data_centre: Literal["us", "eu", "in", "au", "jp", "cn", "ca", "sa"]
    """Where the organisation lives: https://crm.zoho.eu is `eu`."""
    client_id: Secret
    client_secret: Secret
    refresh_token: Secret
    key: str = Field("Leadshare_Id", pattern=r"^[A-Za-z][A-Za-z0-9_]{0,49}$")
    """API name of a single-line field of Leads, 49 characters or more, that does not allow
    duplicate values: it will hold the lead id."""


class Zoho(Crm[ZohoSettings]):
    """One organisation.

    Leads are inserted and updated, never upserted: whatever `duplicate_check_fields` says, an
    upsert goes on to all other unique fields (upsert-records.html, "How does the duplicate check
    work?"). Where phone or e-mail is unique, it would find the record of the same person's other
    lead and put this lead's id and texts over it. An insert is refused instead, and as the key is
    unique, too, it is as safe to repeat.
    """

    FIELDS = FIELDS
    LENGTHS = LENGTHS
    WHOLE = WHOLE
    NOTES = "Description"
    # Zoho limits calls at once, 5 to 25 by edition, and credits of a day (api-limits.html).
    RATE = Rate(calls=10, seconds=10)
    erases = True
    batch_size: ClassVar[int] = 100  # insert-records.html

    def __init__(self, settings: ZohoSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self._bearer = Bearer(self._sign_in, settings.timeout)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Write each lead; where too many tokens were asked for, rest until there are more."""
        try:
            return await self._write(deliveries, now)
        except SignInThrottled:
            throttled = Deferred("throttled", counts=False)
            return every(deliveries, throttled, hold=TOKENS_REST)

    async def _write(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Insert what is new; what is there is read, and updated if no seller has closed it."""
        ids: Mapping[str, list[str]] = {}
        if known := [delivery for delivery in deliveries if delivery.known]:
            answer = await self._query(known, now)
            listed = by_key(answer, self.settings.key)
            if listed is None:
                return refused(answer, deliveries, now)
            ids = listed
        places, replies = placed(known, ids)
        fresh = [d for d in deliveries if d.lead not in places and d.lead not in replies]
        if fresh:
            places |= await self._insert(fresh, replies, now)
        if there := [delivery for delivery in deliveries if delivery.lead in places]:
            try:
                await self._update(there, places, replies, now)
            except httpx.TransportError as error:  # what was inserted is inserted
                replies |= singly(failed(there, error), there)
        return together([replies[delivery.lead] for delivery in deliveries])

    async def _insert(
        self, deliveries: Sequence[Delivery], replies: dict[str, Reply], now: datetime
    ) -> dict[str, str]:
        """Insert, note what became of each, and return the records that were there already.

        They hold our key, which is unique, so they are ours: an attempt arrived that was not noted.
        """
        bodies = [self._body(delivery) for delivery in deliveries]
        answer = await self._call("POST", "/Leads", now, json={"data": bodies})
        replies.update(judged(answer, deliveries, now))
        return holders(answer, deliveries, self.settings.key)

    async def _update(
        self,
        deliveries: Sequence[Delivery],
        places: Mapping[str, str],
        replies: dict[str, Reply],
        now: datetime,
    ) -> None:
        """Read the records at *places*, update those that are open, note what became of each."""
        answer = await self._get([places[delivery.lead] for delivery in deliveries], now)
        rows = data(answer)
        if rows is None:
            replies.update(singly(refused(answer, deliveries, now), deliveries))
            return
        states = {str(row.get("id")): row for row in rows}
        writable = []
        for delivery in deliveries:
            row = states.get(places[delivery.lead])
            if stop := closed(row, delivery, self.settings.key):
                replies[delivery.lead] = every((delivery,), stop)
            else:
                writable.append(delivery)
        if writable:
            bodies = [{"id": places[d.lead], **self._body(d)} for d in writable]
            answer = await self._call("PUT", "/Leads", now, json={"data": bodies})
            replies.update(judged(answer, writable, now))

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back by the key."""
        answer = await self._query(deliveries, now)
        ids = by_key(answer, self.settings.key)
        if ids is None:
            return refused(answer, deliveries, now)
        outcomes = (seen(ids.get(delivery.lead, [])) for delivery in deliveries)
        return Reply(tuple(outcomes), answer.status_code)

    async def describe(self, now: datetime) -> Description:
        """Read the metadata of the module's fields (field-meta.html)."""
        answer = await self._call("GET", "/settings/fields?module=Leads", now)
        rows = data(answer, "fields")
        if rows is None:
            raise SignInFailed(refusal_code(answer))
        return described(rows, self.settings.key)

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Move the lead to the recycle bin (delete-records.html)."""
        ids = by_key(await self._query([delivery], now), self.settings.key)
        if ids is None:
            raise SignInFailed("erase_refused")
        for place in ids.get(delivery.lead, []):
            answer = await self._call("DELETE", f"/Leads?ids={place}", now)
            if not all(is_done(row) for row in data(answer) or [{}]):
                raise SignInFailed("erase_refused")

    def _body(self, delivery: Delivery) -> dict[str, Value]:
        return {**self.values(delivery), self.settings.key: delivery.lead}

    async def _query(self, deliveries: Sequence[Delivery], now: datetime) -> httpx.Response:
        """Ask which records hold the keys of *deliveries* (Get-Records-through-COQL-Query.html)."""
        key = self.settings.key
        leads = [f"'{delivery.lead}'" for delivery in deliveries]
        chunks = [",".join(leads[i : i + IN]) for i in range(0, len(leads), IN)]
        where = " or ".join(f"{key} in ({chunk})" for chunk in chunks)
        # The key is a name by its pattern, and lead ids are hexadecimal.
        query = f"select id, {key} from Leads where {where} limit {MOST}"  # noqa: S608 - see above
        return await self._call("POST", "/coql", now, json={"select_query": query})

    async def _get(self, ids: Sequence[str], now: datetime) -> httpx.Response:
        """Read records, converted ones too, which a query may be denied (get-records.html)."""
        fields = f"{self.settings.key},{CONVERTED}"
        path = f"/Leads?ids={','.join(ids)}&fields={fields}&converted=both"
        return await self._call("GET", path, now)

    async def _call(self, method: str, path: str, now: datetime, **more: Any) -> httpx.Response:
        async def make(token: Token) -> httpx.Response:
            signed = {"Authorization": f"Zoho-oauthtoken {token.text}"}
            url = f"{token.base}{API}{path}"
            return await self.client.request(method, url, headers=signed, **more)

        return await self._bearer.call(make, now)

    async def _sign_in(self, now: datetime) -> Token:
        form = {
            "grant_type": "refresh_token",
            "client_id": self.settings.client_id.get_secret_value(),
            "client_secret": self.settings.client_secret.get_secret_value(),
            "refresh_token": self.settings.refresh_token.get_secret_value(),
        }
        return await sign_in(self.client, self.settings.data_centre, form, now)


def placed(
    known: Sequence[Delivery], ids: Mapping[str, list[str]]
) -> tuple[dict[str, str], dict[str, Reply]]:
    """Return where each lead's record is, and what is settled without it; new leads in neither."""
    places: dict[str, str] = {}
    replies: dict[str, Reply] = {}
    for delivery in known:
        # A query may not show converted leads: those that were accepted have a receipt.
        found = ids.get(delivery.lead) or list(filter(None, [delivery.receipt]))
        if len(found) > 1:
            replies[delivery.lead] = every((delivery,), Rejected("several_in_crm"))
        elif found:
            places[delivery.lead] = found[0]
        elif delivery.sent:
            replies[delivery.lead] = every((delivery,), Rejected("deleted_in_crm"))
    return places, replies


def seen(ids: Sequence[str]) -> Outcome:
    """Say whether a look-up that found *ids* shows the lead."""
    if len(ids) > 1:
        return Rejected("several_in_crm")
    return Accepted(ids[0]) if ids else Rejected(MISSING)
