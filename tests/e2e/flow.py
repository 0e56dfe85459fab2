"""A host with its CRMs, and what a person asks of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx

from tests.builders import post
from tests.e2e import process
from tests.e2e.process import Host, until
from tests.e2e.sink import Script, Sink
from tests.e2e.storage import scan
from tests.laws.checker import violations

CONFIGURATION: Final = """
internal_domains = ["contoso.example"]

[[listing]]
id = "contoso.invoice-robot"
title = "Contoso Invoice Robot"
kind = "app"

[[listing]]
id = "contoso.metrics"
title = "Contoso Metrics"
kind = "offer"

[[destination]]
type = "webhook"
name = "crm"
storefronts = ["appsource"]
url = "{crm}"
secret = "HOOK"
timeout = 5

[[destination]]
type = "webhook"
name = "closing"
channel = "marketplace"
url = "{closing}"
secret = "HOOK"
timeout = 5
schedule = [0, 0.1, 0.1]
"""


CUSTOMERS: Final = "customers.example"


@dataclass(frozen=True)
class Running:
    """A host, what it writes to and whom it tells."""

    host: Host
    web: httpx.Client
    storage: str
    crm: Sink
    closing: Sink
    plan: Script
    """What `closing` does next."""

    def post(self, path: str = "", /, **changes: Any) -> str:
        """Post a lead as the marketplace does; return the touch id."""
        answer = self.web.post(f"leads{path}", json=post(**changes))
        assert 202 == answer.status_code
        return str(answer.json()["touch"])

    def get(self, path: str, **query: str | int) -> Any:
        """Ask the operators' desk."""
        answer = self.web.get(f"manage/{path}", params=query)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def order(self, path: str, **values: Any) -> Any:
        """Order something at the operators' desk."""
        body = {"by": "tests", **values}
        answer = self.web.post(f"manage/{path}", json=body)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def lead(self, touch: str) -> dict[str, Any]:
        """Wait until a touch is classified, and return the story of its lead."""
        story: dict[str, Any] = self.get(f"leads/{until(lambda: self._lead_of(touch))}")
        return story

    def settled(self, touch: str) -> dict[str, Any]:
        """Wait until nothing is due for the lead of a touch any more; return its story."""

        def story() -> dict[str, Any]:
            told = self.lead(touch)
            return {} if any(d["state"] == "due" for d in told["deliveries"]) else told

        return until(story)

    def told(self, touch: str) -> list[dict[str, Any]]:
        """Return the events about the lead of a settled touch that the CRM was told."""
        lead = self.settled(touch)["lead"]["lead"]
        return [event for event in self.crm.events if event["data"]["lead"] == lead]

    def _lead_of(self, touch: str) -> str:
        lines = [json.loads(line) for line in self.host.said().splitlines() if touch in line]
        return "".join(line["lead"] for line in lines if line["event"] == "touch.classified")


@contextmanager
def serving(
    settings: Mapping[str, str], log: Path, *options: str
) -> Iterator[tuple[Host, httpx.Client]]:
    """Run a host, with a client for it, until the end of the block."""
    with (
        process.running(settings, log, *options) as host,
        httpx.Client(base_url=f"{host.url}/api/", timeout=60) as web,
    ):
        yield host, web


def somebody() -> str:
    """The address of a customer who was never there before."""
    return f"{uuid4().hex}@{CUSTOMERS}"


def in_quarantine(run: Running, touch: str) -> list[dict[str, Any]]:
    """What the desk lists of a touch in quarantine."""
    rows = run.get("quarantine", limit=200)["quarantine"]
    return [row for row in rows if row["touch"] == touch]


def assert_problem(answer: httpx.Response, status: int) -> None:
    """An answer is a problem of this status, as JSON."""
    assert status == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert status == answer.json()["status"]


def assert_lawful(run: Running) -> None:
    """The rows break no law, events verify, and nothing special has left."""
    assert [] == violations(scan(run.storage))
    assert [] == run.crm.unverified + run.closing.unverified
    categories = {e["data"]["category"] for one in (run.crm, run.closing) for e in one.events}
    assert categories <= {"normal"}
