"""Destinations: the CRM inbox of a developer's machine, `leadshare/local/inbox.py`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import httpx

from leadshare.client.answers import object_in
from leadshare.deliveries.delivery import (
    MISSING,
    Accepted,
    Deferred,
    Delivery,
    Outcome,
    Rejected,
    Reply,
)
from leadshare.destinations.base import Destination
from leadshare.destinations.replies import Verdict, every, refusal
from leadshare.destinations.settings import LookUpSettings
from leadshare.model import like
from leadshare.reason import Reason, Vendor


class InboxSettings(LookUpSettings):
    """Where the inbox listens."""

    type: Literal["inbox"]
    """The inbox of a developer's machine."""
    url: str = like(
        r"^http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?$",
        "an address on this machine without a path, such as http://127.0.0.1:7072",
    )
    """Loopback, no path, such as http://127.0.0.1:7072."""


class Inbox(Destination[InboxSettings]):
    """One destination's drawer of the inbox."""

    async def send(
        self,
        deliveries: Sequence[Delivery],
        now: datetime,  # noqa: ARG002 - the inbox has a clock of its own
    ) -> httpx.Response:
        """PUT one record under its lead id."""
        (delivery,) = deliveries
        # ASCII escapes, since httpx's own `json=` cannot write half a surrogate pair.
        content = json.dumps(delivery.record)
        headers = {"content-type": "application/json"}
        return await self.client.put(self._url(delivery), content=content, headers=headers)

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Take only the inbox's word that it holds this version, or a newer one."""
        (delivery,) = deliveries
        outcome = _outcome(response, delivery)
        failing = isinstance(outcome, Deferred)
        return every(deliveries, Verdict(outcome, response.status_code, failing=failing))

    async def find_records(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """GET what the inbox holds of one lead."""
        (delivery,) = deliveries
        response = await self.client.get(self._url(delivery))
        if refused := refusal(response, now):
            return every(deliveries, refused)
        if response.status_code == httpx.codes.NOT_FOUND:
            return every(deliveries, Verdict(Rejected(MISSING), response.status_code))
        return self.read(response, deliveries)

    def _url(self, delivery: Delivery) -> str:
        return f"{self.settings.url}/{self.name}/leads/{delivery.lead}"


def _outcome(response: httpx.Response, delivery: Delivery) -> Outcome:
    if response.is_client_error:
        return Rejected(Vendor.HTTP.reason(response.status_code))
    answer = object_in(response)
    version = answer.get("version")
    if (
        answer.get("lead") == delivery.lead
        and isinstance(version, int)
        and version >= delivery.version
    ):
        return Accepted(str(answer.get("record", "")))
    return Deferred(Reason.UNCONFIRMED)
