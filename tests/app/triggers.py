"""What the worker hands to a trigger, what one may set, and a deployment behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, Final
from zoneinfo import ZoneInfo

import azure.functions as func
import pytest

import function_app
from leadshare.app import build as wiring
from leadshare.app.triggers import orders
from leadshare.configuration.campaigns import Campaigns
from leadshare.errors import ConfigurationError, StorageError, Unexpected
from leadshare.intake import Answer
from tests.builders import NOW, Office

FAILURES: Final = (
    pytest.param(ConfigurationError("canary"), 503, id="configuration"),
    pytest.param(StorageError("canary"), 503, id="storage"),
    pytest.param(Unexpected("canary"), 500, id="unexpected"),
    pytest.param(ValueError("canary"), 500, id="a-bug"),
    pytest.param(asyncio.CancelledError("canary"), 500, id="cancelled"),
)
"""What may fail on our side, and the status that is answered then."""


def trigger(name: str) -> Callable[[func.HttpRequest], Any]:
    """A trigger of operators, of what they ask or order."""
    found: Callable[[func.HttpRequest], Any] = getattr(orders, name, None) or getattr(
        function_app, name
    )
    return found


@cache
def registered() -> list[Any]:
    """All functions of the app, as it registers them; it can be asked only once."""
    return list(function_app.app.get_functions())


class Out:
    """What a function may set."""

    value: bytes | None = None

    def set(self, value: bytes) -> None:
        """Keep it."""
        self.value = value


def request(
    body: bytes = b"",
    params: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    **route: str,
) -> func.HttpRequest:
    """A request as the worker makes one."""
    return func.HttpRequest(
        method="POST",
        url="http://x/api",
        params=params or {},
        headers=headers or {},
        route_params=route,
        body=body,
    )


def queued(body: bytes, at: datetime | None = NOW) -> Any:
    """A queue message as the worker makes one."""
    return func.queue.QueueMessage(id="q-1", body=body, insertion_time=at)


def failing(error: BaseException) -> Callable[[], Any]:
    """A way to a deployment that raises."""

    async def fail() -> Any:
        raise error

    return fail


class Events:
    """Takes bodies that are JSON and refuses others."""

    async def accept(self, headers: Any, body: bytes) -> Answer:
        """Take or refuse."""
        assert headers["X-MS-Signature"] == "x"
        if body == b"{}":
            return Answer(202, {"status": "accepted"}, b"message")
        return Answer(401, {"title": "t", "status": 401, "detail": "signature_wrong"})


def deploy(office: Office, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A deployment in memory in the place of the process's own."""
    configured = SimpleNamespace(
        classifier=office.classifier,
        rates={"crm": None, "sellers": None},
        tables=[],
        books_off="",
        coverage=[],
        links={},
        clock=None,
        zone=ZoneInfo("UTC"),
        campaigns=Campaigns(),
        sold=(),
    )
    parts = SimpleNamespace(
        requests=office.requests(lambda: configured),
        referral_store=office.referral_store,
        webhook=lambda: SimpleNamespace(accept=Events().accept),
        configured=lambda: configured,
        ticks=0,
        visits=[],
        fetched=[],
        prover=office.prover,
    )

    async def tick() -> None:
        parts.ticks += 1

    async def visit(nudge: bytes) -> None:
        parts.visits.append(nudge)

    async def fetch(message: bytes) -> None:
        parts.fetched.append(message)

    configured.referrals = SimpleNamespace(classify=fetch)

    parts.tick, parts.visit = tick, visit

    async def deployment() -> SimpleNamespace:
        return parts

    # The one place where the triggers meet what they trigger.
    monkeypatch.setattr(wiring, "deployment", deployment)
    return parts
