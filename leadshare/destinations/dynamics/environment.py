"""Destinations: an environment of Dynamics 365 Sales: signed in to, described, and read.

Vendor pages are cited by their file names in MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final
from uuid import UUID, uuid4, uuid5

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError

from leadshare.client.answers.response import object_in
from leadshare.client.errors import SignInFailed
from leadshare.client.guard import LARGE
from leadshare.client.tokens.bearer import Bearer, BearerAuth, Token, lifetime
from leadshare.client.tokens.entra import access_token, refused_by_entra
from leadshare.deliveries.delivery import Delivery, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.crm import Crm
from leadshare.destinations.description import Description
from leadshare.destinations.dynamics.answers import seen
from leadshare.destinations.dynamics.batch import API, Operation, decode, encode
from leadshare.destinations.dynamics.fields import (
    ADDRESS,
    FIELDS,
    LENGTHS,
    NO_CONTACT,
    SELLERS,
    SHOWN,
    WHOLE,
)
from leadshare.destinations.dynamics.metadata import PARTS, TABLE, described
from leadshare.destinations.dynamics.settings import DynamicsSettings, credential
from leadshare.destinations.errors import Refused
from leadshare.destinations.replies import Round, Verdict, refusal, same, unreadable
from leadshare.reason import Reason

NAMESPACE: Final = UUID("9d9790c5-19c7-4705-8a71-93ed04aac139")
"""What our GUIDs are made from. Frozen: with another, every lead would be created anew."""

HEADERS: Final = {
    "Accept": "application/json",
    "OData-MaxVersion": "4.0",
    "OData-Version": "4.0",
    "If-None-Match": "null",
}
"""Asked for in all requests, parts of a batch too (compose-http-requests-handle-errors.md)."""

UNCONDITIONAL: Final = {name: text for name, text in HEADERS.items() if name != "If-None-Match"}
"""To these a request adds a condition of its own."""


class Environment(Crm[DynamicsSettings]):
    """What is there of one environment, whoever wrote it."""

    FIELDS = FIELDS | NO_CONTACT
    SHOWN = SHOWN
    LENGTHS = LENGTHS
    WHOLE = WHOLE
    NOTES = "description"
    SELLERS = SELLERS
    LINK = "{url}/main.aspx?pagetype=entityrecord&etn=lead&id={id}"
    COMPOUNDS = (ADDRESS,)
    # Half of what one user may (api-limits.md): others sign in as that user, too.
    RATE = Rate(calls=3000, seconds=300)
    erases = True

    # "It is best to start with a small batch size of 10" (api-limits.md): ten writes, one after the
    # other, end within the time-out even where plug-ins are slow. And four calls in flight cannot
    # use more than 4 x 300 s of execution in any five minutes, which is the limit.
    batch_size: ClassVar[int] = 10

    def __init__(
        self,
        settings: DynamicsSettings,
        client: httpx.AsyncClient,
        credential: AsyncTokenCredential | None = None,
    ) -> None:
        super().__init__(settings, client)
        self._credential = credential
        # The token is kept, not the credential: azure-identity 1.27 would hand out a refused token
        # until it ends (it passes over its cache only for a claims challenge, which clients get
        # that ask for continuous access evaluation), and keeps a connection open that nobody would
        # close.
        self._bearer = Bearer(self._sign_in, settings.timeout)

    async def find_records(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back, in one batch."""
        response = await self.post(
            [self.found(self.path(d), "?$select=statecode") for d in deliveries], now
        )
        found = judged(response, deliveries, partial(seen, now=now), now)
        return Round(deliveries).settle(found).reply()

    async def describe(self, now: datetime) -> Description:
        """Read the lead table's metadata (query-metadata-web-api.md): five reads in one batch."""
        reads = [Operation("GET", f"{TABLE}{path}", HEADERS) for path in PARTS]
        response = await self.post(reads, now, extensions=LARGE)
        if refused := refusal(response, now):
            raise Refused(refused.reason)
        parts = parts_of(response, len(PARTS))
        rows = [object_in(part).get("value") if part else None for part in parts]
        if not all(isinstance(row, list) for row in rows):
            raise Refused(Reason.TABLE_MISSING)
        return described(rows, self.settings.key)

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Delete the lead."""
        operation = Operation("DELETE", self.path(delivery), UNCONDITIONAL)
        [part] = parts_of(await self.post([operation], now), 1)
        if part is None or part.status_code not in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            raise Refused(Reason.ERASE_REFUSED)

    def found(self, path: str, columns: str) -> Operation:
        """Return the search for the lead at *path*."""
        return Operation("GET", f"{path}{columns}", HEADERS)

    def path(self, delivery: Delivery) -> str:
        """Return where the lead of *delivery* is."""
        # The key is not in the body: on create, the service copies it from here
        # (use-upsert-insert-update-record.md).
        key = self.settings.key
        address = f"{key}='{delivery.lead}'" if key else uuid5(NAMESPACE, delivery.lead)
        return f"{API}/leads({address})"

    async def post(
        self, operations: Sequence[Operation], now: datetime, **more: Any
    ) -> httpx.Response:
        """Send *operations* as one batch, and once more if the token is refused."""
        boundary = f"batch_{uuid4()}"
        content = encode(operations, boundary)
        url = f"{self.settings.url}{API}/$batch"
        headers = HEADERS | {
            "Content-Type": f'multipart/mixed; boundary="{boundary}"',
            "Prefer": "odata.continue-on-error",
        }

        auth = BearerAuth(self._bearer, now)
        return await self.client.post(url, content=content, headers=headers, auth=auth, **more)

    async def _sign_in(self, now: datetime) -> Token:
        scope, ours = f"{self.settings.url}/.default", partial(credential, self.settings)
        try:
            given = await access_token(self._credential, ours, scope)
        except (ServiceRequestError, ServiceResponseError):
            raise SignInFailed(Reason.UNREACHABLE) from None
        except AzureError as error:
            raise refused_by_entra(error, now) from None
        left = given.expires_on - now.timestamp()
        return Token(given.token, lifetime({"expires_in": left}, now, 0))


def judged(
    response: httpx.Response,
    deliveries: Sequence[Delivery],
    judge_one: Callable[[httpx.Response | None, Delivery], Verdict],
    now: datetime,
) -> dict[str, Verdict]:
    """Return what an answer means, judged part by part where it has any."""
    if refused := refusal(response, now, deliveries):
        return same(deliveries, refused)
    parts = parts_of(response, len(deliveries))
    if all(part is None for part in parts):
        return same(deliveries, unreadable(response))
    pairs = zip(parts, deliveries, strict=True)
    # The parts have statuses of their own: of the call, its own is told.
    return {d.lead: replace(judge_one(p, d), status=response.status_code) for p, d in pairs}


def parts_of(response: httpx.Response, count: int) -> list[httpx.Response | None]:
    """Return *count* parts, None for what is missing; more than were asked for match nothing."""
    parts = decode(response)
    return parts + [None] * (count - len(parts)) if len(parts) <= count else [None] * count
