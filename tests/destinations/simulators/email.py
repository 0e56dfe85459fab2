"""Simulators: e-mail of Azure Communication Services.

Behaviour by Azure/azure-rest-api-specs, communication/data-plane/Email/stable/2023-03-31
(calls, bodies, statuses), and learn.microsoft.com, rest/api/communication/repeatable-requests (a
repeat has the first one's answer).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self
from uuid import UUID

import httpx
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.base import Destination
from leadshare.destinations.notices.email import SCOPE, Email
from leadshare.destinations.notices.email_settings import EmailSettings
from leadshare.destinations.notices.notice import SHOWABLE
from tests.builders import NOW
from tests.destinations.simulators.base import Simulator, destination_of

HOST = "contoso.europe.communication.azure.com"
SENDER = "leads@contoso.example"


class Account(Simulator):
    """One resource with a linked domain; the notice shows all that one can."""

    SETTINGS: ClassVar[Mapping[str, Any]] = {
        "type": "email",
        "name": "crm",
        "sender": SENDER,
        "to": ["sales@contoso.example", "desk@contoso.example"],
        "via": {"kind": "acs", "endpoint": f"https://{HOST}"},
        "shows": SHOWABLE,
        "notify": "all",
    }

    def __init__(self) -> None:
        super().__init__()
        self.operations: dict[str, dict[str, Any]] = {}
        """Messages by operation id."""
        self.status = "Running"
        """What becomes of messages."""

    def destination(self, **changes: Any) -> Destination[Any]:
        """The destination, which signs in here."""
        made = destination_of({**self.SETTINGS, **changes}, self.ENVIRONMENT, self.handle)
        return Email(EmailSettings.model_validate(made.settings), made.client, Identity(self))

    def is_write(self, request: httpx.Request) -> bool:
        """Sending is; looking an operation up is not."""
        return request.method == "POST"

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Check who asks for what, then queue it or say what became of it."""
        token = request.headers.get("authorization", "")
        if self.signed_out or token != f"Bearer token-{self.sign_ins}":
            return refusal(401, "Denied")
        assert HOST == request.url.host
        if request.url.params.get("api-version") != "2023-03-31":
            return refusal(400, "ApiVersionNotSupported")
        if request.method == "GET":
            return self._operation(request.url.path.removeprefix("/emails/operations/"))
        assert "/emails:send" == request.url.path
        return self._send(request, store=store)

    def _operation(self, operation: str) -> httpx.Response:
        if operation not in self.operations:
            return refusal(404, "NotFound")
        answer: dict[str, Any] = {"id": operation, "status": self.status}
        if self.status == "Failed":
            answer["error"] = {"code": "EmailDropped", "message": "Dropped after several attempts."}
        return httpx.Response(200, json=answer)

    def _send(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        operation = request.headers["operation-id"]
        assert operation == str(UUID(operation))
        if request.headers["content-type"] != "application/json":
            return httpx.Response(415)
        message = json.loads(request.content)
        if message["senderAddress"] != SENDER:
            return refusal(404, "DomainNotLinked")
        if code := self._unfit(message):
            return refusal(400, code)
        if store:
            self.operations.setdefault(operation, message)
        location = f"https://{HOST}/emails/operations/{operation}?api-version=2023-03-31"
        return httpx.Response(
            202,
            headers={"operation-location": location, "retry-after": "20"},
            json={"id": operation, "status": "Running"},
        )

    def _unfit(self, message: dict[str, Any]) -> str:
        """Return why *message* is refused, if it is."""
        known = {"senderAddress", "content", "recipients", "userEngagementTrackingDisabled"}
        content, recipients = message["content"], message["recipients"]["to"]
        if set(message) != known or set(content) - {"html"} != {
            "subject",
            "plainText",
        }:
            return "BadRequest"
        if not (content["subject"] and content["plainText"]) or "\n" in content["subject"]:
            return "EmailContentIsInvalid"
        if not 1 <= len(recipients) <= 50 or any(set(one) != {"address"} for one in recipients):
            return "InvalidEmailAddress"
        if any(address in content["plainText"] for address in self.refused):
            return "EmailDroppedAllRecipientsSuppressed"
        return ""

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """The messages that tell of the lead."""
        messages = self.operations.values()
        return [one["content"] for one in messages if delivery.lead in one["content"]["plainText"]]


def refusal(status: int, code: str) -> httpx.Response:
    """An error, whose message quotes what it likes."""
    error = {"code": code, "message": "The mail to sample.buyer@fabrikam.example is refused."}
    return httpx.Response(status, json={"error": error}, headers={"x-ms-error-code": code})


class Identity:
    """The managed identity; each sign-in to *account* ends the token before."""

    def __init__(self, account: Account) -> None:
        self.account = account

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """Give the next token."""
        assert (SCOPE,) == scopes
        if self.account.signed_out:
            raise ClientAuthenticationError("no identity canary")
        self.account.sign_ins += 1
        ends = int(NOW.timestamp()) + 86400
        return AccessToken(f"token-{self.account.sign_ins}", ends)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()
