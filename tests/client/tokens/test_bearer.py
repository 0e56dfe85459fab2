"""Bearer: a token is shared until it ends or is refused; what a sign-in answers is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from leadshare.client.errors import AddressRefused, SignInFailed
from leadshare.client.tokens.bearer import EARLY, Bearer, Token, ask, lifetime
from tests.builders import NOW

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
URL = "https://login.example/token"


class Desk:
    """Hands out tokens that end an hour later, numbered."""

    def __init__(self) -> None:
        self.given = 0
        self.slow = 0.0
        self.error: Exception | None = None

    async def sign_in(self, now: datetime) -> Token:
        """Hand out the next one."""
        await asyncio.sleep(self.slow)
        if self.error is not None:
            raise self.error
        self.given += 1
        return Token(f"t{self.given}", now + HOUR)

    def bearer(self, **options: Any) -> Bearer:
        """What holds its tokens."""
        return Bearer(self.sign_in, timeout=1, **options)


@pytest.fixture(name="desk")
def _desk() -> Desk:
    return Desk()


class TestToken:
    async def test_shared(self, desk):
        """Calls at once and after one another share one token."""
        desk.slow, bearer = 0.01, desk.bearer()

        tokens = await asyncio.gather(*(bearer.token(NOW) for _ in range(5)))
        tokens.append(await bearer.token(NOW + SECOND))

        assert {"t1"} == {token.text for token in tokens}

    @pytest.mark.parametrize(
        ("before", "text"), [(EARLY + SECOND, "t1"), (EARLY, "t1"), (EARLY - SECOND, "t2")]
    )
    async def test_early(self, desk, before, text):
        """A token is no longer used five minutes before its end."""
        bearer = desk.bearer()
        await bearer.token(NOW)

        assert text == (await bearer.token(NOW + HOUR - before)).text

    async def test_early_as_told(self, desk):
        """How early, a destination may say."""
        bearer = desk.bearer(early=SECOND)
        await bearer.token(NOW)

        assert "t1" == (await bearer.token(NOW + HOUR - SECOND)).text
        assert "t2" == (await bearer.token(NOW + HOUR)).text

    async def test_refused(self, desk):
        """Two calls whose token was refused get another, and the same one."""
        bearer = desk.bearer()
        refused = await bearer.token(NOW)

        again = await asyncio.gather(*(bearer.token(NOW, refused) for _ in range(2)))

        assert ["t2", "t2"] == [token.text for token in again]

    async def test_too_slow(self, desk):
        """A sign-in that takes too long fails, and the next may succeed."""
        desk.slow = 9
        bearer = Bearer(desk.sign_in, timeout=0.01)

        with pytest.raises(SignInFailed, match="timeout"):
            await bearer.token(NOW)
        desk.slow = 0

        assert "t1" == (await bearer.token(NOW)).text

    async def test_failed(self, desk):
        """A sign-in that fails says so to each who asks, and nothing is kept."""
        bearer, desk.error = desk.bearer(), SignInFailed("sign_in_failed")

        for _ in range(2):
            with pytest.raises(SignInFailed, match="sign_in_failed"):
                await bearer.token(NOW)

    def test_hidden(self):
        """A token is never shown."""
        assert "secret" not in repr(Token("secret", NOW))


async def asked(handle: Callable[[httpx.Request], httpx.Response]) -> dict[str, Any]:
    """What a token address gives that answers so."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        return await ask(client, URL, {"grant": "x"}, NOW, headers={"h": "1"})


class TestAsk:
    async def test_posts(self):
        """The form is posted with the caller's options, and the answer's object is returned."""
        seen: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(200, json={"access_token": "t"})

        assert {"access_token": "t"} == await asked(handle)
        [request] = seen
        assert ("POST", URL, b"grant=x", "1") == (
            request.method,
            str(request.url),
            request.content,
            request.headers["h"],
        )

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (httpx.Response(400, json={"error": "invalid_grant"}), "sign_in_failed"),
            (httpx.Response(401, json={"access_token": "t"}), "sign_in_failed"),
            (httpx.Response(200, json={}), "sign_in_failed"),
            (httpx.Response(200, json={"access_token": 7}), "sign_in_failed"),
            (httpx.Response(200, json=["access_token"]), "sign_in_unreachable"),
            (httpx.Response(200, text="<html>"), "sign_in_unreachable"),
            (httpx.Response(500), "sign_in_unreachable"),
            (httpx.Response(503, json={"access_token": "t"}), "sign_in_unreachable"),
            (httpx.ConnectError("no route"), "sign_in_unreachable"),
            (httpx.ConnectTimeout("slow"), "sign_in_unreachable"),
            (httpx.ReadTimeout("slow"), "sign_in_unreachable"),
            (AddressRefused("login.example"), "address_refused"),
        ],
    )
    async def test_fails(self, answer: httpx.Response | Exception, reason: str) -> None:
        """What gives no token says why by a code, and quotes nothing."""

        def handle(_request: httpx.Request) -> httpx.Response:
            if isinstance(answer, Exception):
                raise answer
            return answer

        with pytest.raises(SignInFailed) as caught:
            await asked(handle)

        assert (reason, reason) == (caught.value.reason, str(caught.value))


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ('{"expires_in": 3599}', 3599),
        ('{"expires_in": "3599"}', 3599),
        ('{"expires_in": 0}', 0),
        ('{"expires_in": -5}', 0),
        ('{"expires_in": 999999}', 86400),
        ('{"expires_in": Infinity}', 86400),
        ('{"expires_in": NaN}', 60),
        ('{"expires_in": 1' + "0" * 400 + "}", 60),
        ('{"expires_in": null}', 60),
        ('{"expires_in": "soon"}', 60),
        ("{}", 60),
    ],
)
def test_lifetime(answer: str, seconds: float) -> None:
    """A token lives as long as it says, a day at most; what cannot be read is the default."""
    assert NOW + timedelta(seconds=seconds) == lifetime(json.loads(answer), NOW, 60)
