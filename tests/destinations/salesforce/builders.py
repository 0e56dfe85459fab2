"""Deliveries to Salesforce, and orgs that answer as a test says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.base import Destination
from tests.builders import delivery, record
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.salesforce import SECRET, Account

ID = "00Q000000000001AAA"

SECRETS = {"SALESFORCE_SECRET": SECRET}

Handler = Callable[[httpx.Request], httpx.Response]


def several(count: int, **changes: Any) -> list[Delivery]:
    """Deliveries of *count* leads."""
    leads = (f"{number:032x}-fedcba9876543210" for number in range(count))
    return [delivery(lead=lead, **changes) for lead in leads]


def later(one: Delivery, outcome: Any, **changes: Any) -> Delivery:
    """The next version of what was accepted."""
    told = record(version=2, **{"lead": one.lead, "since": dict.fromkeys(changes, 2), **changes})
    return replace(one, version=2, sent=1, record_id=outcome.record_id, record=told)


def answering(answer: httpx.Response | Handler, **changes: Any) -> Destination[Any]:
    """A destination that is signed in, and whose every other call is answered so."""
    org = Account()

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return org.handle(request)
        return answer(request) if callable(answer) else answer

    return destination_of({**Account.SETTINGS, **changes}, SECRETS, handle)


def rows(*results: Any) -> httpx.Response:
    """An answer of results."""
    return httpx.Response(200, json=results)


def taken(record_id: str = ID) -> dict[str, Any]:
    """The result of a record that was taken."""
    return {"id": record_id, "success": True, "created": True, "errors": []}


def writing(answer: httpx.Response) -> Callable[[httpx.Request], httpx.Response | None]:
    """Has an org answer so whatever writes, and all else as ever."""
    return lambda request: answer if request.url.path.endswith("/composite/sobjects") else None
