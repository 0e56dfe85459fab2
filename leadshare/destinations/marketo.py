"""Destinations: Marketo Engage, whose persons are e-mail addresses, through its REST API.

Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, Self

import httpx
from pydantic import Field, field_validator, model_validator

from leadshare.core.delivery import MISSING, Accepted, Delivery, Outcome, Rejected, Reply
from leadshare.core.lane import Rate
from leadshare.core.preflight import Description
from leadshare.core.rows import contact_of
from leadshare.destinations.base import Crm
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.marketo_answers import (
    COMPANY_REFUSED,
    Refused,
    combined,
    rows_in,
    written,
)
from leadshare.destinations.marketo_api import DELETE, DESCRIBE, PEOPLE, Api
from leadshare.destinations.marketo_membership import Memberships, Program
from leadshare.destinations.marketo_person import (
    FIELDS,
    LENGTHS,
    NOTES,
    OF_COMPANY,
    WHOLE,
    apart,
    described,
    unfit,
)
from leadshare.destinations.settings import CrmSettings, Secret, vendor_url

LARGEST: Final = 1_000_000
"""Bytes that a body may have: "1 MB" (error-codes.md, 413)."""

_URL: Final = r"https://[0-9]{3}-[a-z]{3}-[0-9]{3}\.mktorest\.com"
_NAME: Final = r"^[A-Za-z][A-Za-z0-9_]{0,99}$"


class MarketoSettings(CrmSettings):
    """An instance, the custom service that signs in, and where persons go."""

    type: Literal["marketo"]
    url: str
    """The REST endpoint, such as https://123-ABC-456.mktorest.com/rest."""
    client_id: str = Field(pattern=r"^[A-Za-z0-9-]{1,100}$")
    client_secret: Secret
    key: str = Field("leadshareId", pattern=_NAME)
    """A custom string field: it will hold the id of the person's latest lead."""
    lookup_field: str = Field("email", pattern=_NAME)
    """What a person is known by: `email`, or the key: then every lead is a person of its own."""
    partition: str = Field("", max_length=255)
    """The partition for new persons, where the instance has partitions."""
    program: Program | None = None
    list: int | None = Field(None, gt=0)
    """A static list that persons are put in: ST1021A1 is 1021."""
    timeout: float = Field(45, gt=0, le=50)
    """Seconds for the write of a batch, with its look-up and memberships; for others one call."""
    concurrency: int = Field(1, ge=1, le=1)
    """Always 1: overlapping calls for the same person make two of them (leads.md)."""

    @field_validator("url")
    @classmethod
    def _instance(cls, url: str) -> str:
        root = url.lower().removesuffix("/").removesuffix("/rest")
        return vendor_url(root, _URL, "like https://123-ABC-456.mktorest.com/rest")

    @model_validator(mode="after")
    def _knows_persons(self) -> Self:
        if self.lookup_field not in ("email", self.key):
            raise ValueError("lookup_field must be email, or what key names")
        left_out = {name for name, source in self.fields.items() if source is None}
        if self.lookup_field == "email" and "email" in left_out:
            raise ValueError("fields must not leave email out: persons are known by it")
        return self


class Marketo(Crm[MarketoSettings]):
    """One instance."""

    FIELDS = FIELDS
    LENGTHS = LENGTHS
    WHOLE = WHOLE
    NOTES = NOTES
    # "50 calls per 20 seconds or fewer" of the 100 that all integrations share, and of 50,000 a
    # day, from midnight in Chicago (marketo-integration-best-practices.md).
    RATE = Rate(calls=45, seconds=20, daily=40_000, resets="America/Chicago")
    erases = True
    serial = True

    batch_size: ClassVar[int] = 300
    """Records of a call (leads.md), values of a look-up, members of a program or list."""

    def __init__(self, settings: MarketoSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        secret = settings.client_secret.get_secret_value()
        self._api = Api(client, settings.url, settings.client_id, secret, settings.timeout)
        self._memberships = Memberships(self._api, settings.program, settings.list)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Write each lead to its person; who may be there already is looked up first."""
        outcomes = {d.lead: why for d in deliveries if (why := unfit(self._who(d), self.values(d)))}
        try:
            # All calls together: once the lane's lease is over, another process might overlap.
            async with asyncio.timeout(self.settings.timeout):
                known = [d for d in deliveries if d.known and d.lead not in outcomes]
                outcomes |= await self._astray(known, now)
                for call in apart([d for d in deliveries if d.lead not in outcomes], self._who):
                    outcomes |= await self._write(call, now)
        except Refused as refused:
            return combined(deliveries, outcomes, refused)
        except TimeoutError:
            raise httpx.ReadTimeout("all calls together") from None
        return combined(deliveries, outcomes, None)

    async def send(
        self, deliveries: Sequence[Delivery], now: datetime, *, company: bool = True
    ) -> httpx.Response:
        """Create or update the persons; what is too large is not sent, but answered likewise."""
        body: dict[str, Any] = {
            "action": "createOrUpdate",
            "lookupField": self.settings.lookup_field,
            "input": [self._record(delivery, company=company) for delivery in deliveries],
        }
        if self.settings.partition:
            body["partitionName"] = self.settings.partition
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        if len(content) > LARGEST:
            return httpx.Response(httpx.codes.REQUEST_ENTITY_TOO_LARGE)
        return await self._api.ask(
            "POST", PEOPLE, now, content=content, headers={"Content-Type": "application/json"}
        )

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Read the results, which come in the order of the records; may raise `Refused`."""
        outcomes = tuple(written(row) for row in rows_in(response, len(deliveries)))
        return Reply(outcomes, response.status_code)

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Find each lead's person by our key, else by address.

        The key holds a person's latest lead. A lead whose person shows another lead of the same
        contact has landed, too: that one has replaced it.
        """
        try:
            rows = await self._people(self.settings.key, [d.lead for d in deliveries], now)
            people = {str(row.get(self.settings.key)): row for row in rows}
            rest = [d for d in deliveries if d.lead not in people]
            people |= await self._replaced(rest, now)
        except Refused as refused:
            return combined(deliveries, {}, refused)
        outcomes = [
            Accepted(str(people[d.lead].get("id", ""))) if d.lead in people else Rejected(MISSING)
            for d in deliveries
        ]
        return Reply(tuple(outcomes), httpx.codes.OK)

    async def describe(self, now: datetime) -> Description:
        """Read the persons' fields."""
        try:
            [person] = rows_in(await self._api.ask("GET", DESCRIBE, now), 1)
            return described(person, self.settings.key, self.settings.lookup_field)
        except Refused as refused:
            raise SignInFailed(refused.outcome.reason) from None
        except (KeyError, TypeError):
            raise SignInFailed("unreadable_answer") from None

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Delete the person, if this lead is what it was written for last."""
        try:
            people = await self._people(self.settings.key, [delivery.lead], now)
            if people:
                body = {"input": [{"id": person.get("id")} for person in people]}
                answer = await self._api.ask("POST", DELETE, now, json=body)
                if any(row.get("status") != "deleted" for row in rows_in(answer, len(people))):
                    raise SignInFailed("erase_refused")
        except Refused as refused:
            raise SignInFailed(refused.outcome.reason) from None

    def _record(self, delivery: Delivery, *, company: bool = True) -> Mapping[str, Any]:
        values = self.values(delivery)
        if not company:
            values = {name: value for name, value in values.items() if name not in OF_COMPANY}
        return {**values, self.settings.key: delivery.lead}

    def _who(self, delivery: Delivery) -> str:
        """Return what the person is known by; Marketo does not tell case apart."""
        return str(self._record(delivery).get(self.settings.lookup_field, "")).lower()

    async def _astray(self, known: Sequence[Delivery], now: datetime) -> dict[str, Outcome]:
        """Return what must not be written: of several persons, and of those that are gone."""
        rows = await self._people(self.settings.lookup_field, [self._who(d) for d in known], now)
        times = Counter(str(row.get(self.settings.lookup_field)).lower() for row in rows)
        outcomes: dict[str, Outcome] = {}
        for delivery in known:
            if times[self._who(delivery)] > 1:
                outcomes[delivery.lead] = Rejected("several_in_crm")
            elif delivery.sent and not times[self._who(delivery)]:
                outcomes[delivery.lead] = Rejected("deleted_in_crm")
        return outcomes

    async def _write(
        self, call: Sequence[Delivery], now: datetime, *, company: bool = True
    ) -> dict[str, Outcome]:
        """Write *call*, in halves where it is too large, and put its persons where they belong."""
        response = await self.send(call, now, company=company)
        if response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            if len(call) == 1:
                return {call[0].lead: Rejected("marketo_413")}
            half = len(call) // 2
            first = await self._write(call[:half], now, company=company)
            return first | await self._write(call[half:], now, company=company)
        told = self.read(response, call).outcomes
        outcomes = {d.lead: outcome for d, outcome in zip(call, told, strict=True)}
        outcomes |= await self._memberships.join(outcomes, now)
        refused = [d for d in call if outcomes[d.lead] == COMPANY_REFUSED]
        if company and refused:
            outcomes |= await self._write(refused, now, company=False)
        return outcomes

    async def _replaced(
        self, deliveries: Sequence[Delivery], now: datetime
    ) -> dict[str, dict[str, Any]]:
        """Return the persons of *deliveries* by lead that show another lead of the same contact."""
        if self.settings.lookup_field == self.settings.key:
            return {}
        addresses = [who for d in deliveries if (who := self._who(d))]
        rows = await self._people("email", addresses, now)
        shown = {contact_of(str(row.get(self.settings.key))): row for row in rows}
        found = {d.lead: shown.get(contact_of(d.lead)) for d in deliveries}
        return {lead: person for lead, person in found.items() if person}

    async def _people(
        self, field: str, values: Sequence[str], now: datetime
    ) -> list[dict[str, Any]]:
        return await self._api.people(field, values, ("id", "email", self.settings.key), now)
