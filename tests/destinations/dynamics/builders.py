"""Dynamics 365 with a service that answers as a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import httpx
from azure.core.credentials import AccessToken

from leadshare.deliveries.delivery import Delivery
from leadshare.deliveries.record import Record
from leadshare.destinations.dynamics.destination import Dynamics
from leadshare.destinations.dynamics.settings import DynamicsSettings
from tests.builders import NOW, delivery, record

URL = "https://contoso.crm4.dynamics.com"

GUID = "3c2f3614-71e9-5806-b045-54ee0d7a9269"
"""What `LEAD` becomes, now and for ever."""

OTHER = "fedcba9876543210fedcba9876543210-0123456789abcdef"


class Tokens:
    """A credential that counts what it hands out: token-1, token-2 and so on."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.count = 0
        self.closed = False
        self.scopes: set[str] = set()
        self.lifetime = timedelta(hours=1)

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        if self.failures:
            raise self.failures.pop(0)
        self.count += 1
        self.scopes |= set(scopes)
        await asyncio.sleep(0)
        return AccessToken(f"token-{self.count}", int((NOW + self.lifetime).timestamp()))

    async def close(self) -> None:
        self.closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self.close()


def to_lead(told: Record) -> dict[str, Any]:
    """What Dynamics writes of a record."""
    return dynamics_at(lambda _: httpx.Response(500)).values(delivery(record=told))


Handler = Callable[[httpx.Request], httpx.Response]


def dynamics_at(handler: Handler, tokens: Tokens | None = None, **changes: Any) -> Dynamics:
    """Dynamics whose calls *handler* answers."""
    fields = {"type": "dynamics", "name": "crm", "url": URL} | changes
    client = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    return Dynamics(DynamicsSettings.model_validate(fields), client, tokens or Tokens())


def answered(*parts: bytes, status: int = 200, end: bytes = b"--b--\r\n") -> Handler:
    """A service that answers every batch with *parts*."""
    head = b"--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    content = b"".join(head + part + b"\r\n" for part in parts) + end
    kind = {"content-type": "multipart/mixed; boundary=b"}
    return lambda _request: httpx.Response(status, headers=kind, content=content)


def refused(status: int, code: str, *headers: str, message: str = "") -> bytes:
    """A part of an answer that refuses its record."""
    body = f'{{"error":{{"code":"{code}","message":"{message}"}}}}'
    lines = [f"HTTP/1.1 {status} Refused", "Content-Type: application/json", *headers, "", body]
    return "\r\n".join(lines).encode()


def several(count: int, **changes: Any) -> list[Delivery]:
    """Deliveries of *count* leads."""
    return [delivery(lead=f"{n:032x}-fedcba9876543210", **changes) for n in range(count)]


def with_record(one: Delivery, **changes: Any) -> Delivery:
    """*one* with a changed record."""
    return replace(one, record=record(**dict(one.record) | changes))


def later(one: Delivery, **changes: Any) -> Delivery:
    """The next version of what was accepted, with facts that are new."""
    since = record()["since"] | dict.fromkeys(changes, 2)
    told = dict(one.record) | {"version": 2, "since": since} | changes
    return replace(one, version=2, sent=1, record=record(**told))


def configured(**changes: Any) -> DynamicsSettings:
    """Settings as they are read from the file."""
    fields = {"type": "dynamics", "name": "crm", "url": URL} | changes
    return DynamicsSettings.model_validate(fields, context={"DYNAMICS_SECRET": "s3cret"})
