"""Destinations: Odoo 19 and later, whose CRM is reached through its JSON-2 API.

Vendor pages are cited by their names in odoo/documentation (content/developer/reference). Much of
what matters is on none: it was seen in a real Odoo 19, and tests/odoo shows it anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import httpx
from pydantic import Field, field_validator

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.core.lane import Rate
from leadshare.core.preflight import Description
from leadshare.destinations.answers import every, singly, together
from leadshare.destinations.base import Crm
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.odoo_answers import Unusable, fault, whole
from leadshare.destinations.odoo_api import LEAD, Api, external_id
from leadshare.destinations.odoo_lead import (
    CREATE_ONLY,
    FIELDS,
    LENGTHS,
    NEW,
    ONCE,
    References,
    described,
)
from leadshare.destinations.odoo_load import REFERENCE_GONE, Replies, Row, load, table
from leadshare.destinations.settings import CrmSettings, Secret, vendor_url

UPDATE: Final = {"lang": "en_US", "update_many2many": True}
"""The context of an update."""

_URL: Final = r"https://[a-z0-9.-]+(:[0-9]{1,5})?"
_REFUSED: Final = {401: "unauthorised", 403: "forbidden", 404: "crm_missing"}


class OdooSettings(CrmSettings):
    """An Odoo, and the API key of the user that leads are written by."""

    type: Literal["odoo"]
    url: str
    """Its address, such as https://contoso.odoo.com."""
    api_key: Secret
    """Made in the user's preferences, under Account Security; it ends after three months."""
    database: str = Field("", pattern=r"^[A-Za-z0-9._-]{0,100}$")
    """Needed only where several databases are served at one address."""

    @field_validator("url")
    @classmethod
    def _server(cls, url: str) -> str:
        return vendor_url(url, _URL, "like https://contoso.odoo.com, without a path")


class Odoo(Crm[OdooSettings]):
    """One database."""

    FIELDS = FIELDS
    LENGTHS = LENGTHS
    # No page names a limit; Odoo Online asks to be gentle.
    RATE = Rate(calls=120, seconds=60)
    erases = True

    # Half a second's work (tests/odoo), and one transaction: what is refused in it is looked for.
    batch_size = 50

    def __init__(self, settings: OdooSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        key = settings.api_key.get_secret_value()
        self._api = Api(client, settings.url, key, settings.database)
        self._references = References(self._api.ask)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Make what may be new, then update what was there, if it is still open."""
        values = {delivery.lead: self.values(delivery) for delivery in deliveries}
        try:
            ids = await self._api.ids([delivery for delivery in deliveries if delivery.sent])
            await self._references.learn(values.values())
        except Unusable as error:
            return whole(error.response, deliveries, now)
        cells = {lead: self._references.cells(told) for lead, told in values.items()}
        rows = [Row(d, row) for d in deliveries if (row := cells[d.lead]) is not None]
        replies = await self._create([row for row in rows if not row.delivery.sent], now)
        ids |= arrived(deliveries, replies)
        old = [row for row in rows if row.delivery.sent or row.delivery.lead in ids]
        replies |= await self._update(old, ids, now)
        # Whose campaign or the like could not be made is in no row.
        waits = every(deliveries[:1], Deferred("reference_refused"))
        return together([replies.get(delivery.lead, waits) for delivery in deliveries])

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back."""
        try:
            ids = await self._api.ids(deliveries)
            states = await self._api.states(ids)
        except Unusable as error:
            return whole(error.response, deliveries, now)
        found = (ids.get(delivery.lead, 0) for delivery in deliveries)
        outcomes: list[Outcome] = [
            Accepted(str(one)) if one in states else Rejected(MISSING) for one in found
        ]
        return Reply(tuple(outcomes), httpx.codes.OK)

    async def describe(self, now: datetime) -> Description:
        """Read the lead's fields, whether new ones may be made, and when the API key ends."""
        try:
            if not await self._api.ask(bool, LEAD, "has_access", operation="create"):
                raise SignInFailed("forbidden")
            told = ("type", "required", "readonly", "selection", "size")
            fields = await self._api.ask(dict, LEAD, "fields_get", attributes=told)
            required = [name for name, facts in fields.items() if facts.get("required")]
            given = await self._api.ask(dict, LEAD, "default_get", fields=required)
        except Unusable as error:
            status = error.response.status_code
            raise SignInFailed(_REFUSED.get(status, f"http_{status}")) from None
        return Description(
            {name: described(facts, name in given) for name, facts in fields.items()},
            expires=await self._api.expires(now),
        )

    async def erase(self, delivery: Delivery, now: datetime) -> None:  # noqa: ARG002 - no time matters
        """Delete the lead; only an administrator of sales may."""
        try:
            for one in (await self._api.ids([delivery])).values():
                await self._api.ask(bool, LEAD, "unlink", ids=[one])
        except Unusable as error:
            if fault(error.response)[0] != "MissingError":
                raise SignInFailed("erase_refused") from None

    async def _create(self, rows: list[Row], now: datetime) -> Replies:
        """Load *rows* under their external ids; what is there already is left as it is."""
        named = [Row(row.delivery, {"id": external_id(row.delivery), **row.cells}) for row in rows]
        return await self._load(named, CREATE_ONLY, NEW, now)

    async def _update(self, rows: list[Row], ids: Mapping[str, int], now: datetime) -> Replies:
        """Load *rows* that are open under their ids: an archived or deleted one refuses that."""
        try:
            states = await self._api.states(ids)
        except Unusable as error:
            deliveries = [row.delivery for row in rows]
            return singly(whole(error.response, deliveries, now), deliveries)
        replies: Replies = {}
        groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows:
            one = ids.get(row.delivery.lead, 0)
            if left := _left_alone(row.delivery, states.get(one)):
                replies[row.delivery.lead] = every((row.delivery,), left)
            else:
                ours = {name: text for name, text in row.cells.items() if name not in ONCE}
                # `load` empties what has no text: only rows with the same fields go together.
                groups[tuple(ours)].append(Row(row.delivery, {".id": str(one), **ours}))
        for group in groups.values():
            replies |= await self._load(group, UPDATE, {}, now)
        return replies

    async def _load(
        self,
        rows: list[Row],
        context: Mapping[str, Any],
        default: Mapping[str, str],
        now: datetime,
    ) -> Replies:
        async def call(rows: list[Row]) -> httpx.Response:
            fields, data = table(rows, default)
            told = {"fields": fields, "data": data, "context": context}
            return await self._api.post(LEAD, "load", told)

        replies = await load(rows, call, now)
        if any(reply.outcomes == REFERENCE_GONE for reply in replies.values()):
            self._references.forget()
        return replies


def _left_alone(delivery: Delivery, is_open: bool | None) -> Outcome | None:  # noqa: FBT001 - a state
    """Say why a lead is not changed, which was found open or not or, None, not at all."""
    if is_open is None:
        return Rejected("deleted_in_crm") if delivery.sent else Deferred("changed_meanwhile")
    return None if is_open else Rejected("closed_in_crm")


def arrived(deliveries: Sequence[Delivery], replies: Replies) -> dict[str, int]:
    """Return the ids of leads that an earlier version may have made, whose answer was lost.

    The first version needs no second look: what is there, is it.
    """
    ids: dict[str, int] = {}
    for delivery in deliveries:
        if delivery.lead in replies and (delivery.known or delivery.version > 1):
            [outcome] = replies[delivery.lead].outcomes
            if isinstance(outcome, Accepted):
                ids[delivery.lead] = int(outcome.receipt)
    return ids
