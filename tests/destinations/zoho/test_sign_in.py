"""Signing in to Zoho, and the data centre that then answers."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from leadshare.deliveries.delivery import Deferred
from tests.builders import LEAD, NOW, delivery
from tests.destinations.zoho.builders import DONE, OTHER, answering, rows, zoho_at


class TestSignIn:
    @pytest.mark.parametrize(
        ("status", "body", "reason"),
        [
            pytest.param(200, {"error": "invalid_code"}, "sign_in_failed", id="invalid-code"),
            pytest.param(200, {"error": "invalid_client"}, "sign_in_failed", id="invalid-client"),
            pytest.param(400, {"error": "invalid_client"}, "sign_in_failed", id="400"),
            pytest.param(200, {"access_token": 7}, "sign_in_failed", id="no-text"),
            pytest.param(200, {"access_token": "a\r\nb: c"}, "sign_in_failed", id="odd-token"),
            pytest.param(200, [], "sign_in_unreachable", id="no-object"),
            pytest.param(302, {"access_token": "t"}, "sign_in_failed", id="redirect"),
            pytest.param(503, {"access_token": "t"}, "sign_in_unreachable", id="down"),
        ],
    )
    async def test_refused(self, account, zoho, status, body, reason):
        """Who is not let in keeps every lead, and no attempt is counted."""
        account.token_answer = (status, body)

        reply = await zoho.deliver([delivery()], NOW)

        assert (Deferred(reason, counts=False),) == reply.outcomes
        assert reply.failing
        assert 1 == len(account.requests)

    @pytest.mark.parametrize("status", [200, 400, 429])
    async def test_throttled(self, account, zoho, status):
        """Too many tokens in ten minutes: nothing is asked for until they are over."""
        words = "You have made too many requests continuously. Please try again after some time."
        account.token_answer = (status, {"error": "Access Denied", "error_description": words})

        reply = await zoho.deliver([delivery()], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
        assert timedelta(minutes=10) == reply.hold
        assert not reply.failing

    @pytest.mark.parametrize(
        "domain",
        [
            "https://www.zohoapis.eu.evil.example",
            "https://evil.example",
            "http://www.zohoapis.eu",
            "https://www.zohoapis.com",  # another data centre
            "https://www.zohoapis.eu/",
            "https://www.zohoapis.eu@evil.example",
            "",
            None,
            7,
            ["https://www.zohoapis.eu"],
        ],
    )
    async def test_api_domain(self, account, zoho, domain):
        """Neither token nor lead goes to an address that is not Zoho's."""
        account.token_answer = (200, {"access_token": "t", "api_domain": domain})

        reply = await zoho.deliver([delivery()], NOW)

        assert (Deferred("api_domain_refused", counts=False),) == reply.outcomes
        assert 1 == len(account.requests)

    @pytest.mark.parametrize(
        ("centre", "accounts", "api"),
        [
            ("us", "accounts.zoho.com", "www.zohoapis.com"),
            ("eu", "accounts.zoho.eu", "www.zohoapis.eu"),
            ("in", "accounts.zoho.in", "www.zohoapis.in"),
            ("au", "accounts.zoho.com.au", "www.zohoapis.com.au"),
            ("jp", "accounts.zoho.jp", "www.zohoapis.jp"),
            ("cn", "accounts.zoho.com.cn", "www.zohoapis.com.cn"),
            ("ca", "accounts.zohocloud.ca", "www.zohoapis.ca"),
            ("sa", "accounts.zoho.sa", "www.zohoapis.sa"),
        ],
    )
    async def test_data_centre(self, centre, accounts, api):
        """Each data centre has addresses of its own, also where the answer names none."""
        hosts = []

        def handle(request: httpx.Request) -> httpx.Response:
            hosts.append(request.url.host)
            if request.url.path == "/oauth/v2/token":
                return httpx.Response(200, json={"access_token": "t"})
            return rows(DONE)

        await zoho_at(handle, data_centre=centre).deliver([delivery()], NOW)

        assert [accounts, api] == hosts

    async def test_sandbox(self, account):
        """A sandbox has an address of its own."""
        account.token_answer = (
            200,
            {"access_token": "t", "api_domain": "https://sandbox.zohoapis.eu"},
        )
        there = answering(account, rows(DONE))

        await there.deliver([delivery()], NOW)

        assert "sandbox.zohoapis.eu" == account.requests[-1].url.host

    async def test_token_is_kept(self, account, zoho):
        """One token is good for an hour, less the minutes before its end."""
        await zoho.deliver([delivery()], NOW)
        await zoho.deliver([delivery(lead=OTHER)], NOW + timedelta(minutes=54))
        first = account.sign_ins
        await zoho.deliver([delivery(lead=LEAD[::-1])], NOW + timedelta(minutes=56))

        assert (1, 2) == (first, account.sign_ins)

    async def test_lost(self):
        """A sign-in that gets no answer is no attempt."""

        def handle(request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("slow", request=request)

        reply = await zoho_at(handle).deliver([delivery()], NOW)

        assert (Deferred("sign_in_unreachable", counts=False),) == reply.outcomes
