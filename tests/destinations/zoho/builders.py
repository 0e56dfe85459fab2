"""Zoho that answers as a test says, and what becomes of one lead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.zoho.destination import Zoho
from tests.builders import NOW, record
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.zoho import Account

OTHER = "fedcba9876543210fedcba9876543210-0123456789abcdef"

DONE = {"code": "SUCCESS", "details": {"id": "42"}, "message": "", "status": "success"}


Handler = Callable[[httpx.Request], httpx.Response]


def zoho_at(handle: Handler, **changes: Any) -> Zoho:
    """Zoho whose calls *handle* answers."""
    there = destination_of({**Account.SETTINGS, **changes}, Account.ENVIRONMENT, handle)
    assert isinstance(there, Zoho)
    return there


def answering(
    account: Account, answer: httpx.Response, path: str = "/crm/v8/Leads", **changes: Any
) -> Zoho:
    """Zoho that gives *answer* to every call to *path*, and else what *account* says."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path != path:
            return account.handle(request)
        account.requests.append(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return zoho_at(handle, **changes)


def rows(*several: Any, status: int = 200) -> httpx.Response:
    """An answer with these rows."""
    return httpx.Response(status, json={"data": several})


def sent(one: Delivery, record_id: str, version: int = 2) -> Delivery:
    """The next version of a lead that was accepted, in which a title is told for the first time."""
    since = one.record["since"] | {"job_title": version}
    told = record(lead=one.lead, version=version, job_title="CIO", since=since)
    return replace(one, version=version, sent=version - 1, record_id=record_id, record=told)


async def only(zoho: Zoho, one: Delivery) -> Any:
    """The outcome of delivering one lead."""
    [outcome] = (await zoho.deliver([one], NOW)).outcomes
    return outcome
