"""Destinations: e-mail, through Azure Communication Services or a mail server.

Vendor pages are cited by their paths under learn.microsoft.com, the API by its specification,
Azure/azure-rest-api-specs, communication/data-plane/Email/stable/2023-03-31.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID, uuid5

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from pydantic import BaseModel, ConfigDict, Field

from leadshare.core.delivery import Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.core.lane import Rate
from leadshare.core.mapping import cut
from leadshare.core.preflight import Description
from leadshare.destinations.answers import error_code, every, object_in
from leadshare.destinations.bearer import Bearer, Token
from leadshare.destinations.entra import access_token, managed_identity
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.notice import Notice, NoticeSettings, facts, headline
from leadshare.destinations.smtp import Letter, Smtp, SmtpSettings

API: Final = "2023-03-31"

SCOPE: Final = "https://communication.azure.com//.default"
"""With two slashes, for the vendor's audience ends with one."""

NAMESPACE: Final = UUID("3f3c2f8e-6d0c-4d53-9d0b-6f5f8f3f8a57")
"""What operation ids are made from. Frozen: with another, a repeat would be another message."""

SENT: Final = ("NotStarted", "Running", "Succeeded")
FAILED: Final = ("Failed", "Canceled")
"""What an operation's status says of its message (EmailSendStatus)."""

LONGEST_SUBJECT: Final = 150
"""UTF-16 units; readers' lists show fewer."""

# Of what RFC 5321 allows, what people use; the rest could be mistaken for more than an address.
_LOCAL: Final = r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,62}"
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
Address = Annotated[str, Field(pattern=rf"^{_LOCAL}@({_LABEL}\.)+{_LABEL}$", max_length=254)]


class AcsSettings(BaseModel):
    """A resource of Azure Communication Services; the managed identity signs in."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["acs"]
    endpoint: str = Field(
        pattern=r"^https://[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})?\.communication\.azure\.com/?$"
    )
    """Such as https://contoso.europe.communication.azure.com."""
    client_id: str = Field("", pattern=r"^[A-Za-z0-9-]*$")
    """The user-assigned identity's, where it is not the system's."""


class EmailSettings(NoticeSettings):
    """Whom to write to, and by which way."""

    type: Literal["email"]
    sender: Address
    """An address that the way may send from."""
    to: tuple[Address, ...] = Field(min_length=1, max_length=50)
    via: AcsSettings | SmtpSettings = Field(discriminator="kind")


class Email(Notice[EmailSettings]):
    """One circle of readers."""

    # What a new resource may send from a domain of the publisher's own: 30 a minute, 100 an hour
    # (azure/communication-services/concepts/email/sdk-features).
    RATE: ClassVar[Rate | None] = Rate(calls=100, seconds=3600)

    def __init__(
        self,
        settings: EmailSettings,
        client: httpx.AsyncClient,
        credential: AsyncTokenCredential | None = None,
        server: Smtp | None = None,
    ) -> None:
        super().__init__(settings, client)
        via = settings.via
        acs = via if isinstance(via, AcsSettings) else None
        self._endpoint = acs.endpoint.removesuffix("/") if acs else ""
        self._client_id = acs.client_id if acs else ""
        self._credential = credential
        self._bearer = Bearer(self._sign_in, settings.timeout)
        self._server = server
        if server is None and isinstance(via, SmtpSettings):
            self._server = Smtp(via, settings.timeout, settings.allow_networks)
        # A mail server keeps nothing of what it took that could be asked for.
        self.repeatable = self._server is None

    async def ring(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Send the letter the way that is configured."""
        if self._server is None:
            return await super().ring(deliveries, now)
        (delivery,) = deliveries
        outcome = await self._server.send(letter(delivery, self.settings, now))
        if isinstance(outcome, Accepted):
            outcome = Accepted(message_id(delivery, self.settings))
        return every(deliveries, outcome, failing=isinstance(outcome, Deferred))

    async def describe(self, now: datetime) -> Description:
        """Sign in, which sends nothing."""
        if self._server is None:
            await self._bearer.token(now)
        else:
            outcome = await self._server.send(Letter(self.settings.sender))
            if isinstance(outcome, Deferred):
                raise SignInFailed(outcome.reason)
        return Description()

    async def send(self, deliveries: Sequence[Delivery], now: datetime) -> httpx.Response:
        """Have Communication Services queue the message under an id of ours.

        After an attempt that may have left, that id is looked up first: a repeat is known to be
        taken for one within five minutes only (rest/api/communication/repeatable-requests), which
        the schedule outlasts.
        """
        (delivery,) = deliveries
        operation = operation_id(delivery, self.settings)
        if delivery.attempts:
            found = await self._call("GET", f"/emails/operations/{operation}", now)
            if found.status_code != httpx.codes.NOT_FOUND:
                return found
        headers = {"Operation-Id": operation, "content-type": "application/json"}
        return await self._call(
            "POST",
            "/emails:send",
            now,
            headers,
            # No half of a surrogate pair is in it; see `Source.of`.
            json.dumps(message(delivery, self.settings), ensure_ascii=False).encode(),
        )

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Read the operation's status, with which both calls answer (EmailSendResult).

        A refusal is for the settings' sake: sender and recipients come from there, too.
        """
        (delivery,) = deliveries
        http, code = response.status_code, error_code(response)
        status = object_in(response).get("status") if response.is_success else None
        if status in SENT:
            return every(deliveries, Accepted(operation_id(delivery, self.settings)), status=http)
        if status in FAILED:
            return every(deliveries, Rejected(f"acs_{code or status}"), status=http)
        if http == httpx.codes.CONFLICT:  # what this call repeats is still on its way
            return every(deliveries, Deferred("in_progress"), status=http)
        reason = "unreadable_answer" if response.is_success else f"acs_{code or http}"
        return every(deliveries, Deferred(reason), status=http, failing=True)

    async def _call(
        self,
        method: str,
        path: str,
        now: datetime,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> httpx.Response:
        url = f"{self._endpoint}{path}?api-version={API}"

        async def call(token: Token) -> httpx.Response:
            signed = {**(headers or {}), "authorization": f"Bearer {token.text}"}
            return await self.client.request(method, url, content=content, headers=signed)

        return await self._bearer.call(call, now)

    async def _sign_in(self, _now: datetime) -> Token:
        try:
            ours = partial(managed_identity, self._client_id)
            given = await access_token(self._credential, ours, SCOPE)
        except (ServiceRequestError, ServiceResponseError):
            raise SignInFailed("sign_in_unreachable") from None
        except AzureError:
            raise SignInFailed("sign_in_failed") from None
        return Token(given.token, datetime.fromtimestamp(given.expires_on, UTC))


def operation_id(delivery: Delivery, settings: EmailSettings) -> str:
    """Return the id of the message: one for each version of a lead and each destination."""
    return str(uuid5(NAMESPACE, f"{settings.name} {delivery.lead} {delivery.version}"))


def message_id(delivery: Delivery, settings: EmailSettings) -> str:
    """Return the Message-ID: the same for a repeat, which mail systems drop, as far as they do."""
    return f"<{operation_id(delivery, settings)}@{settings.sender.partition('@')[2]}>"


def subject(delivery: Delivery, shows: Sequence[str]) -> str:
    """Say what happened, and with which listing where that may be shown: on one line."""
    listing = dict(facts([name for name in shows if name == "listing_title"], delivery.record))
    line = cut(": ".join([headline(delivery), *listing.values()]), LONGEST_SUBJECT)
    # Python's `email` decodes what looks like an encoded word (RFC 2047) and writes it out anew,
    # line breaks included: it would be a header of the customer's own.
    return line.replace("=?", "= ?")


def text(delivery: Delivery, shows: Sequence[str]) -> str:
    """Return the body: plain text, in which nobody's markup means anything."""
    return "".join(f"{label}: {value}\n" for label, value in facts(shows, delivery.record))


def message(delivery: Delivery, settings: EmailSettings) -> dict[str, Any]:
    """Return the message as Communication Services takes it (EmailMessage)."""
    return {
        "senderAddress": settings.sender,
        "content": {
            "subject": subject(delivery, settings.shows),
            "plainText": text(delivery, settings.shows) or headline(delivery),
        },
        "recipients": {"to": [{"address": address} for address in settings.to]},
        "userEngagementTrackingDisabled": True,
    }


def letter(delivery: Delivery, settings: EmailSettings, now: datetime) -> Letter:
    """Return the message as mail servers take it (RFC 5322)."""
    mail = EmailMessage(SMTP)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.to)
    mail["Subject"] = subject(delivery, settings.shows)
    mail["Date"] = now
    mail["Message-ID"] = message_id(delivery, settings)
    mail["Auto-Submitted"] = "auto-generated"  # so that nobody's absence is told (RFC 3834)
    # Servers that take ASCII only take it, too.
    mail.set_content(text(delivery, settings.shows), cte="quoted-printable")
    return Letter(settings.sender, settings.to, mail.as_bytes())
