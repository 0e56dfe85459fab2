"""Listings: one call to an API of Microsoft's, with its waits, and its errors told without keys."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.client.answers.response import object_in, retry_after
from leadshare.errors import LeadshareError, Unreachable

TRIES: Final = 5
LONGEST_WAIT: Final = timedelta(minutes=5)
"""What is asked to wait for longer fails: a person is waiting too."""

DEFAULT_WAIT: Final = timedelta(seconds=10)
"""Where a throttled call is not told how long to wait."""

_CODE: Final = re.compile(r"(code(?:=|%3D))[^&\s\"'<>]+", re.IGNORECASE)


class Refused(LeadshareError):
    """An API said no; the text is what it said, without keys."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status

    @property
    def passes(self) -> bool:
        """Whether it is a matter of trying again later."""
        throttled = self.status == httpx.codes.TOO_MANY_REQUESTS
        return throttled or self.status >= httpx.codes.INTERNAL_SERVER_ERROR


@dataclass(frozen=True, slots=True)
class Veil:
    """Takes keys out of what is told: those that are known, and whatever follows `code=`."""

    keys: set[str] = field(default_factory=set, repr=False)

    def over(self, text: str) -> str:
        """Return *text* without keys."""
        for key in self.keys:
            text = text.replace(key, "(key)")
        return _CODE.sub(r"\1(key)", text)


@dataclass(frozen=True, slots=True)
class Api:
    """One API: where it is, its version as a query, who signs in."""

    base: str
    version: Mapping[str, str]
    headers: Callable[[], dict[str, str]]
    """What every call carries to say who asks."""
    client: httpx.Client
    veil: Veil
    sleep: Callable[[float], None] = time.sleep

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return what is answered; `Refused` or `Unreachable` if it is not what was asked for."""
        for tries_left in reversed(range(TRIES)):
            response = self._send(method, path, query, body)
            wait = self._wait(method, response)
            if wait is None or wait > LONGEST_WAIT or not tries_left:
                break
            self.sleep(wait.total_seconds())
        if not response.is_success:
            raise Refused(response.status_code, self.veil.over(_explained(response)))
        return object_in(response)

    def _send(
        self, method: str, path: str, query: Mapping[str, str] | None, body: dict[str, Any] | None
    ) -> httpx.Response:
        params = {**(query or {}), **self.version}
        headers, url = self.headers(), f"{self.base}/{path}"
        try:
            return self.client.request(method, url, params=params, headers=headers, json=body)
        except httpx.TransportError as error:
            host = httpx.URL(self.base).host
            raise Unreachable(f"{host} is out of reach: {type(error).__name__}") from None

    def _wait(self, method: str, response: httpx.Response) -> timedelta | None:
        """Return how long to wait before asking again; None if that does not help.

        What was throttled was not done. A server that fails may have done it.
        """
        again = {httpx.codes.TOO_MANY_REQUESTS}
        if method == "GET":
            again |= {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT}
        if response.status_code not in again:
            return None
        asked = retry_after(response, datetime.now(UTC))
        return DEFAULT_WAIT if asked is None else asked


def _explained(response: httpx.Response) -> str:
    """Return what a refusal says: `{"error": {"code", "message", "details"}}`, of both APIs."""
    error = object_in(response).get("error")
    said = "; ".join(tell(error)) if isinstance(error, dict) else ""
    hint = _HINTS.get(response.status_code, "")
    status = f"HTTP {response.status_code} from {response.request.url.host}"
    return ", ".join(filter(None, (status, said, hint)))


def tell(error: dict[str, Any]) -> list[str]:
    """Return an error of these APIs, and those it is made of, each with the resource it is of."""
    parts = [error.get(name) for name in ("resourceId", "resourceName", "code", "message")]
    lines = [": ".join(str(part) for part in parts if part)]
    for inner in error.get("details") or ():
        if isinstance(inner, dict):
            lines += tell(inner)
    return [line for line in lines if line]


_HINTS: Final = {
    401: "the sign-in is not accepted here",
    403: "the one who signed in may not do this (docs/listings.md, permissions)",
    404: "it is not there, or not for the one who signed in",
}
