"""Commands: ask a deployment, and order of it; what it refuses is told with its exit code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from leadshare.client.answers.response import object_in
from leadshare.errors import LeadshareError

LARGEST_PAGE: Final = 200
"""Entries that a deployment lists at once."""

MISUSED, REFUSED, ABSENT, FAILED = 2, 3, 4, 5
"""Exit codes: not understood, no key for it, not there, not to be had now."""

_CODES: Final = {400: MISUSED, 413: MISUSED, 401: REFUSED, 403: REFUSED, 404: ABSENT, 409: ABSENT}
_KEYS: Final = "the key is not accepted: LEADSHARE_KEY is a host key of the main app"


class Failed(LeadshareError):
    """A deployment did not do as it was asked; the text says why."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Manage:
    """One deployment's `/api/manage`."""

    client: httpx.Client
    url: str
    persons: bool = False
    """Whether persons are asked for where they can be."""

    def get(self, path: str, query: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Return what is answered; `Failed` if it is refused, or nobody answers."""
        given = {name: str(value) for name, value in (query or {}).items() if value}
        return self._send("GET", path, params=given)

    def tell(self, path: str, query: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Return what is answered, with persons where they are asked for."""
        return self.get(path, {**(query or {}), **({"persons": "true"} if self.persons else {})})

    def order(
        self, path: str, query: Mapping[str, str] | None = None, **body: object
    ) -> dict[str, Any]:
        """Return what an order came to; what is not said of it is left to the deployment."""
        said = {name: value for name, value in body.items() if value is not None}
        return self._send("POST", path, json=said, params=query or {})

    def pages(
        self, path: str, name: str, query: Mapping[str, object], limit: int
    ) -> Iterator[dict[str, Any]]:
        """Yield the first *limit* entries of the list *name*, page by page."""
        after, left = "", limit
        while left > 0:
            size = min(left, LARGEST_PAGE)
            page = self.tell(path, {**query, "limit": size, "after": after})
            yield from page[name]
            left -= len(page[name])
            after = page.get("next", "")
            if not after:
                return

    def _send(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        host = httpx.URL(self.url).netloc.decode()
        try:
            response = self.client.request(method, f"{self.url}/api/manage/{path}", **more)
        except httpx.TransportError as error:
            raise Failed(FAILED, f"{host} does not answer: {type(error).__name__}") from None
        if response.is_success:
            return object_in(response)
        said = object_in(response).get("detail")
        status = response.status_code
        known = said if isinstance(said, str) else _KEYS if status in (401, 403) else ""
        text = known or f"{host} answered {status}"
        raise Failed(_CODES.get(status, FAILED), text)
