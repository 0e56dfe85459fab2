"""Destinations: Dynamics 365 Sales, whose leads are rows of Dataverse, through its Web API.

Vendor pages are cited by their file names in MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ClassVar, Final, Literal, Self
from uuid import UUID, uuid4, uuid5

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from pydantic import Field, field_validator, model_validator

from leadshare.core.delivery import Deferred, Delivery, Reply
from leadshare.core.lane import Rate
from leadshare.core.preflight import Description
from leadshare.destinations.answers import every, object_in, refusal, together
from leadshare.destinations.base import Crm
from leadshare.destinations.bearer import Bearer, Token, lifetime
from leadshare.destinations.dynamics_answers import etag, judge, seen
from leadshare.destinations.dynamics_batch import API, Operation, decode, encode
from leadshare.destinations.dynamics_lead import FIELDS, LENGTHS, NO_CONTACT, WHOLE
from leadshare.destinations.dynamics_metadata import PARTS, TABLE, described
from leadshare.destinations.entra import access_token, managed_identity
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.settings import CrmSettings, Secret, vendor_url

NAMESPACE: Final = UUID("9d9790c5-19c7-4705-8a71-93ed04aac139")
"""What our GUIDs are made from. Frozen: with another, every lead would be created anew."""

HEADERS: Final = {
    "Accept": "application/json",
    "OData-MaxVersion": "4.0",
    "OData-Version": "4.0",
    "If-None-Match": "null",
}
"""Asked for in all requests, parts of a batch too (compose-http-requests-handle-errors.md)."""

_UNCONDITIONAL: Final = {name: text for name, text in HEADERS.items() if name != "If-None-Match"}
_URL: Final = r"https://[a-z0-9-]+\.crm[0-9]*\.dynamics\.com"


class DynamicsSettings(CrmSettings):
    """An environment, and who signs in: an app with a secret, else the managed identity."""

    type: Literal["dynamics"]
    url: str
    """The environment's address, such as https://contoso.crm4.dynamics.com."""
    tenant_id: str = Field("", pattern=r"^[A-Za-z0-9.-]*$")
    client_id: str = Field("", pattern=r"^[A-Za-z0-9-]*$")
    """The app's; without a secret, the user-assigned identity's, where it is not the system's."""
    client_secret: Secret | None = None
    key: str = Field("", pattern=r"^([a-z][a-z0-9_]{0,99})?$")
    """A text column, 49 characters or more, that is by itself an alternate key of the lead table:
    it will hold the lead id. Without it, the primary key is made from that id."""

    @field_validator("url")
    @classmethod
    def _environment(cls, url: str) -> str:
        return vendor_url(url, _URL, "like https://contoso.crm4.dynamics.com, without a path")

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        secret = self.client_secret is not None
        if secret != bool(self.tenant_id) or (secret and not self.client_id):
            raise ValueError(
                "tenant_id, client_id and client_secret go together;"
                " leave tenant_id and client_secret out to sign in as the managed identity"
            )
        return self


def credential(settings: DynamicsSettings) -> AsyncTokenCredential:
    """Return what signs in to the environment."""
    if settings.client_secret is None:
        return managed_identity(settings.client_id)
    # Costs 0.4 s: only a process that delivers to Dynamics should pay.
    from azure.identity.aio import ClientSecretCredential  # noqa: PLC0415 - see above

    secret = settings.client_secret.get_secret_value()
    return ClientSecretCredential(settings.tenant_id, settings.client_id, secret)


class Dynamics(Crm[DynamicsSettings]):
    """One environment."""

    FIELDS = FIELDS | NO_CONTACT
    LENGTHS = LENGTHS
    WHOLE = WHOLE
    NOTES = "description"
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

    async def send(self, deliveries: Sequence[Delivery], now: datetime) -> httpx.Response:
        """Write each lead as it was found; the answer's parts stand for *deliveries*, in order.

        What may be there is looked up, and written only if it is still as found (`If-Match`): only
        its statecode keeps a closed lead from being changed, the API itself would allow it. A first
        write only creates (`If-None-Match: *`), though the key is ours: after a crash before the
        attempt was noted, a plain upsert would change unseen what a seller may have closed since.
        """
        etags: list[str | None] = [""] * len(deliveries)
        if any(delivery.known for delivery in deliveries):
            # All of them, so that the parts stand for the deliveries in this answer too.
            response = await self._post([self._look_up(d) for d in deliveries], now)
            parts = _parts(response, len(deliveries))
            etags = [etag(part, d) for part, d in zip(parts, deliveries, strict=True)]
            if all(found is None for found in etags):
                return response
        operations = [
            self._look_up(delivery) if found is None else self._write(delivery, found)
            for delivery, found in zip(deliveries, etags, strict=True)
        ]
        return await self._post(operations, now)

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Read the answer part by part."""
        parts = _parts(response, len(deliveries))
        status = response.status_code
        if all(part is None for part in parts):
            reason = "unreadable_answer" if response.is_success else f"http_{status}"
            return every(deliveries, Deferred(reason), status=status, failing=True)
        replies = [judge(part, d) for part, d in zip(parts, deliveries, strict=True)]
        return replace(together(replies), status=status)

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back, in one batch."""
        response = await self._post([self._look_up(d) for d in deliveries], now)
        if reply := refusal(response, deliveries, now):
            return reply
        parts = _parts(response, len(deliveries))
        if all(part is None for part in parts):
            return every(deliveries, Deferred("unreadable_answer"), failing=True)
        replies = [seen(part, d) for part, d in zip(parts, deliveries, strict=True)]
        return replace(together(replies), status=response.status_code)

    async def describe(self, now: datetime) -> Description:
        """Read the lead table's metadata (query-metadata-web-api.md): five reads in one batch."""
        response = await self._post([Operation("GET", f"{TABLE}{p}", HEADERS) for p in PARTS], now)
        response.raise_for_status()
        parts = _parts(response, len(PARTS))
        rows = [object_in(part).get("value") if part else None for part in parts]
        if not all(isinstance(row, list) for row in rows):
            raise SignInFailed("table_missing")
        return described(rows, self.settings.key)

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Delete the lead."""
        operation = Operation("DELETE", self._path(delivery), _UNCONDITIONAL)
        [part] = _parts(await self._post([operation], now), 1)
        if part is None or part.status_code not in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            raise SignInFailed("erase_refused")

    def _look_up(self, delivery: Delivery) -> Operation:
        return Operation("GET", f"{self._path(delivery)}?$select=statecode", HEADERS)

    def _write(self, delivery: Delivery, found: str) -> Operation:
        condition = {"If-Match": found} if found else {"If-None-Match": "*"}
        headers = _UNCONDITIONAL | condition
        return Operation("PATCH", self._path(delivery), headers, self.values(delivery))

    def _path(self, delivery: Delivery) -> str:
        # The key is not in the body: on create, the service copies it from here
        # (use-upsert-insert-update-record.md).
        key = self.settings.key
        address = f"{key}='{delivery.lead}'" if key else uuid5(NAMESPACE, delivery.lead)
        return f"{API}/leads({address})"

    async def _post(self, operations: Sequence[Operation], now: datetime) -> httpx.Response:
        """Send *operations* as one batch, and once more if the token is refused."""
        boundary = f"batch_{uuid4()}"
        content = encode(operations, boundary)
        url = f"{self.settings.url}{API}/$batch"
        headers = HEADERS | {
            "Content-Type": f'multipart/mixed; boundary="{boundary}"',
            "Prefer": "odata.continue-on-error",
        }

        async def post(token: Token) -> httpx.Response:
            signed = headers | {"Authorization": f"Bearer {token.text}"}
            return await self.client.post(url, content=content, headers=signed)

        return await self._bearer.call(post, now)

    async def _sign_in(self, now: datetime) -> Token:
        scope, ours = f"{self.settings.url}/.default", partial(credential, self.settings)
        try:
            given = await access_token(self._credential, ours, scope)
        except (ServiceRequestError, ServiceResponseError):
            raise SignInFailed("unreachable") from None
        except AzureError:
            raise SignInFailed("sign_in_failed") from None
        left = given.expires_on - now.timestamp()
        return Token(given.token, lifetime({"expires_in": left}, now, 0))


def _parts(response: httpx.Response, count: int) -> list[httpx.Response | None]:
    """Return *count* parts, None for what is missing; more than were asked for match nothing."""
    parts = decode(response)
    return parts + [None] * (count - len(parts)) if len(parts) <= count else [None] * count
