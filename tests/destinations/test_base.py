"""What all destinations share: secrets, whole-call refusals, Retry-After, transport errors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx
import pytest
from pydantic import ValidationError

from leadshare.client.errors import AddressRefused
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.destinations.base import Destination
from leadshare.destinations.replies import DEFAULT_HOLD, Verdict, every
from leadshare.destinations.settings import DestinationSettings
from leadshare.model import Secret
from tests.builders import NOW, delivery

TWO = [delivery(), delivery(lead="f" * 32 + "-" + "0" * 16)]


class CrmSettings(DestinationSettings):
    """Settings with a secret."""

    type: Literal["crm"]
    token: Secret


class Crm(Destination[CrmSettings]):
    """A destination that takes what it is not refused."""

    batch_size = 2

    async def send(self, deliveries: Sequence[Delivery], now: datetime) -> httpx.Response:
        """Make one call."""
        return await self.client.post("https://crm.example/", json=[len(deliveries), str(now)])

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Take all."""
        return every(deliveries, Verdict(Accepted("r-1"), response.status_code))


def settings(environment: dict[str, str] | None = None, **changes: Any) -> CrmSettings:
    """Settings as read from a file, with *environment*."""
    values = {"name": "crm", "type": "crm", "token": "CRM_TOKEN"}
    context = {"CRM_TOKEN": "canary-token"} if environment is None else environment
    return CrmSettings.model_validate(values | changes, context=context)


async def deliver(answer: httpx.Response | Exception) -> Reply:
    """Deliver two records to a CRM that gives *answer*."""

    def handle(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        return await Crm(settings(), client).deliver(TWO, NOW)


async def test_accepted() -> None:
    """An answer that refuses nothing is read by the destination."""
    reply = await deliver(httpx.Response(200))

    assert Reply((Accepted("r-1"), Accepted("r-1")), 200) == reply


async def test_throttled() -> None:
    """A 429 holds the lane as long as it asks, and uses up no attempt."""
    reply = await deliver(httpx.Response(429, headers={"retry-after": "120"}))

    throttled = Deferred("throttled", counts=False)
    assert Reply((throttled, throttled), 429, hold=timedelta(minutes=2)) == reply


@pytest.mark.parametrize("headers", [{}, {"retry-after": "soon"}, {"retry-after": "0"}])
async def test_throttled_without_a_time(headers: dict[str, str]) -> None:
    """A 429 that names no time holds the lane all the same."""
    reply = await deliver(httpx.Response(429, headers=headers))

    assert DEFAULT_HOLD == reply.hold


async def test_gone() -> None:
    """A 410 is the end of a version of an API, or a proxy's word: the lane goes on."""
    reply = await deliver(httpx.Response(410))

    waits = Deferred("http_410")
    assert Reply((waits, waits), 410, failing=True) == reply


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (301, "redirected"),
        (304, "redirected"),
        (307, "redirected"),
        (401, "unauthorised"),
        (403, "forbidden"),
        (407, "proxy_refused"),
        (408, "timeout"),
        (423, "locked"),
        (425, "too_early"),
        (500, "http_500"),
        (502, "http_502"),
        (503, "http_503"),
        (504, "http_504"),
        (599, "http_599"),
    ],
)
async def test_failing(status: int, reason: str) -> None:
    """An answer about the destination, not a record, defers all and counts for the breaker."""
    reply = await deliver(httpx.Response(status))

    assert Reply((Deferred(reason), Deferred(reason)), status, failing=True) == reply


async def test_failing_with_a_time() -> None:
    """A 503 may hold the lane too."""
    reply = await deliver(httpx.Response(503, headers={"retry-after": "7"}))

    assert (timedelta(seconds=7), True) == (reply.hold, reply.failing)


@pytest.mark.parametrize(
    ("error", "reason", "counts"),
    [
        (httpx.ConnectError("canary"), "unreachable", False),
        (httpx.ConnectTimeout("canary"), "unreachable", False),
        (httpx.PoolTimeout("canary"), "unreachable", False),
        (AddressRefused("canary"), "address_refused", False),
        (httpx.ReadTimeout("canary"), "timeout", True),
        (httpx.WriteTimeout("canary"), "timeout", True),
        (httpx.ReadError("canary"), "connection_lost", True),
        (httpx.WriteError("canary"), "connection_lost", True),
        (httpx.RemoteProtocolError("canary"), "connection_lost", True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_transport_errors(
    error: Exception,
    reason: str,
    counts: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """No answer defers all under a reason to act on, and counts only if a request left."""
    deferred = Deferred(reason, counts=counts)

    assert Reply((deferred, deferred), failing=True) == await deliver(error)


def test_secret() -> None:
    """A secret is what the environment variable that the file names holds."""
    assert "canary-token" == settings().token.get_secret_value()


def test_secret_is_not_shown() -> None:
    """The settings' text and dump do not show a secret."""
    assert "canary" not in f"{settings()!r} {settings()} {settings().model_dump()}"
    assert "canary" not in settings().model_dump_json()


@pytest.mark.parametrize("environment", [{}, {"CRM_TOKEN": ""}, {"OTHER": "canary"}])
def test_missing_secret(environment: dict[str, str]) -> None:
    """A variable that is not set is an error that names it and shows no other."""
    with pytest.raises(ValidationError) as caught:
        settings(environment)

    assert "environment variable CRM_TOKEN is not set" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_failed_reference() -> None:
    """A Key Vault reference that was not resolved is an error that names the variable only."""
    with pytest.raises(ValidationError) as caught:
        settings({"CRM_TOKEN": "@Microsoft.KeyVault(SecretUri=https://canary.vault.azure.net/)"})

    assert "environment variable CRM_TOKEN is a Key Vault reference" in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Canary Name"},
        {"name": "a" * 41},
        {"channel": "canary"},
        {"timeout": 0},
        {"timeout": 121},
        {"concurrency": 0},
        {"schedule": []},
        {"schedule": [-1]},
        {"rate": {"calls": 0, "seconds": 1}},
        {"allow_networks": ["canary"]},
        {"canary": "canary"},
    ],
    ids=str,
)
def test_wrong_settings(changes: dict[str, Any]) -> None:
    """A wrong setting is an error that names the key and never shows the value."""
    with pytest.raises(ValidationError) as caught:
        settings(**changes)

    (key,) = changes
    assert key in str(caught.value)
    assert "input_value" not in str(caught.value)
    assert "canary" not in str(caught.value) or "canary" == key


def test_schema_says_what_a_secret_is() -> None:
    """In the schema of the file a secret is the name of a variable."""
    described = CrmSettings.model_json_schema()["properties"]["token"]

    assert ("string", "Name of an environment variable") == (
        described["type"],
        described["description"],
    )
