"""Destinations: calls to Marketo's REST API, signed, and looking persons up.

Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.destinations.answers import object_in
from leadshare.destinations.bearer import Bearer, Token, ask, lifetime
from leadshare.destinations.marketo_answers import (
    ENDED,
    TOO_MANY,
    Refused,
    checked,
    code_of,
    rows_in,
    unreadable,
)

API: Final = "/rest/v1"
PEOPLE: Final = f"{API}/leads.json"
DESCRIBE: Final = f"{API}/leads/describe2.json"
DELETE: Final = f"{API}/leads/delete.json"
SIGN_IN: Final = "/identity/oauth/token"

LIFE: Final = 3600
"""Seconds that a token lives (authentication.md)."""

EARLY: Final = timedelta(seconds=10)
"""Until shortly before its end, signing in again gives the same token (authentication.md)."""

PAGES: Final = 4
"""Pages of 300 that the 1,000 persons fill which a look-up finds at most (leads.md)."""


@dataclass(slots=True)
class Api:
    """One instance, as one custom service sees it."""

    client: httpx.AsyncClient
    url: str
    client_id: str
    client_secret: str = field(repr=False)
    timeout: float
    _bearer: Bearer = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._bearer = Bearer(self._sign_in, self.timeout, early=EARLY)

    async def ask(self, method: str, path: str, now: datetime, **what: Any) -> httpx.Response:
        """Make a call, and once more if the token has ended; `Refused` if Marketo refuses it."""
        headers = what.pop("headers", {})

        async def call(token: Token) -> httpx.Response:
            signed = headers | {"Authorization": f"Bearer {token.text}"}
            response = await self.client.request(
                method, f"{self.url}{path}", headers=signed, **what
            )
            # What HTTP has a status for, Marketo says in a 200.
            ended = code_of(object_in(response).get("errors")) in ENDED
            return httpx.Response(httpx.codes.UNAUTHORIZED) if ended else response

        return checked(await self._bearer.call(call, now), now)

    async def people(
        self, by: str, values: Sequence[str], shown: Sequence[str], now: datetime
    ) -> list[dict[str, Any]]:
        """Return the persons with one of *values*; two stand for more than Marketo would tell."""
        if not values:
            return []
        form = {"filterType": by, "filterValues": ",".join(values), "fields": ",".join(shown)}
        try:
            return await self._pages(form, now)
        except Refused as refused:
            if refused.code != TOO_MANY:
                raise
        if len(values) == 1:
            return [{by: values[0]}] * 2
        half = len(values) // 2
        first = await self.people(by, values[:half], shown, now)
        return first + await self.people(by, values[half:], shown, now)

    async def _pages(self, form: dict[str, str], now: datetime) -> list[dict[str, Any]]:
        """Look up by a form, since addresses do not belong in a URL, nor fit (leads.md)."""
        people: list[dict[str, Any]] = []
        for _ in range(PAGES):
            answer = await self.ask("POST", f"{PEOPLE}?_method=GET", now, data=form)
            people += rows_in(answer)
            token = object_in(answer).get("nextPageToken")
            if not token:
                return people
            form = form | {"nextPageToken": str(token)}
        raise unreadable(answer)

    async def _sign_in(self, now: datetime) -> Token:
        """Get a token by a form: the parameters of a URL end up in logs (authentication.md)."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        answer = await ask(self.client, f"{self.url}{SIGN_IN}", form)
        return Token(answer["access_token"], lifetime(answer, now, default=LIFE))
