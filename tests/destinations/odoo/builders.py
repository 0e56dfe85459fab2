"""Deliveries to Odoo, and accounts that answer as a test says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from leadshare.deliveries.delivery import Accepted, Delivery
from leadshare.destinations.odoo.destination import Odoo
from tests.builders import NOW, delivery, record
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.odoo import Account

Answer = Callable[[httpx.Request], httpx.Response | None]


def person(number: int = 1, version: int = 1, **changes: Any) -> Delivery:
    """The delivery of customer *number*."""
    lead = f"{number:032x}-fedcba9876543210"
    told = {"email": f"buyer{number}@fabrikam.example", **changes}
    return delivery(version=version, lead=lead, record=record(lead=lead, version=version, **told))


def answering(account: Account, answer: Answer) -> Any:
    """The destination, whose calls *answer* answers, or the account where it gives None."""
    return destination_of(
        account.SETTINGS, account.ENVIRONMENT, lambda r: answer(r) or account.handle(r)
    )


def loads(account: Account, model: str = "crm.lead") -> list[dict[str, Any]]:
    """The bodies of all calls that loaded records of a model."""
    path = f"/json/2/{model}/load"
    return [json.loads(r.content) for r in account.requests if r.url.path == path]


async def sent(odoo: Odoo, one: Delivery) -> Delivery:
    """The delivery once it was accepted."""
    [outcome] = (await odoo.deliver([one], NOW)).outcomes
    assert isinstance(outcome, Accepted), outcome
    return replace(one, sent=one.version, record_id=outcome.record_id)


def later(one: Delivery, **changes: Any) -> Delivery:
    """The next version of a lead."""
    version = one.version + 1
    told: Any = {**one.record, "version": version, **changes}
    return replace(one, version=version, record=told)
