"""Destinations: e-mail, through Azure Communication Services or a mail server.

Vendor pages are cited by their paths under learn.microsoft.com, the API by its specification,
Azure/azure-rest-api-specs, communication/data-plane/Email/stable/2023-03-31.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Final

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError

from leadshare.client.answers.response import error_code, object_in
from leadshare.client.answers.sentences import said
from leadshare.client.errors import SignInFailed
from leadshare.client.tokens.bearer import Bearer, BearerAuth, Token
from leadshare.client.tokens.entra import access_token, managed_identity
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.description import Description
from leadshare.destinations.errors import Refused
from leadshare.destinations.notices.email_settings import AcsSettings, EmailSettings
from leadshare.destinations.notices.letters import (
    Mail,
    as_letter,
    as_message,
    letter,
    message,
    message_id,
    operation_id,
)
from leadshare.destinations.notices.notice import Notice
from leadshare.destinations.notices.smtp import Letter, Smtp, SmtpSettings
from leadshare.destinations.replies import Verdict, every
from leadshare.reason import Reason, Vendor

API: Final = "2023-03-31"

SCOPE: Final = "https://communication.azure.com//.default"
"""With two slashes, for the vendor's audience ends with one."""

SENT: Final = ("NotStarted", "Running", "Succeeded")
FAILED: Final = ("Failed", "Canceled")
"""What an operation's status says of its message (EmailSendStatus)."""


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
        verdict = await self._server.send(letter(delivery, self.settings, now))
        if isinstance(verdict.outcome, Accepted):
            verdict = Verdict(Accepted(message_id(delivery, self.settings)))
        return every(deliveries, verdict)

    async def post(self, mail: Mail, now: datetime) -> Verdict:
        """Send a message that is of no lead; raises as a delivery does, whether it has left."""
        if self._server is not None:
            return await self._server.send(as_letter(mail, now))
        return _judged(await self._queue(mail.id, as_message(mail), now), mail.id)

    async def describe(self, now: datetime) -> Description:
        """Sign in, which sends nothing."""
        if self._server is None:
            await self._bearer.token(now)
        else:
            verdict = await self._server.send(Letter(self.settings.sender))
            if verdict.reason:
                raise Refused(verdict.reason)
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
        # No half of a surrogate pair is in it; see `Source.of`.
        return await self._queue(operation, message(delivery, self.settings), now)

    async def _queue(
        self, operation: str, told: Mapping[str, object], now: datetime
    ) -> httpx.Response:
        headers = {"Operation-Id": operation, "content-type": "application/json"}
        content = json.dumps(told, ensure_ascii=False).encode()
        return await self._call("POST", "/emails:send", now, headers, content)

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Read the operation's status, with which both calls answer (EmailSendResult).

        A refusal is for the settings' sake: sender and recipients come from there, too.
        """
        (delivery,) = deliveries
        return every(deliveries, _judged(response, operation_id(delivery, self.settings)))

    async def _call(
        self,
        method: str,
        path: str,
        now: datetime,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> httpx.Response:
        url = f"{self._endpoint}{path}?api-version={API}"

        auth = BearerAuth(self._bearer, now)
        return await self.client.request(method, url, content=content, headers=headers, auth=auth)

    async def _sign_in(self, _now: datetime) -> Token:
        try:
            ours = partial(managed_identity, self._client_id)
            given = await access_token(self._credential, ours, SCOPE)
        except (ServiceRequestError, ServiceResponseError):
            raise SignInFailed(Reason.SIGN_IN_UNREACHABLE) from None
        except AzureError:
            raise SignInFailed(Reason.SIGN_IN_FAILED) from None
        return Token(given.token, datetime.fromtimestamp(given.expires_on, UTC))


def _judged(response: httpx.Response, operation: str) -> Verdict:
    """Return what an *operation*'s status means, with which both calls answer."""
    http, code, words = response.status_code, error_code(response), said(response)
    status = object_in(response).get("status") if response.is_success else None
    if status in SENT:
        return Verdict(Accepted(operation), http)
    if status in FAILED:
        return Verdict(Rejected(Vendor.ACS.reason(code or status), said=words), http)
    if http == httpx.codes.CONFLICT:  # what this call repeats is still on its way
        return Verdict(Deferred(Reason.IN_PROGRESS, said=words), http)
    reason = Reason.UNREADABLE_ANSWER if response.is_success else Vendor.ACS.reason(code or http)
    return Verdict(Deferred(reason, said=words), http, failing=True)
