"""Deliveries to HubSpot, and accounts that answer as a test says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from leadshare.deliveries.delivery import Accepted, Delivery, Outcome
from leadshare.destinations.hubspot.destination import Hubspot
from leadshare.destinations.hubspot.settings import HubspotSettings
from tests.builders import NOW, delivery, record
from tests.destinations.hubspot.properties import Properties
from tests.destinations.simulators.hubspot import TOKEN, Account

CONTACT = "0123456789abcdef0123456789abcdef"

EMAIL = "sample.buyer@fabrikam.example"

BEFORE = "2025-01-01T00:00:00.000Z"
"""Long before the lead's first touch."""


def there(account: Account, **changes: Any) -> Hubspot:
    """The destination that delivers to an account."""
    made = account.destination(**changes)
    assert isinstance(made, Hubspot)
    return made


def settings(token: str = TOKEN, **changes: Any) -> HubspotSettings:
    """Settings as from the configuration file."""
    told = {"name": "crm", "type": "hubspot", "token": "HUBSPOT_TOKEN", **changes}
    return HubspotSettings.model_validate(told, context={"HUBSPOT_TOKEN": token})


def person(number: int, listing: int = 0, **changes: Any) -> Delivery:
    """The delivery of one listing's lead of customer *number*."""
    lead = f"{number:032x}-{listing:016x}"
    told = {"email": f"buyer{number}@fabrikam.example", **changes}
    return delivery(lead=lead, record=record(lead=lead, **told))


def lead(version: int = 1, sent: int = 0, record_id: str = "", **changes: Any) -> Delivery:
    """The delivery of the sample lead."""
    told = record(version=version, **changes)
    return delivery(version=version, record=told, sent=sent, record_id=record_id)


def at(handle: Callable[[httpx.Request], httpx.Response], **changes: Any) -> Hubspot:
    """HubSpot whose calls are answered by a function."""
    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return Hubspot(settings(**changes), client)


def paths(account: Account) -> list[str]:
    """What was asked, without what all have in common."""
    return [r.url.path.removeprefix("/crm/objects/2026-03/") for r in account.requests]


def sole(account: Account, kind: str = "contacts") -> Properties:
    """The only record's properties."""
    [one] = account.live(kind)
    properties: Properties = one["properties"]
    return properties


async def only(crm: Hubspot, one: Delivery) -> Outcome:
    """What became of a delivery."""
    [outcome] = (await crm.deliver([one], NOW)).outcomes
    return outcome


async def made(crm: Hubspot, one: Delivery) -> str:
    """The id of the record that was written."""
    outcome = await only(crm, one)
    assert isinstance(outcome, Accepted)
    return outcome.record_id


def result(number: int, **changes: Any) -> Properties:
    """What HubSpot answers for one person."""
    trace = {"id": str(number), "objectWriteTraceId": f"{number:032x}"}
    return {**trace, "properties": {"leadshare_contact": f"{number:032x}"}, **changes}


HOUR = timedelta(hours=1)


def limited(policy: str, **headers: str) -> httpx.Response:
    """A 429 under a policy."""
    return httpx.Response(429, json={"policyName": policy}, headers=headers)
