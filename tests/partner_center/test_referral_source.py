"""One referral from Partner Center: there, not there, or nobody can say."""

from __future__ import annotations

import traceback
from typing import Any

import httpx
import pytest

from leadshare.errors import Unreachable
from leadshare.partner_center.api import AppUser, PartnerCenter
from leadshare.partner_center.referral_source import Partner
from tests.builders import NOW
from tests.referrals.builders import referral

TOLD = {
    "tenant_id": "contoso.example",
    "client_id": "app",
    "client_secret": "CANARY_SECRET",
    "refresh_token": "CANARY_TOKEN",
}
SECRETS = {"CANARY_SECRET": "canary-secret", "CANARY_TOKEN": "canary-token"}
USER = AppUser.model_validate(TOLD, context=SECRETS)
KEY = referral()["id"]
SIGNED_IN = httpx.Response(200, json={"access_token": "canary-access"})


def partner(answer: httpx.Response | Exception, sign_in: httpx.Response = SIGNED_IN) -> Partner:
    """Partner Center, which always answers one thing."""

    def tell(request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.microsoftonline.com":
            return sign_in
        assert ("GET", "api.partner.microsoft.com") == (request.method, request.url.host)
        assert request.url.path.endswith(f"/referrals/{KEY}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = httpx.AsyncClient(transport=httpx.MockTransport(tell))
    return Partner(PartnerCenter(USER, client, 5))


def error(status: int, code: str) -> httpx.Response:
    """An error as error-codes.md has it."""
    return httpx.Response(status, json={"error": {"code": code, "message": "canary"}})


class TestFetch:
    async def test_there(self):
        """A referral is given as Partner Center has it."""
        assert referral() == await partner(httpx.Response(200, json=referral())).fetch(KEY, NOW)

    @pytest.mark.parametrize("status", [404, 410])
    async def test_not_there(self, status):
        """A referral that is not there is none."""
        assert await partner(error(status, "itemNotFound")).fetch(KEY, NOW) is None

    @pytest.mark.parametrize(
        ("answer", "sign_in", "said"),
        [
            pytest.param(error(503, "serviceNotAvailable"), SIGNED_IN, "HTTP 503", id="down"),
            pytest.param(error(429, "x"), SIGNED_IN, "HTTP 429", id="throttled"),
            pytest.param(error(403, "accessDenied"), SIGNED_IN, "HTTP 403", id="not-allowed"),
            pytest.param(error(401, "unauthenticated"), SIGNED_IN, "HTTP 401", id="refused"),
            pytest.param(httpx.Response(200, text="canary"), SIGNED_IN, "HTTP 200", id="page"),
            pytest.param(
                httpx.Response(200, json=referral(id="other")), SIGNED_IN, "HTTP 200", id="another"
            ),
            pytest.param(httpx.ReadTimeout("canary"), SIGNED_IN, "ReadTimeout", id="no-answer"),
            pytest.param(httpx.ConnectError("canary"), SIGNED_IN, "ConnectError", id="no-way"),
            pytest.param(
                httpx.Response(200),
                httpx.Response(400, json={"error": "invalid_grant", "x": "canary"}),
                "sign_in_failed",
                id="not-signed-in",
            ),
        ],
    )
    async def test_nobody_can_say(self, answer: Any, sign_in: httpx.Response, said: str):
        """Where it cannot be had, the error says why, and nothing of anybody's."""
        with pytest.raises(Unreachable) as caught:
            await partner(answer, sign_in).fetch(KEY, NOW)

        assert said in str(caught.value)
        assert "canary" not in "".join(traceback.format_exception(caught.value))
