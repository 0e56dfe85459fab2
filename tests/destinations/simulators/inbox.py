"""Simulators: the CRM inbox, which answers with what it holds (`leadshare/local/inbox/`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx

from leadshare.deliveries.delivery import Delivery
from tests.destinations.simulators.base import Simulator


class Account(Simulator):
    """One drawer of the inbox."""

    SETTINGS: ClassVar[Mapping[str, Any]] = {
        "type": "inbox",
        "name": "crm",
        "url": "http://127.0.0.1:7080",
    }

    def __init__(self) -> None:
        super().__init__()
        self.leads: dict[str, dict[str, Any]] = {}

    def is_write(self, request: httpx.Request) -> bool:
        """Records and steps are put, and records deleted."""
        return request.method in {"PUT", "DELETE"}

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Keep a record, and say which version is held; or tell what is there."""
        if self.signed_out:
            return httpx.Response(401)
        lead, *beside = request.url.path.split("/")[3:]
        if request.method == "DELETE":
            return httpx.Response(204 if self.leads.pop(lead, None) else 404)
        if beside:
            known = {"verb", "text", "track", "due"} == json.loads(request.content).keys()
            return httpx.Response((200 if known else 400) if lead in self.leads else 404)
        if request.method == "GET":
            held = self.leads.get(lead)
            return httpx.Response(200, json=_told(held)) if held else httpx.Response(404)
        record = json.loads(request.content)
        if record["email"] in self.refused:
            return httpx.Response(400)
        if store:
            self.leads[lead] = record
        return httpx.Response(200, json=_told(record))

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """The record under the lead id."""
        return [self.leads[delivery.lead]] if delivery.lead in self.leads else []


def _told(record: Mapping[str, Any]) -> dict[str, Any]:
    return {"lead": record["lead"], "version": record["version"], "record": "IN-00001"}
