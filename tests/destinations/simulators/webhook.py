"""Simulators: a receiver of Standard Webhooks (standard-webhooks/spec/standard-webhooks.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx

from leadshare.deliveries.delivery import Delivery
from tests.destinations.simulators.base import Simulator


class Account(Simulator):
    """A receiver that keeps events by their idempotency key."""

    SETTINGS: ClassVar[Mapping[str, Any]] = {
        "type": "webhook",
        "name": "crm",
        "url": "https://hooks.contoso.example/leads",
        "secret": "HOOK_SECRET",
    }
    ENVIRONMENT: ClassVar[Mapping[str, str]] = {
        "HOOK_SECRET": "whsec_bGVhZHNoYXJlIGNvbnRyYWN0IHN1aXRlIGNhbmFyeQ=="
    }

    def __init__(self) -> None:
        super().__init__()
        self.events: dict[str, dict[str, Any]] = {}

    def is_write(self, request: httpx.Request) -> bool:
        """Every event is one."""
        return request.method == "POST"

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Keep an event once, whatever repeats it; refuse whom it does not want."""
        if request.method != "POST":
            return httpx.Response(405)
        if self.signed_out:
            return httpx.Response(401)
        event = json.loads(request.content)
        if event["data"].get("email") in self.refused:
            return httpx.Response(400)
        if store:
            self.events[request.headers["webhook-id"]] = event["data"]
        return httpx.Response(204)

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """The events of this version of the lead."""
        version = f"{delivery.lead}-{delivery.version}"
        return [data for key, data in self.events.items() if key == version]
