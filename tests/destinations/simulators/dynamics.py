"""Simulators: Dynamics 365; the protocol is in `dataverse.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import timedelta
from typing import Any, ClassVar, Self
from uuid import uuid5

import httpx
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from leadshare.core.delivery import Delivery
from leadshare.destinations.base import Destination
from leadshare.destinations.dynamics import NAMESPACE, Dynamics
from tests.builders import NOW
from tests.destinations.dataverse import Dataverse, Refused
from tests.destinations.simulators.base import Simulator


class Account(Simulator):
    """One environment, and the sign-in to it."""

    SETTINGS: ClassVar[Mapping[str, Any]] = {
        "type": "dynamics",
        "name": "crm",
        "url": "https://contoso.crm4.dynamics.com",
        "tenant_id": "00000000-0000-0000-0000-000000000000",
        "client_id": "00000000-0000-0000-0000-000000000001",
        "client_secret": "CRM_SECRET",
    }
    ENVIRONMENT: ClassVar[Mapping[str, str]] = {"CRM_SECRET": "dataverse-secret-canary"}

    def __init__(self) -> None:
        super().__init__()
        self.service = Dataverse(self.SETTINGS["url"], lacks=self.lacks)
        self.service.plug_in = self._refuse
        self.service.tokens = set()

    def _refuse(self, columns: Mapping[str, Any]) -> None:
        if columns.get("emailaddress1") in self.refused:
            raise Refused(400, "0x80040265", "A plug-in of the publisher's refuses it.")

    def is_write(self, request: httpx.Request) -> bool:
        """A batch with a write in it."""
        return b"\r\nPATCH " in request.content or b"\r\nDELETE " in request.content

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """As the service, over what it holds or a copy of that."""
        kept = deepcopy(self.service.leads)
        answer = self.service.handle(request)
        if not store:
            self.service.leads = kept
        return answer

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """The row whose primary key is made from the lead id."""
        row = self.service.leads.get(str(uuid5(NAMESPACE, delivery.lead)))
        return [row] if row else []

    def throttled(self, *, vaguely: bool) -> httpx.Response:
        """api-limits.md: always with Retry-After; a proxy on the way may leave it out."""
        body = {"error": {"code": "0x80072322", "message": "Number of requests exceeded"}}
        headers = {} if vaguely else {"Retry-After": f"{self.RETRY_AFTER:g}"}
        return httpx.Response(429, headers=headers, json=body)

    def expired(self) -> httpx.Response:
        """compose-http-requests-handle-errors.md"""
        return httpx.Response(401, json={"error": {"code": "0x8005f101", "message": ""}})

    def destination(self, **changes: Any) -> Destination[Any]:
        """The destination; azure-identity's part is played by this account."""
        there = super().destination(**changes)
        return Dynamics(there.settings, there.client, self)

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Sign in, as a credential does."""
        if self.signed_out:
            raise ClientAuthenticationError("AADSTS7000215: Invalid client secret provided")
        self.sign_ins += 1
        token = f"token-{self.sign_ins}"
        assert self.service.tokens is not None
        self.service.tokens.add(token)
        return AccessToken(token, int((NOW + timedelta(hours=1)).timestamp()))

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_args: object) -> None:
        return
