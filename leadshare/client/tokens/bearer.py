"""Client: tokens that a sign-in gives and that end; one is shared until it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isnan
from typing import Any, Final

import httpx

from leadshare.client.answers.response import object_in
from leadshare.client.errors import SignInFailed
from leadshare.client.tokens.refused_sign_in import refused_sign_in
from leadshare.reason import Reason

EARLY: Final = timedelta(minutes=5)
"""How long before its end a token is no longer used by default, as azure-identity does."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, when it ends, and what else came with it."""

    text: str = field(repr=False)
    ends: datetime
    base: str = ""
    """The address that it is good for, where the sign-in tells one (Salesforce, Zoho)."""
    user: str = ""
    """The id of who signed in, where the sign-in tells it (Salesforce)."""


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
            raise SignInFailed(Reason.TIMEOUT) from None


class BearerAuth(httpx.Auth):
    """Signs a request with a token; with another, once more, if the first is refused."""

    def __init__(self, bearer: Bearer, now: datetime, scheme: str = "Bearer") -> None:
        self._bearer, self._now, self._scheme = bearer, now, scheme

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Yield *request* as it is signed; `SignInFailed` where there is no token."""
        await request.aread()
        token = await self._bearer.token(self._now)
        response = yield self.signed(request, token)
        await response.aread()
        if self.refused(response):
            yield self.signed(request, await self._bearer.token(self._now, refused=token))

    def signed(self, request: httpx.Request, token: Token) -> httpx.Request:
        """Return a request like *request*, for the address that *token* is good for."""
        url, base = request.url, httpx.URL(token.base)
        if token.base:
            url = url.copy_with(scheme=base.scheme, host=base.host, port=base.port)
        headers = request.headers.copy()
        headers.pop("host")  # it is the address's
        headers["Authorization"] = f"{self._scheme} {token.text}"
        return httpx.Request(
            request.method,
            url,
            headers=headers,
            content=request.content,
            extensions=request.extensions,
        )

    def refused(self, response: httpx.Response) -> bool:
        """Say whether *response* refuses the token."""
        return response.status_code == httpx.codes.UNAUTHORIZED


async def ask(
    client: httpx.AsyncClient, url: str, form: dict[str, str], now: datetime, **options: Any
) -> dict[str, Any]:
    """POST *form* to an OAuth token address; return the object it answers with.

    RFC 6749, section 5: errors come with 400 or 401 and a code that tells no secret.
    """
    response = await post(client, url, form, **options)
    answer = object_in(response)
    if response.is_error or not isinstance(answer.get("access_token"), str):
        raise refused_sign_in(response, now, form.values())
    return answer


async def post(
    client: httpx.AsyncClient, url: str, form: dict[str, str], **options: Any
) -> httpx.Response:
    """POST *form* to a token address; `SignInFailed` where nobody is there."""
    try:
        return await client.post(url, data=form, **options)
    except httpx.ConnectError as error:
        raise SignInFailed.unreachable(error) from None
    except httpx.TransportError:
        raise SignInFailed(Reason.SIGN_IN_UNREACHABLE) from None


def lifetime(answer: dict[str, Any], now: datetime, default: float) -> datetime:
    """Return when the token in *answer* ends: `expires_in` seconds from *now*, else *default*."""
    try:
        seconds = float(answer.get("expires_in", default))
    except (OverflowError, TypeError, ValueError):
        seconds = default
    if isnan(seconds):
        seconds = default
    return now + timedelta(seconds=min(max(seconds, 0), 86400))
