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

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.base import Destination
from leadshare.destinations.dynamics.destination import Dynamics
from leadshare.destinations.dynamics.environment import NAMESPACE
from tests.builders import NOW
from tests.destinations.annotations import Refused
from tests.destinations.dataverse import Dataverse
from tests.destinations.dynamics.beside import CAMPAIGN, LIST
from tests.destinations.simulators.base import Worked


class Account(Worked):
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

    CAMPAIGN = CAMPAIGN
    LIST = LIST
    ENDS = ("qualified", "disqualified", "merged", "merged and qualified")

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
        return any(b"\r\n%b " % one in request.content for one in (b"PATCH", b"POST", b"DELETE"))

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """As the service, over what it holds or a copy of that."""
        there, beside = self.service, self.service.beside
        state = (there.leads, there.notes.rows, beside.tasks, beside.responses, beside.members)
        kept = deepcopy(state)
        there.notes.privileged = not self.entries_refused
        beside.privileged = not self.campaigns_refused
        if self.signed_out:
            self.service.tokens = set()
        answer = self.service.handle(request)
        if not store:
            there.leads, there.notes.rows, *others = kept
            beside.tasks, beside.responses, beside.members = others
        return answer

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """The row whose primary key is made from the lead id."""
        row = self.service.leads.get(_guid(delivery))
        return [row] if row else []

    def edit(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        self.service.change(_guid(delivery), **fields)

    def put_before(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        self._put(_guid(delivery), **fields)

    def _put(self, guid: str, **columns: Any) -> None:
        self.service.leads[guid] = {"leadid": guid, "statecode": 0, "versionnumber": 0, **columns}

    def end(self, delivery: Delivery, how: str) -> None:
        """Qualify the lead to an opportunity, disqualify it, or merge it into another one."""
        guid, master = _guid(delivery), str(uuid5(NAMESPACE, f"master {delivery.lead}"))
        opportunity = str(uuid5(NAMESPACE, f"opportunity {delivery.lead}"))
        if "merged" in how:
            self._put(master, lastname="Master")
            self.service.change(guid, statecode=2, merged=True, _masterid_value=master)
            guid = master
        if "qualified" in how:
            self.service.change(guid, statecode=2 if how == "disqualified" else 1)
        if how.endswith("qualified") and how != "disqualified":
            self.service.notes.opportunities.add(opportunity)
            self.service.change(guid, _qualifyingopportunityid_value=opportunity)

    def timeline(self, delivery: Delivery) -> Sequence[str]:
        """The notes about the lead, or about the one that it was merged into."""
        guid = _guid(delivery)
        master = self.service.leads[guid].get("_masterid_value")
        return self.service.notes.about({guid, str(master)})

    def tasks_of(self, delivery: Delivery) -> Sequence[str]:
        guid = _guid(delivery)
        row = self.service.leads.get(guid, {})
        of = {guid, row.get("_masterid_value"), row.get("_qualifyingopportunityid_value")}
        rows = self.service.beside.tasks.values()
        return [f"{one['subject']}\n{one['description']}" for one in rows if one["of"] in of]

    def member_of(self, delivery: Delivery, into: str) -> int:
        beside, guid = self.service.beside, _guid(delivery)
        rows = [row for row in beside.responses.values() if row["campaign"] == into]
        return len([row for row in rows if row["of"] == guid]) + len(beside.on(into, guid))

    def shows(self) -> Any:
        beside = self.service.beside
        return [self.service.leads, self.service.notes.rows, beside.tasks, beside.responses]

    def win(self, delivery: Delivery) -> None:
        self.end(delivery, "qualified")

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


def _guid(delivery: Delivery) -> str:
    return str(uuid5(NAMESPACE, delivery.lead))
