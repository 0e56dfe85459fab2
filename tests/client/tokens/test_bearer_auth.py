"""Signed requests: with a token, and once more, with another, if the first is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from leadshare.client.errors import SignInFailed
from leadshare.client.tokens.bearer import Bearer, BearerAuth, Token
from tests.builders import NOW

URL = "https://crm.example:8443/leads?ids=1,2&q=a%20b"


class System:
    """Signs in by numbered tokens, and answers with *statuses*, one after the other."""

    def __init__(self, *statuses: int, bases: tuple[str, ...] = ("", "")) -> None:
        self.statuses, self.bases = list(statuses), bases
        self.given = 0
        self.requests: list[httpx.Request] = []

    async def sign_in(self, now: datetime) -> Token:
        """Give the next token, if there is one."""
        if self.given == len(self.bases):
            raise SignInFailed("sign_in_failed")
        self.given += 1
        return Token(f"t{self.given}", now + timedelta(hours=1), self.bases[self.given - 1])

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.requests.append(request)
        return httpx.Response(self.statuses.pop(0))

    async def call(self, scheme: str = "Bearer") -> httpx.Response:
        """Make one signed call."""
        auth = BearerAuth(Bearer(self.sign_in, timeout=1), NOW, scheme)
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.handle)) as client:
            return await client.post(URL, json={"a": 1}, headers={"x-ours": "1"}, auth=auth)

    @property
    def tokens(self) -> list[str]:
        """What the requests were signed with."""
        return [request.headers["authorization"] for request in self.requests]


class TestCall:
    @pytest.mark.parametrize(
        ("statuses", "used", "status"),
        [
            pytest.param([200], ["Bearer t1"], 200, id="good"),
            pytest.param([403], ["Bearer t1"], 403, id="forbidden"),
            pytest.param([401, 200], ["Bearer t1", "Bearer t2"], 200, id="refused-once"),
            pytest.param([401, 401], ["Bearer t1", "Bearer t2"], 401, id="refused-twice"),
        ],
    )
    async def test_call(self, statuses, used, status):
        """A call is made once more, with another token, if the first is refused."""
        system = System(*statuses)

        response = await system.call()

        assert (used, status, []) == (system.tokens, response.status_code, system.statuses)

    async def test_the_same(self):
        """A repeat differs in nothing but the token."""
        system = System(401, 200)

        await system.call()

        first, second = system.requests
        assert (URL, b'{"a":1}', "1") == (
            str(first.url),
            first.content.replace(b" ", b""),
            first.headers["x-ours"],
        )
        assert (first.method, first.url, first.content) == (
            second.method,
            second.url,
            second.content,
        )
        for request in system.requests:
            del request.headers["authorization"]
        assert first.headers == second.headers
        assert "timeout" in second.extensions

    async def test_base(self):
        """A call goes where its token is good for, and says so."""
        system = System(401, 200, bases=("http://one.example", "https://two.example:444"))

        await system.call("Zoho-oauthtoken")

        assert ["http://one.example/leads", "https://two.example:444/leads"] == [
            str(request.url).partition("?")[0] for request in system.requests
        ]
        assert ["one.example", "two.example:444"] == [r.headers["host"] for r in system.requests]
        assert ["Zoho-oauthtoken t1", "Zoho-oauthtoken t2"] == system.tokens

    async def test_no_way_in(self):
        """Where no other token is to be had, that is what is told."""
        with pytest.raises(SignInFailed, match="sign_in_failed"):
            await System(401, bases=("",)).call()
