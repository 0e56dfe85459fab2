"""Destinations: HubSpot, where a person is a contact and, with Sales Hub, each lead a lead.

Vendor: the 2026-03 specifications in HubSpot/HubSpot-public-api-spec-collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

import httpx
from pydantic import Field, SecretStr, field_validator

from leadshare.core.delivery import Deferred, Delivery, Rejected, Reply
from leadshare.core.lane import Rate
from leadshare.core.mapping import Fields, Source, Value, fill, mapped
from leadshare.core.preflight import Description
from leadshare.destinations.answers import object_in, together
from leadshare.destinations.base import Crm
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.hubspot_batch import TAKEN, Place, Record, find, refused, write
from leadshare.destinations.hubspot_leads import LEAD_FIELDS, Leads, named, write_leads
from leadshare.destinations.hubspot_record import (
    FIELDS,
    KEPT,
    LENGTHS,
    PERSON,
    accepted,
    contact_of,
    facts,
    free,
    gaps,
    made_by_us,
    missed,
    one,
    reason,
    row,
    seen,
    told,
)
from leadshare.destinations.settings import CrmSettings, Secret, vendor_url

VERSION: Final = "2026-03"
"""Of the API; each is supported for 18 months."""

HUBSPOT: Final = "https://api.hubapi.com"

_PROPERTY: Final = r"^[a-z][a-z0-9_]{0,99}$"


class HubspotSettings(CrmSettings):
    """An account, by the token of a private app or service key in it."""

    type: Literal["hubspot"]
    token: Secret
    url: str = HUBSPOT
    key: str = Field("leadshare_contact", pattern=_PROPERTY)
    """A property of contacts, of single-line text and with unique values: it will hold the id of
    the person, which all leads of that person share."""
    lead_object: bool = False
    """Whether each lead becomes a record of the leads object, too (Sales Hub)."""
    lead_key: str = Field("leadshare_id", pattern=_PROPERTY)
    """A property of the leads object, likewise: it will hold the lead id."""
    lead_fields: Fields = Field(default_factory=dict)
    """Changes of the default mapping of the leads object."""

    @field_validator("url")
    @classmethod
    def _hubspot(cls, url: str) -> str:
        expected = f"{HUBSPOT}, or http on loopback for a simulator"
        return vendor_url(url, re.escape(HUBSPOT), expected)

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch("[!-~]+", token.get_secret_value()):
            raise ValueError("the token must be printable ASCII, without blanks")
        return token


class Hubspot(Crm[HubspotSettings]):
    """One account.

    E-mail is unique among contacts, and one person may have several leads: so a contact is found by
    the id of the person, and only the leads object has a record for each lead.
    """

    FIELDS = FIELDS
    LENGTHS = LENGTHS
    # Of 100 calls in 10 seconds and 250,000 a day, which the smallest plan has (usage-guidelines).
    RATE = Rate(calls=90, seconds=10, daily=200_000)
    erases = True
    batch_size: ClassVar[int] = 100

    def __init__(self, settings: HubspotSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self.leads = Leads(settings.lead_key, mapped(LEAD_FIELDS, settings.lead_fields))

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Write the contacts and, where configured, the leads of those that were taken."""
        replies = await self._contacts(deliveries, now)
        if self.settings.lead_object:
            taken = [(d, on) for d in deliveries if (on := accepted(replies[d.lead]))]
            replies |= await write_leads(self._post, self.leads, taken, now)
        return together([replies[delivery.lead] for delivery in deliveries])

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back by our keys, which the index of a search would lag behind."""
        names = [self._name(delivery) for delivery in deliveries]
        found = await find(self._post, self._place, names, (), now)
        if isinstance(found, Reply):
            return together([found] * len(deliveries))
        outcomes = [seen(found, name) for name in names]
        return Reply(tuple(outcomes), httpx.codes.OK, failing=not found)

    async def describe(self, now: datetime) -> Description:
        """Read the properties of contacts and leads, and whether our keys are unique."""
        rows = await self._properties("contacts", now)
        keys = [rows.get(self.settings.key, {})]
        if self.settings.lead_object:
            leads = await self._properties("leads", now)
            keys.append(leads.get(self.settings.lead_key, {}))
            rows |= named(leads)
        unique = all(key.get("hasUniqueValue") is True for key in keys)
        return Description({name: facts(row) for name, row in rows.items()}, unique)

    @property
    def sources(self) -> Mapping[str, Source]:
        """Those of the leads object, too, where it is written."""
        return self.mapping | (named(self.leads.mapping) if self.settings.lead_object else {})

    def written(self, delivery: Delivery) -> Mapping[str, Value]:
        """Return the contact's fields, and the lead's where there is one."""
        leads = self.leads.mapping if self.settings.lead_object else {}
        return self.values(delivery) | named(fill(leads, delivery.record))

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Move the lead, where there is one, and the contact to the recycle bin.

        Never a contact that was there before us.
        """
        places = {self._place: self._name(delivery)}
        places["contacts", self.settings.key] = contact_of(delivery)
        for place, name in places.items():
            found = await find(self._post, place, [name], (), now)
            if isinstance(found, Reply):
                raise SignInFailed("erase_refused")
            if there := found.get(name):
                if not made_by_us(there, delivery):
                    raise SignInFailed("erase_refused")
                path = f"objects/{VERSION}/{place[0]}/{there['id']}"
                response = await self._call("DELETE", path)
                if response.status_code != httpx.codes.NO_CONTENT:
                    raise SignInFailed("erase_refused")

    @property
    def _place(self) -> Place:
        """Where a lead's own record is: the object and its key."""
        if self.settings.lead_object:
            return "leads", self.settings.lead_key
        return "contacts", self.settings.key

    def _name(self, delivery: Delivery) -> str:
        return delivery.lead if self.settings.lead_object else contact_of(delivery)

    async def _contacts(self, deliveries: Sequence[Delivery], now: datetime) -> dict[str, Reply]:
        """Return what became of the contact of each lead.

        The write is atomic by our key; the look-up before it tells which contacts a seller deleted,
        and what sellers wrote in those that were there before us.
        """
        found = await self._find(self.settings.key, map(contact_of, deliveries), now)
        if isinstance(found, Reply):
            return {delivery.lead: found for delivery in deliveries}
        lost = {d.lead: r for d in deliveries if d.sent and (r := missed(found, contact_of(d)))}
        left = [delivery for delivery in deliveries if delivery.lead not in lost]
        # One row for each person, from the lead that was touched last: HubSpot refuses a batch that
        # names anybody twice.
        people = {contact_of(d): d for d in sorted(left, key=lambda d: d.record["last_touch"])}
        key = self.settings.key
        rows = {name: row(d, self.values(d), key, found.get(name)) for name, d in people.items()}
        written = await self._write("contacts/batch/upsert", rows, now)
        taken = {name: people[name] for name, r in written.items() if r.outcomes == (TAKEN,)}
        written |= await self._merge(taken, now)
        return lost | {delivery.lead: written[contact_of(delivery)] for delivery in left}

    async def _merge(self, people: Mapping[str, Delivery], now: datetime) -> dict[str, Reply]:
        """Give those contacts our key that have the e-mail and no key yet.

        Found by e-mail, written by record id: an update may not be keyed by e-mail, which HubSpot
        does not hold for unique (HubSpot/hubspot-api-nodejs, issue 548).
        """
        values = {name: self.values(delivery) for name, delivery in people.items()}
        names = {str(v["email"]).lower(): name for name, v in values.items() if "email" in v}
        if not names:
            return {}
        found = await self._find("email", names, now)
        if isinstance(found, Reply):
            return dict.fromkeys(names.values(), found)
        key, replies = self.settings.key, {}
        rows: dict[str, Record] = {}
        for email, name in names.items():
            there = found.get(email)
            if there is None:
                # It was another property that must be unique, one of the publisher's own.
                replies[name] = one(TAKEN if email in found else Deferred("no_answer"))
            elif not free(there, key, name, rows.values()):
                replies[name] = one(Rejected("several_in_crm"))
            else:
                texts = told(gaps(values[name], there, ours=False), key, name)
                rows[name] = {"id": there["id"], "properties": texts}
        return replies | await self._write("contacts/batch/update", rows, now)

    async def _find(
        self, key: str, names: Iterable[str], now: datetime
    ) -> Reply | dict[str, Record | None]:
        wanted = (self.settings.key, "hs_additional_emails", *KEPT, *PERSON)
        return await find(self._post, ("contacts", key), names, wanted, now)

    async def _write(
        self, path: str, rows: Mapping[str, Record], now: datetime
    ) -> dict[str, Reply]:
        return await write(self._post, path, self.settings.key, rows, now)

    async def _properties(self, kind: str, now: datetime) -> dict[str, Record]:
        response = await self._call("GET", f"properties/{VERSION}/{kind}")
        if reply := refused(response, now):
            raise SignInFailed(reason(reply))
        rows = object_in(response).get("results")
        if not isinstance(rows, list):
            raise SignInFailed("unreadable_answer")
        return {row["name"]: row for row in rows if not row.get("archived")}

    async def _post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        return await self._call("POST", f"objects/{VERSION}/{path}", json=body)

    async def _call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.settings.token.get_secret_value()}"}
        url = f"{self.settings.url}/crm/{path}"
        return await self.client.request(method, url, headers=headers, **more)
