"""Destinations: calls to Marketo's REST API, signed, and looking persons up.

Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.client.answers.response import object_in
from leadshare.client.tokens.bearer import Bearer, BearerAuth, Token, ask, lifetime
from leadshare.destinations.marketo.answers import (
    ENDED,
    TOO_MANY,
    CallRefused,
    checked,
    code_of,
    rows_in,
)
from leadshare.destinations.narrowing import halves
from leadshare.destinations.replies import unreadable

API: Final = "/rest/v1"
PEOPLE: Final = f"{API}/leads.json"
DESCRIBE: Final = f"{API}/leads/describe2.json"
DELETE: Final = f"{API}/leads/delete.json"
SIGN_IN: Final = "/identity/oauth/token"

LIFE: Final = 3600
"""Seconds that a token lives (authentication.md)."""

EARLY: Final = timedelta(seconds=10)
"""Until shortly before its end, signing in again gives the same token (authentication.md)."""

_MATCHES: Final = "too many results"
"""What tells this from other invalid values (leads.md)."""

PAGES: Final = 4
"""Pages of 300 that the 1,000 persons fill which a search finds at most (leads.md)."""


class _Auth(BearerAuth):
    """What HTTP has a status for, Marketo says in a 200."""

    def refused(self, response: httpx.Response) -> bool:
        """Say whether *response* is that the token has ended."""
        ended = code_of(object_in(response).get("errors")) in ENDED
        return ended or super().refused(response)


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
        """Make a call, once more if the token has ended; `CallRefused` if Marketo refuses."""
        auth = _Auth(self._bearer, now)
        response = await self.client.request(method, f"{self.url}{path}", auth=auth, **what)
        return checked(response, now)

    async def people(
        self, by: str, values: Sequence[str], shown: Sequence[str], now: datetime
    ) -> list[dict[str, object]]:
        """Return the persons with one of *values*; two stand for more than Marketo would tell."""
        if not values:
            return []
        form = {"filterType": by, "filterValues": ",".join(values), "fields": ",".join(shown)}
        try:
            return await self._pages(form, now)
        except CallRefused as refused:
            if refused.code != TOO_MANY or _MATCHES not in refused.verdict.outcome.said.lower():
                raise
        if len(values) == 1:
            return [{by: values[0]}] * 2
        first, second = halves(values)
        found = await self.people(by, first, shown, now)
        return found + await self.people(by, second, shown, now)

    async def _pages(self, form: dict[str, str], now: datetime) -> list[dict[str, object]]:
        """Look up by a form, since addresses do not belong in a URL, nor fit (leads.md)."""
        people: list[dict[str, object]] = []
        for _ in range(PAGES):
            answer = await self.ask("POST", f"{PEOPLE}?_method=GET", now, data=form)
            people += (rows := rows_in(answer))
            if not all(type(row.get("id")) is int for row in rows):
                raise CallRefused(unreadable(answer))  # all that follows is about persons by id
            token = object_in(answer).get("nextPageToken")
            if not token:
                return people
            form = form | {"nextPageToken": str(token)}
        raise CallRefused(unreadable(answer))

    async def _sign_in(self, now: datetime) -> Token:
        """Get a token by a form: the parameters of a URL end up in logs (authentication.md)."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        answer = await ask(self.client, f"{self.url}{SIGN_IN}", form, now)
        return Token(answer["access_token"], lifetime(answer, now, default=LIFE))
