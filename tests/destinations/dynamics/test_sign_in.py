"""Signing in to Dataverse, and the settings that say how and where."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity.aio import ClientSecretCredential, ManagedIdentityCredential
from pydantic import ValidationError

from leadshare.client.tokens.refused_sign_in import REST
from leadshare.deliveries.delivery import Accepted, Deferred, Reply
from leadshare.destinations.dynamics import environment as dynamics
from leadshare.destinations.dynamics.destination import Dynamics
from leadshare.destinations.dynamics.settings import authority, credential
from tests.builders import NOW, delivery, reasons
from tests.destinations.dynamics.builders import (
    GUID,
    OTHER,
    URL,
    Tokens,
    configured,
    dynamics_at,
    several,
)

SOVEREIGN = {
    "https://contoso.crm.microsoftdynamics.us": "login.microsoftonline.us",
    "https://contoso.crm.appsplatform.us": "login.microsoftonline.us",
    "https://contoso.crm.dynamics.cn": "login.partner.microsoftonline.cn",
}
"""Environments outside of the public cloud, and who signs in to them."""


class Answered:
    """An answer as the library keeps it."""

    status_code = 429
    reason = "Too Many Requests"
    headers = {"retry-after": "77"}  # noqa: RUF012 - as the library's

    def text(self) -> str:
        """Return its body."""
        return ""


class TestSignIn:
    async def test_scope(self, crm, tokens):
        """A token is asked for this environment, once for many calls."""
        for one in several(3):
            await crm.deliver([one], NOW)

        assert {f"{URL}/.default"} == tokens.scopes
        assert 1 == tokens.count

    async def test_near_its_end(self, crm, tokens):
        """A token is replaced five minutes before its end."""
        await crm.deliver([delivery()], NOW)

        await crm.deliver([delivery()], NOW + tokens.lifetime - timedelta(minutes=5))
        before = tokens.count
        await crm.deliver([delivery()], NOW + tokens.lifetime - timedelta(seconds=299))

        assert (1, 2) == (before, tokens.count)

    @pytest.mark.parametrize("attempts", [0, 1], ids=["write", "search"])
    async def test_refused_once(self, crm, dataverse, tokens, attempts):
        """A token that is refused is replaced, and the call repeated."""
        dataverse.tokens = {"token-2"}

        reply = await crm.deliver([delivery(attempts=attempts)], NOW)

        assert (Accepted(GUID),) == reply.outcomes
        assert 2 == tokens.count

    async def test_refused_twice(self, crm, dataverse):
        """Where the new token is refused too, nobody insists."""
        dataverse.tokens = set()

        reply = await crm.deliver([delivery()], NOW)

        assert Reply((Deferred("unauthorised"),), 401, failing=True) == reply
        assert 2 == dataverse.calls

    async def test_refused_to_many(self, crm, dataverse, tokens):
        """Calls in flight whose token is refused replace it once together."""
        dataverse.tokens = {"token-2"}

        replies = await asyncio.gather(*(crm.deliver([one], NOW) for one in several(4)))

        assert [""] * 4 == [reason for reply in replies for reason in reasons(reply)]
        assert 2 == tokens.count

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            pytest.param(
                ClientAuthenticationError("AADSTS7000222"), "sign_in_failed", id="refused"
            ),
            pytest.param(ServiceRequestError("no route"), "unreachable", id="unreachable"),
        ],
    )
    async def test_fails(self, dataverse, error, reason):
        """Without a token no request leaves, no attempt counts and the breaker does."""
        crm = dynamics_at(dataverse.handle, Tokens(error))

        reply = await crm.deliver([delivery(), delivery(lead=OTHER)], NOW)
        again = await crm.deliver([delivery()], NOW)

        waiting = Deferred(reason, counts=False)
        assert Reply((waiting, waiting), failing=True) == reply
        assert (Accepted(GUID),) == again.outcomes

    async def test_throttled(self, dataverse):
        """Too many sign-ins rest the lane, and are no fault of the secret's."""
        crm = dynamics_at(dataverse.handle, Tokens(ClientAuthenticationError("AADSTS90055")))

        reply = await crm.deliver([delivery()], NOW)

        assert Reply((Deferred("throttled", counts=False),), hold=REST) == reply

    async def test_told_to_wait(self, dataverse):
        """How long is read from the answer that the library has seen."""
        answered: Any = Answered()
        error = ClientAuthenticationError("too many", response=answered)
        crm = dynamics_at(dataverse.handle, Tokens(error))

        reply = await crm.deliver([delivery()], NOW)

        assert timedelta(seconds=77) == reply.hold

    async def test_hangs(self, dataverse):
        """A sign-in takes no longer than a call may."""

        class Hanging(Tokens):
            async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
                return await asyncio.Event().wait()  # type: ignore[return-value]  # never returns

        crm = dynamics_at(dataverse.handle, Hanging(), timeout=0.01)

        replies = await asyncio.gather(*(crm.deliver([delivery()], NOW) for _ in range(4)))

        assert [["timeout"]] * 4 == [reasons(reply) for reply in replies]

    async def test_own_credential(self, monkeypatch, dataverse, tokens):
        """The credential that the settings describe is made for one token and closed again."""
        monkeypatch.setattr(dynamics, "credential", lambda _settings: tokens)
        crm = dynamics_at(dataverse.handle)
        ours = Dynamics(crm.settings, crm.client)

        reply = await ours.deliver([delivery()], NOW)

        assert (Accepted(GUID),) == reply.outcomes
        assert tokens.closed

    async def test_secret(self):
        """With a secret an app signs in."""
        assert isinstance(credential(configured(**APP)), ClientSecretCredential)

    @pytest.mark.parametrize("client_id", ["", "8c0d1a2b"], ids=["system", "user-assigned"])
    async def test_managed_identity(self, client_id):
        """Without a secret the managed identity signs in."""
        assert isinstance(credential(configured(client_id=client_id)), ManagedIdentityCredential)

    def test_import(self):
        """Who does not sign in does not load azure-identity, which takes half a second."""
        module = "leadshare.destinations.dynamics.destination"
        code = f"import sys, {module}; print('azure.identity' in sys.modules)"
        run = subprocess.run(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-c", code], capture_output=True, check=True, text=True
        )

        assert "False\n" == run.stdout


APP = {"tenant_id": "contoso.com", "client_id": "8c0d1a2b", "client_secret": "DYNAMICS_SECRET"}


class TestSettings:
    @pytest.mark.parametrize(
        "url",
        [
            "https://contoso.crm4.dynamics.com/main.aspx?appid=1",
            "https://contoso.crm4.dynamics.com.example",
            "https://user@contoso.crm4.dynamics.com",
            "https://contoso.crm4.dynamics.com:8443",
            "http://contoso.crm4.dynamics.com",
            "contoso.crm4.dynamics.com",
            "https://contoso.crm4.dynamics.com\n",
        ],
    )
    def test_bad_address(self, url):
        """An address that is no environment's is an error that shows one."""
        with pytest.raises(ValidationError, match=r"url must be like https://contoso\.crm4"):
            configured(url=url)

    @pytest.mark.parametrize(
        ("url", "read"),
        [
            ("https://Contoso.crm.dynamics.com/", "https://contoso.crm.dynamics.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://contoso.crm9.dynamics.com", "https://contoso.crm9.dynamics.com"),
            *((url, url) for url in SOVEREIGN),
        ],
    )
    def test_good_address(self, url, read):
        """Case and a last slash do not matter, and a simulator on loopback will do."""
        assert read == configured(url=url).url

    @pytest.mark.parametrize("url", SOVEREIGN)
    def test_authority(self, url):
        """A sovereign cloud signs in at its own authority, and all others at the public one."""
        assert SOVEREIGN[url] == authority(url)
        assert "login.microsoftonline.com" == authority("https://contoso.crm4.dynamics.com")
        assert isinstance(credential(configured(**APP | {"url": url})), ClientSecretCredential)

    @pytest.mark.parametrize("missing", APP)
    def test_half_a_sign_in(self, missing):
        """Half of what an app signs in with is an error that names the whole."""
        half = {name: text for name, text in APP.items() if name != missing}

        with pytest.raises(ValidationError, match="go together"):
            configured(**half)

    @pytest.mark.parametrize("key", ["ls_leadkey='x'", "LeadKey", "a b", "ls_leadkey\n"])
    def test_bad_key(self, key):
        """A key that is no column's logical name is an error."""
        with pytest.raises(ValidationError, match="key"):
            configured(key=key)

    def test_secret_is_hidden(self):
        """Settings show no secret."""
        assert "s3cret" not in repr(configured(**APP))
