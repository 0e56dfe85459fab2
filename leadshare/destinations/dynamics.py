"""Destinations: Dynamics 365 Sales, whose leads are rows of Dataverse, through its Web API.

Vendor pages are cited by their file names in MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Literal, Self
from uuid import UUID, uuid4, uuid5

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from pydantic import Field, field_validator, model_validator

from leadshare.core.delivery import (
    MISSING,
    Accepted,
    Deferred,
    Delivery,
    Outcome,
    Rejected,
    Reply,
)
from leadshare.core.lane import Rate
from leadshare.core.preflight import Description, FieldFacts
from leadshare.destinations.base import (
    DEFAULT_HOLD,
    Crm,
    CrmSettings,
    Secret,
    SignInFailed,
    every,
    object_in,
    refusal,
    retry_after,
)
from leadshare.destinations.bearer import Bearer, Token, lifetime
from leadshare.destinations.dynamics_batch import Operation, decode, encode
from leadshare.destinations.dynamics_lead import FIELDS, LENGTHS, NO_CONTACT, WHOLE

API: Final = "/api/data/v9.2"

NAMESPACE: Final = UUID("9d9790c5-19c7-4705-8a71-93ed04aac139")
"""What our GUIDs are made from. Frozen: with another, every lead would be created anew."""

HEADERS: Final = {
    "Accept": "application/json",
    "OData-MaxVersion": "4.0",
    "OData-Version": "4.0",
    "If-None-Match": "null",
}
"""Asked for in all requests, parts of a batch too (compose-http-requests-handle-errors.md)."""

OPEN: Final = 0
"""statecode: 1 is qualified, 2 disqualified (the Lead Entity Reference)."""

THROTTLED: Final = {"0x80072321", "0x80072322", "0x80072326"}
"""The service protection limits: execution time, requests, concurrency (api-limits.md)."""

NO_SUCH_TABLE: Final = "0x8006088a"
"""Resource not found for the segment: no Dynamics 365 Sales in this environment."""

KEY_REFUSED: Final = "The key in the request URI is not valid"
"""How the message begins, whose code says less (use-alternate-key-reference-record.md)."""

DUPLICATE_RULE: Final = "0x80040333"
"""DuplicateRecordsFound: the publisher's own rule refuses the lead."""

DUPLICATE_KEYS: Final = {"0x80040237", "0x80060892"}
"""DuplicateRecord, DuplicateRecordEntityKey: a primary or alternate key is taken."""

_ADDRESS: Final = re.compile(
    r"https://[a-z0-9-]+\.crm[0-9]*\.dynamics\.com"
    r"|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?"  # a simulator, in local mode
)
_CODE: Final = re.compile(r"0x[0-9a-f]{2,8}")
_ETAG: Final = re.compile(r'(W/)?"[!#-~]*"')
_RECORD: Final = re.compile(r"\(([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)$", re.IGNORECASE)

# `read` is given no time, and a part's Retry-After is in seconds (api-limits.md): a date is past.
_LAST: Final = datetime.max.replace(tzinfo=UTC)


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
        url = url.lower().removesuffix("/")
        if not _ADDRESS.fullmatch(url):
            raise ValueError("url must be like https://contoso.crm4.dynamics.com, without a path")
        return url

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
    # Costs 0.4 s: only a process that delivers to Dynamics should pay.
    from azure.identity.aio import (  # noqa: PLC0415 - see above
        ClientSecretCredential,
        ManagedIdentityCredential,
    )

    if settings.client_secret is None:
        return ManagedIdentityCredential(client_id=settings.client_id or None)
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
        """Read the answer part by part; Dataverse itself is at fault only if it took no lead."""
        parts = _parts(response, len(deliveries))
        status = response.status_code
        if all(part is None for part in parts):
            reason = "unreadable_answer" if response.is_success else f"http_{status}"
            return every(deliveries, Deferred(reason), status=status, failing=True)
        replies = [judge(part, d) for part, d in zip(parts, deliveries, strict=True)]
        outcomes = tuple(reply.outcomes[0] for reply in replies)
        hold = max((reply.hold for reply in replies if reply.hold), default=None)
        took_one = any(isinstance(outcome, Accepted) for outcome in outcomes)
        failing = any(reply.failing for reply in replies) and not took_one
        return Reply(outcomes, status, hold, failing)

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back, in one batch."""
        response = await self._post([self._look_up(d) for d in deliveries], now)
        if reply := refusal(response, deliveries, now):
            return reply
        parts = _parts(response, len(deliveries))
        if all(part is None for part in parts):
            return every(deliveries, Deferred("unreadable_answer"), failing=True)
        outcomes = (seen(part, d) for part, d in zip(parts, deliveries, strict=True))
        return Reply(tuple(outcomes), response.status_code)

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
        headers = {name: text for name, text in HEADERS.items() if name != "If-None-Match"}
        [part] = _parts(
            await self._post([Operation("DELETE", self._path(delivery), headers)], now), 1
        )
        if part is None or part.status_code not in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            raise SignInFailed("erase_refused")

    def _look_up(self, delivery: Delivery) -> Operation:
        return Operation("GET", f"{self._path(delivery)}?$select=statecode", HEADERS)

    def _write(self, delivery: Delivery, found: str) -> Operation:
        condition = {"If-Match": found} if found else {"If-None-Match": "*"}
        headers = {name: text for name, text in HEADERS.items() if name != "If-None-Match"}
        return Operation("PATCH", self._path(delivery), headers | condition, self.values(delivery))

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
        scope = f"{self.settings.url}/.default"
        try:
            if self._credential is not None:
                given = await self._credential.get_token(scope)
            else:
                async with credential(self.settings) as signed_in:
                    given = await signed_in.get_token(scope)
        except (ServiceRequestError, ServiceResponseError):
            raise SignInFailed("unreachable") from None
        except AzureError:
            raise SignInFailed("sign_in_failed") from None
        left = given.expires_on - now.timestamp()
        return Token(given.token, lifetime({"expires_in": left}, now, 0))


TABLE: Final = f"{API}/EntityDefinitions(LogicalName='lead')"
_STRINGS: Final = "Microsoft.Dynamics.CRM.{}AttributeMetadata?$select=LogicalName,MaxLength"
_CHOICES: Final = (
    "Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName"
    "&$expand=OptionSet($select=Options)"
)
PARTS: Final = (
    "/Attributes?$select=LogicalName,AttributeType,IsValidForCreate,RequiredLevel",
    f"/Attributes/{_STRINGS.format('String')}",
    f"/Attributes/{_STRINGS.format('Memo')}",
    f"/Attributes/{_CHOICES}",
    "/Keys?$select=KeyAttributes,EntityKeyIndexStatus",
)
"""What is asked of the table's metadata; lengths and choices need a cast each."""

_KINDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("Integer", "BigInt", "Decimal", "Double", "Picklist"), "number"),
    "Boolean": "boolean",
}


def described(rows: Sequence[Any], key: str) -> Description:
    """Read the answers to `PARTS`."""
    attributes, strings, memos, choices, keys = rows
    lengths = {row["LogicalName"]: row["MaxLength"] for row in (*strings, *memos)}
    options = {
        row["LogicalName"]: frozenset(str(one["Value"]) for one in row["OptionSet"]["Options"])
        for row in choices
    }
    fields = {
        row["LogicalName"]: FieldFacts(
            kind=_KINDS.get(row["AttributeType"], "text"),
            length=lengths.get(row["LogicalName"]),
            choices=options.get(row["LogicalName"]),
            writable=row["IsValidForCreate"],
            # Other levels are asked for by forms only, not by the API.
            required=row["RequiredLevel"]["Value"] == "ApplicationRequiredByApi",
        )
        for row in attributes
    }
    active = [row["KeyAttributes"] for row in keys if row["EntityKeyIndexStatus"] == "Active"]
    return Description(fields, key_unique=[key] in active if key else None)


def seen(part: httpx.Response | None, delivery: Delivery) -> Outcome:
    """Say whether *part*, the answer to a look-up, shows the lead."""
    if part is None:
        return Deferred("no_answer")
    if part.status_code == httpx.codes.NOT_FOUND:
        return Rejected(MISSING)
    if part.is_success and isinstance(object_in(part).get("statecode"), int):
        return Accepted(str(object_in(part).get("leadid", "")) or delivery.receipt)
    return Deferred(f"http_{part.status_code}")


def _parts(response: httpx.Response, count: int) -> list[httpx.Response | None]:
    """Return *count* parts, None for what is missing; more than were asked for match nothing."""
    parts = decode(response)
    return parts + [None] * (count - len(parts)) if len(parts) <= count else [None] * count


def etag(part: httpx.Response | None, delivery: Delivery) -> str | None:
    """Return the etag to update under, "" to create, None to leave the lead as it is."""
    if part is None:
        return None
    if part.status_code == httpx.codes.NOT_FOUND:
        return None if delivery.sent else ""  # an earlier attempt never arrived
    found = object_in(part)
    text = str(found.get("@odata.etag"))
    is_open = part.status_code == httpx.codes.OK and found.get("statecode") == OPEN
    return text if is_open and _ETAG.fullmatch(text) else None


def judge(part: httpx.Response | None, delivery: Delivery) -> Reply:
    """Say what *part* of an answer means for *delivery* alone."""
    ours = (delivery,)
    if part is None:
        return every(ours, Deferred("no_answer"), failing=True)
    code, message = _error(part)
    if code in THROTTLED:
        hold = retry_after(part, _LAST) or DEFAULT_HOLD
        return every(ours, Deferred("throttled", counts=False), hold=hold)
    if code == NO_SUCH_TABLE:
        return every(ours, Deferred("table_missing"), failing=True)
    if message.startswith(KEY_REFUSED):
        return every(ours, Deferred("key_missing"), failing=True)
    return refusal(part, ours, _LAST) or every(ours, _outcome(part, code, delivery))


def _outcome(part: httpx.Response, code: str, delivery: Delivery) -> Outcome:
    status = part.status_code
    if status in (httpx.codes.CREATED, httpx.codes.NO_CONTENT):
        return Accepted(_receipt(part))
    if part.is_success:
        return _not_written(part)
    if status == httpx.codes.NOT_FOUND:
        return Rejected("deleted_in_crm") if delivery.sent else Deferred("changed_meanwhile")
    if code == DUPLICATE_RULE or (code in DUPLICATE_KEYS and delivery.known):
        return Rejected("duplicate_in_crm")
    if status == httpx.codes.PRECONDITION_FAILED or code in DUPLICATE_KEYS:
        return Deferred("changed_meanwhile")  # the next attempt looks it up
    return Rejected(f"dataverse_{code or status}")


def _not_written(part: httpx.Response) -> Outcome:
    """Read a look-up that no write followed."""
    state = object_in(part).get("statecode")
    if not isinstance(state, int):
        return Deferred("unreadable_answer")
    return Deferred("changed_meanwhile") if state == OPEN else Rejected("closed_in_crm")


def _receipt(part: httpx.Response) -> str:
    """Return the lead's GUID; a lead addressed by an alternate key is answered with that key."""
    found = _RECORD.search(part.headers.get("odata-entityid", ""))
    return found[1].lower() if found else ""


def _error(part: httpx.Response) -> tuple[str, str]:
    """Return the code, nothing if it says nothing, and the message, which may hold lead data."""
    error = object_in(part).get("error")
    if not isinstance(error, dict):
        return "", ""
    code = str(error.get("code")).lower()
    return code if _CODE.fullmatch(code) else "", str(error.get("message"))
