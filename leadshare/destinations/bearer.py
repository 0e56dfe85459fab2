"""Destinations: tokens that a sign-in gives and that end; one is shared until it does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isnan
from typing import Any, Final

import httpx

from leadshare.destinations.answers import object_in
from leadshare.destinations.errors import SignInFailed

EARLY: Final = timedelta(minutes=5)
"""How long before its end a token is no longer used by default, as azure-identity does."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, when it ends, and what else came with it."""

    text: str = field(repr=False)
    ends: datetime
    base: str = ""
    """The address that it is good for, where the sign-in tells one (Salesforce, Zoho)."""


@dataclass(slots=True)
class Bearer:
    """Holds one token; `sign_in` gets another."""

    sign_in: Callable[[datetime], Awaitable[Token]]
    timeout: float
    """Seconds that signing in may take, retries of a library included."""
    early: timedelta = EARLY
    """How long before its end a token is no longer used."""
    _held: Token | None = None
    _signing_in: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def token(self, now: datetime, refused: Token | None = None) -> Token:
        """Return a token other than *refused*; `SignInFailed` where there is none."""
        try:
            async with asyncio.timeout(self.timeout), self._signing_in:
                held = self._held
                if held is None or held == refused or held.ends < now + self.early:
                    self._held = held = await self.sign_in(now)
                return held
        except TimeoutError:
            raise SignInFailed("timeout") from None

    async def call(
        self, make: Callable[[Token], Awaitable[httpx.Response]], now: datetime
    ) -> httpx.Response:
        """Return what *make* gets with a token; it is asked once more if the token is refused."""
        token = await self.token(now)
        response = await make(token)
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return response
        return await make(await self.token(now, refused=token))


async def ask(
    client: httpx.AsyncClient, url: str, form: dict[str, str], **options: Any
) -> dict[str, Any]:
    """POST *form* to an OAuth token address; return the object it answers with.

    RFC 6749, section 5: errors come with 400 or 401 and a code that tells no secret.
    """
    response = await post(client, url, form, **options)
    answer = object_in(response)
    if response.is_error or not isinstance(answer.get("access_token"), str):
        raise SignInFailed("sign_in_failed")
    return answer


async def post(
    client: httpx.AsyncClient, url: str, form: dict[str, str], **options: Any
) -> httpx.Response:
    """POST *form* to a token address; `SignInFailed` where nobody there can judge it now."""
    try:
        response = await client.post(url, data=form, **options)
    except httpx.ConnectError as error:
        raise SignInFailed.unreachable(error) from None
    except httpx.TransportError:
        raise SignInFailed("sign_in_unreachable") from None
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise SignInFailed("sign_in_unreachable")
    return response


def lifetime(answer: dict[str, Any], now: datetime, default: float) -> datetime:
    """Return when the token in *answer* ends: `expires_in` seconds from *now*, else *default*."""
    try:
        seconds = float(answer.get("expires_in", default))
    except (OverflowError, TypeError, ValueError):
        seconds = default
    if isnan(seconds):
        seconds = default
    return now + timedelta(seconds=min(max(seconds, 0), 86400))
