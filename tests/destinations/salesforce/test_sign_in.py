"""Signing in to Salesforce, and the settings that say how and where."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from leadshare.deliveries.delivery import Deferred, Reply
from leadshare.destinations.base import Destination
from leadshare.destinations.salesforce.sign_in import SalesforceSettings, audience
from tests.builders import NOW, delivery, reasons
from tests.destinations.salesforce.beside import US
from tests.destinations.salesforce.builders import SECRETS, Handler
from tests.destinations.salesforce.database import KEY
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.salesforce import CLIENT, SECRET, URL, USER, Account, keys


class TestSettings:
    def test_defaults(self):
        """Our id goes to LeadShare_Id__c, and leads are not handed out by Salesforce's rules."""
        told = settings()

        assert ("LeadShare_Id__c", True) == (told.key, told.assignment_rules)

    @pytest.mark.parametrize(
        ("url", "kept"),
        [
            ("https://Contoso.my.salesforce.com/", URL),
            (
                "https://contoso--dev.sandbox.my.salesforce.com",
                "https://contoso--dev.sandbox.my.salesforce.com",
            ),
            ("https://contoso.my.salesforce.mil", "https://contoso.my.salesforce.mil"),
            (
                "https://contoso--uat.sandbox.my.sfcrmproducts.cn",
                "https://contoso--uat.sandbox.my.sfcrmproducts.cn",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ],
    )
    def test_url(self, url, kept):
        """An org is named by its My Domain; a simulator on this machine will do too."""
        assert kept == settings(url=url).url

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            pytest.param({"url": "https://login.salesforce.com"}, "url must be like", id="login"),
            pytest.param({"url": f"{URL}.evil.example"}, "url must be like", id="suffix"),
            pytest.param({"url": "http://contoso.my.salesforce.com"}, "url must be", id="http"),
            pytest.param({"url": f"{URL}/path"}, "url must be like", id="path"),
            pytest.param({"url": "http://localhost.evil.example"}, "url must be", id="loopback"),
            pytest.param({"key": "Email"}, "key", id="key-is-standard"),
            pytest.param({"key": "a' OR Id != '__c"}, "key", id="key-injects"),
            pytest.param({"client_secret": None}, "either client_secret", id="no-way-in"),
            pytest.param({"username": USER}, "either client_secret", id="user-without-key"),
            pytest.param({"private_key": "PRIVATE_KEY"}, "either client_secret", id="both"),
            pytest.param(
                {"client_secret": None, "private_key": "PRIVATE_KEY"}, "either", id="key-alone"
            ),
            pytest.param({"private_key": "SALESFORCE_SECRET"}, "PEM", id="no-pem"),
            pytest.param({"client_id": "a b"}, "client_id", id="blank-in-client-id"),
            pytest.param({"fields": {KEY: "email"}}, "set by leadshare", id="maps-key"),
            pytest.param({"fields": {"ID": "email"}}, "set by leadshare", id="maps-id"),
            pytest.param({"fields": {"attributes": "email"}}, "set by", id="maps-attributes"),
            pytest.param({"sandbox": True}, "sandbox", id="unknown"),
        ],
    )
    def test_refused(self, changes, message):
        """What could not work, or would go elsewhere, is refused when it loads."""
        with pytest.raises(ValidationError, match=message):
            settings(**changes)

    def test_hides_key(self):
        """Neither the private key nor the user's name shows when settings are printed."""
        shown = repr(settings(client_secret=None, username=USER, private_key="PRIVATE_KEY"))

        assert "BEGIN" not in shown
        assert USER not in shown


def settings(**changes: Any) -> SalesforceSettings:
    """Settings as the file gives them."""
    told = {name: value for name, value in {**Account.SETTINGS, **changes}.items() if value}
    return SalesforceSettings.model_validate(told, context={**SECRETS, "PRIVATE_KEY": keys()[0]})


class TestSignIn:
    async def test_client_credentials(self, org, crm):
        """An app's id and secret go to My Domain's token address as a form, in no address."""
        await crm.deliver([delivery()], NOW)

        request = org.requests[0]
        assert ("POST", f"{URL}/services/oauth2/token") == (request.method, str(request.url))
        assert (
            f"grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}"
            == request.content.decode()
        )

    @pytest.mark.parametrize("escape", [False, True], ids=["lines", "one-line"])
    async def test_jwt_bearer(self, org, escape):
        """An assertion signed with the key, whichever way its lines were typed, signs in too."""
        reply = await by_key(org, escape=escape).deliver([delivery()], NOW)

        assert [""] == reasons(reply)
        assert 1 == org.sign_ins

    @pytest.mark.parametrize("kind", ["sandbox", "scratch"])
    async def test_audience(self, kind):
        """A sandbox's assertion is meant for the test audience."""
        url = f"https://contoso--dev.{kind}.my.salesforce.com"
        org = Account()
        org.audience, org.instance = "https://test.salesforce.com", URL

        def handle(request: httpx.Request) -> httpx.Response:
            request.url = request.url.copy_with(host="contoso.my.salesforce.com")
            return org.handle(request)

        reply = await by_key(org, handle, url=url).deliver([delivery()], NOW)

        assert [""] == reasons(reply)

    @pytest.mark.parametrize(
        ("key", "reason"),
        [
            pytest.param("cmVhbGx5IG5v", "private_key_unreadable", id="unreadable"),
            pytest.param(
                "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
                "private_key_not_rsa",
                id="ed25519",
            ),
        ],
    )
    async def test_odd_key(self, org, key, reason):
        """A key that cannot sign is told, without a word of it, and no lead is rejected."""
        text = f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----"

        reply = await by_key(org, key=text).deliver([delivery()], NOW)

        assert Reply((Deferred(reason, counts=False),), failing=True) == reply
        assert [] == org.requests

    async def test_wrong_secret(self, org):
        """A secret that is refused leaves every lead where it is."""
        there = destination_of(Account.SETTINGS, {"SALESFORCE_SECRET": "old"}, org.handle)

        reply = await there.deliver([delivery()], NOW)

        assert Reply((Deferred("sign_in_failed", counts=False),), failing=True) == reply

    @pytest.mark.parametrize(
        "instance",
        [
            "https://evil.example",
            "https://salesforce.com.evil.example",
            "https://evil.example/.salesforce.com",
            "https://evilsalesforce.com",
            "https://me@contoso.my.salesforce.com",
            "https://contoso.my.salesforce.mil",
            "http://contoso.my.salesforce.com",
            "http://127.0.0.1:8080",
            "https://contoso.my.salesforce.com:8443",
            "",
            None,
        ],
    )
    async def test_instance_elsewhere(self, org, crm, instance):
        """An answer that names another's host gets neither the token nor a lead."""
        org.instance = instance

        reply = await crm.deliver([delivery()], NOW)

        assert Reply((Deferred("instance_refused", counts=False),), failing=True) == reply
        assert 1 == len(org.requests)

    async def test_instance(self):
        """Leads go to the address that came with the token."""
        org = Account()
        org.instance = "https://EU6.salesforce.com/"
        asked = []

        def handle(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.host)
            request.url = request.url.copy_with(host="contoso.my.salesforce.com")
            return org.handle(request)

        await destination_of(Account.SETTINGS, SECRETS, handle).deliver([delivery()], NOW)

        assert ["contoso.my.salesforce.com", "eu6.salesforce.com"] == asked

    async def test_loopback(self):
        """A simulator on this machine may name an address on this machine."""
        asked = []

        def handle(request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            told = {"access_token": "t", "instance_url": "http://localhost:9"}
            return httpx.Response(200, json=told)

        told = {**Account.SETTINGS, "url": "http://127.0.0.1:8"}
        await destination_of(told, SECRETS, handle).deliver([delivery()], NOW)

        assert ["http://127.0.0.1:8", "http://localhost:9"] == [url[:18] for url in asked]

    @pytest.mark.parametrize(
        ("identity", "user"),
        [
            (f"https://login.salesforce.com/id/00D000000000001AAA/{US}", US),
            ("https://login.salesforce.com/id/00D000000000001AAA/somebody", ""),
            (None, ""),
        ],
        ids=["told", "odd", "untold"],
    )
    async def test_user(self, identity, user):
        """Who we are is told with the token, if at all."""

        def handle(_request: httpx.Request) -> httpx.Response:
            told = {"access_token": "t", "instance_url": Account.SETTINGS["url"], "id": identity}
            return httpx.Response(200, json=told)

        there: Any = destination_of(Account.SETTINGS, SECRETS, handle)

        assert user == (await there.token(NOW)).user

    async def test_kept(self, org, crm):
        """A token is used for two hours less five minutes, since no answer tells its end."""
        await crm.deliver([delivery()], NOW)
        await crm.deliver([delivery()], NOW + timedelta(minutes=114))
        before = org.sign_ins
        await crm.deliver([delivery()], NOW + timedelta(minutes=116))

        assert (1, 2) == (before, org.sign_ins)


def by_key(
    org: Account,
    handle: Handler | None = None,
    *,
    key: str | None = None,
    escape: bool = False,
    **changes: Any,
) -> Destination[Any]:
    """A destination that signs in with a private key."""
    text = key or keys()[0]
    text = text.replace("\n", "\\n") if escape else text
    told = {**Account.SETTINGS, "username": USER, "private_key": "PRIVATE_KEY", **changes}
    del told["client_secret"]
    return destination_of(told, {"PRIVATE_KEY": text}, handle or org.handle)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://contoso.my.salesforce.com", "https://login.salesforce.com"),
        ("https://contoso--x.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://contoso.my.salesforce.mil", "https://login.salesforce.mil"),
        ("https://contoso--x.sandbox.my.sfcrmproducts.cn", "https://test.sfcrmproducts.cn"),
    ],
)
def test_audience(url, expected):
    """Who is to believe an assertion is the login host of the org's own cloud."""
    assert expected == audience(url)
