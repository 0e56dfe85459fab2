"""Deliveries to Marketo, and instances that answer as a test says."""

from __future__ import annotations

from typing import Any

import httpx

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.base import Destination
from leadshare.destinations.marketo.settings import MarketoSettings
from tests.builders import delivery, record
from tests.destinations.marketo.envelope import done
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.marketo import Account

LISTING = "fedcba9876543210"


def person(number: int, listing: str = LISTING, version: int = 1, **changes: Any) -> Delivery:
    """What customer *number* asked of a listing."""
    lead = f"{number:032x}-{listing}"
    told = {"email": f"buyer{number}@fabrikam.example", "last_name": f"Buyer {number}", **changes}
    return delivery(version=version, lead=lead, record=record(lead=lead, version=version, **told))


def settings(**changes: Any) -> MarketoSettings:
    """Settings of the simulated instance, read as from the configuration file."""
    told = {**Account.SETTINGS, **changes}
    return MarketoSettings.model_validate(told, context=Account.ENVIRONMENT)


def answering(*answers: httpx.Response, **changes: Any) -> Destination[Any]:
    """The destination of an instance that signs in and then gives these answers."""
    left = [httpx.Response(200, json={"access_token": "token", "expires_in": 3600}), *answers]
    told = {**Account.SETTINGS, **changes}
    return destination_of(told, Account.ENVIRONMENT, lambda _request: left.pop(0))


def writing(*answers: httpx.Response, **changes: Any) -> Destination[Any]:
    """The destination of an instance that knows nobody and gives these answers to what writes."""
    left = [httpx.Response(200, json={"access_token": "token", "expires_in": 3600}), *answers]
    told = {**Account.SETTINGS, **changes}
    return destination_of(
        told,
        Account.ENVIRONMENT,
        lambda request: done([]) if "_method" in request.url.params else left.pop(0),
    )


def calls(account: Account) -> list[str]:
    """The paths called, signing in apart."""
    return [
        request.url.raw_path.decode()
        for request in account.requests
        if not request.url.path.startswith("/identity")
    ]
