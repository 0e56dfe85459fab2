"""Calls to Microsoft: who signs in and where, what is waited for, how refusals are told."""

from __future__ import annotations

import subprocess
import sys
import time
from types import SimpleNamespace

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import AzureCliCredential, ClientSecretCredential

from leadshare.errors import ConfigurationError, Unreachable
from leadshare.listings import ingestion
from leadshare.listings.api import TRIES, Api, Refused, Veil
from leadshare.listings.ingestion import Ingestion
from leadshare.listings.keys import FunctionKeys
from leadshare.listings.setup import ARM, GRAPH, app_of, main_of, publisher_of, read_setup
from leadshare.listings.signin import Tokens, sign_in
from tests.listings.microsoft import APP, Fault

LOCAL = {"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}
WHO = {"X_TENANT_ID": "t", "X_CLIENT_ID": "c", "X_CLIENT_SECRET": "s"}


def api(*answers, slept=None):
    """An API that gives these answers one after the other."""
    given = iter(answers)
    client = httpx.Client(transport=httpx.MockTransport(lambda _: next(given)))
    sleep = (slept if slept is not None else []).append
    return Api("https://api.example", {}, dict, client, Veil(), sleep)


class TestSetup:
    def test_microsoft(self):
        """Without a word the commands go to Microsoft."""
        setup = read_setup({})

        assert (GRAPH, ARM, "") == (setup.graph, setup.arm, setup.intake)

    @pytest.mark.parametrize("name", ["LEADSHARE_GRAPH_URL", "LEADSHARE_ARM_URL"])
    @pytest.mark.parametrize(
        ("url", "mode"),
        [
            pytest.param("http://127.0.0.1:1", {}, id="not-local"),
            pytest.param("https://graph.example", LOCAL, id="not-loopback"),
            pytest.param("http://127.0.0.1.example", LOCAL, id="looks-like-loopback"),
        ],
    )
    def test_simulator(self, name, url, mode):
        """A simulator is for local mode and this machine only."""
        with pytest.raises(ConfigurationError, match=name):
            read_setup({name: url, **mode})

    @pytest.mark.parametrize(
        ("url", "is_good"),
        [
            pytest.param("https://leads.contoso.example", True, id="https"),
            pytest.param("https://leads.contoso.example/", True, id="slash"),
            pytest.param("http://leads.contoso.example", False, id="http"),
            pytest.param("https://leads.contoso.example/api", False, id="path"),
            pytest.param("https://user@leads.contoso.example", False, id="user"),
            pytest.param("http://127.0.0.1:7071", False, id="loopback"),
        ],
    )
    def test_deployment(self, url, is_good):
        """Either app's address is https and nothing but a host."""
        intake, main = {"LEADSHARE_INTAKE_URL": url}, {"LEADSHARE_MANAGE_URL": url}
        if is_good:
            told = [read_setup(intake).intake, main_of(main)]
            assert ["https://leads.contoso.example"] * 2 == told
            return
        with pytest.raises(ConfigurationError, match="LEADSHARE_INTAKE_URL"):
            read_setup(intake)
        with pytest.raises(ConfigurationError, match="LEADSHARE_MANAGE_URL"):
            main_of(main)

    @pytest.mark.parametrize(
        ("read", "name"),
        [
            pytest.param(app_of, "LEADSHARE_INTAKE_APP", id="app"),
            pytest.param(publisher_of, "LEADSHARE_PUBLISHER", id="publisher"),
        ],
    )
    @pytest.mark.parametrize("value", ["", "a/b", f"{APP}/functions/x"])
    def test_wrong(self, read, name, value):
        """What is missing or cannot be an id is told by its name."""
        with pytest.raises(ConfigurationError, match=name):
            read({name: value})


class TestSignIn:
    def test_simulator(self):
        """A simulator gets no real token."""
        assert {"authorization": "Bearer simulated"} == sign_in(WHO, "http://127.0.0.1:1", "X")()

    @pytest.mark.parametrize(
        ("environment", "expected"),
        [
            pytest.param(WHO, ClientSecretCredential, id="secret"),
            pytest.param({}, AzureCliCredential, id="nothing"),
            pytest.param(WHO | {"X_CLIENT_SECRET": ""}, AzureCliCredential, id="oidc"),
        ],
    )
    def test_credential(self, environment, expected):
        """An application's secret signs in where there is one, else the Azure CLI."""
        tokens = sign_in(environment, "https://api.example", "Y", "X").__self__  # type: ignore[attr-defined]

        assert isinstance(tokens.credential, expected)
        assert "https://api.example/.default" == tokens.scope

    def test_half(self):
        """A secret without the rest is an error that names what is missing."""
        with pytest.raises(ConfigurationError, match="X_TENANT_ID"):
            sign_in(WHO | {"X_TENANT_ID": ""}, "https://api.example", "X")

    def test_kept(self):
        """A token is used until shortly before its end."""
        ends = iter((time.time() + 100, time.time() + 1000, time.time() + 9999))
        told = (SimpleNamespace(token=str(n), expires_on=next(ends)) for n in range(3))
        tokens = Tokens(SimpleNamespace(get_token=lambda _: next(told)), "s")

        assert ["0", "1", "1"] == [tokens.headers()["authorization"][-1] for _ in range(3)]

    def test_failed(self):
        """That signing in failed is told without the tenant's answer, which may quote who asked."""

        def fail(_):
            raise ClientAuthenticationError("user someone@contoso.example")

        tokens = Tokens(SimpleNamespace(get_token=fail), "s")
        with pytest.raises(Unreachable, match="az login") as caught:
            tokens.headers()
        assert "someone" not in str(caught.value)


class TestCalls:
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
    def test_throttled(self, method):
        """A throttled call is made again after the time that it is told, or some if it is told
        none.
        """
        slept: list[float] = []
        throttled = (httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(429))
        answered = api(*throttled, httpx.Response(200, json={"a": 1}), slept=slept)

        assert {"a": 1} == answered.ask(method, "x")
        assert [7, 10] == slept

    def test_throttled_on(self):
        """It is given up after a few times, or at once if the wait is too long for a person."""
        slept: list[float] = []
        with pytest.raises(Refused, match="429"):
            api(*[httpx.Response(429, headers={"retry-after": "0"})] * 9, slept=slept).ask(
                "GET", ""
            )
        assert TRIES - 1 == len(slept)
        with pytest.raises(Refused, match="429"):
            api(httpx.Response(429, headers={"retry-after": "900"})).ask("GET", "")

    @pytest.mark.parametrize(
        ("method", "is_repeated"), [pytest.param("GET", True), pytest.param("POST", False)]
    )
    def test_unavailable(self, method, is_repeated):
        """A server that is down is asked again only for what changes nothing."""
        answered = api(httpx.Response(503), httpx.Response(200, json={}))
        if is_repeated:
            assert {} == answered.ask(method, "x")
            return
        with pytest.raises(Refused, match="503"):
            answered.ask(method, "x")

    def test_unreachable(self):
        """A host that cannot be had is named."""

        def fail(request):
            raise httpx.ConnectError("no", request=request)

        client = httpx.Client(transport=httpx.MockTransport(fail))
        with pytest.raises(Unreachable, match=r"api\.example is out of reach: ConnectError"):
            Api("https://api.example", {}, dict, client, Veil()).ask("GET", "x")

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            pytest.param(401, "not accepted", id="401"),
            pytest.param(403, "permissions", id="403"),
            pytest.param(404, "not there", id="404"),
            pytest.param(400, "fault: wrong", id="400"),
            pytest.param(409, "fault: wrong", id="409"),
        ],
    )
    def test_refused(self, microsoft, line, status, said):
        """What either API refuses ends the command, told with what it said and what may help."""
        microsoft.add("robot")
        for part in ("/product", "/listkeys"):
            method = "POST" if part == "/listkeys" else "GET"
            microsoft.faults = [Fault(method, part, status, message="wrong")]

            assert 1 == line.run("listings", "audit")[0]
            assert said in line.errors

    def test_waits(self, microsoft, line):
        """A command outlasts being throttled."""
        microsoft.add("robot")
        microsoft.faults = [Fault("GET", "/product", 429, {"retry-after": "0"}, times=2)]

        assert "contoso.robot" in line.run("listings", "audit")[1]

    def test_expired(self, microsoft, line):
        """A sign-in that ends on the way is no fault of a listing's."""
        product = microsoft.add("robot")
        microsoft.faults = [Fault("GET", product, 401)]
        _, said = line.run("listings", "audit")

        assert not said
        assert "HTTP 401" in line.errors


class TestAnswers:
    def test_endless(self, monkeypatch):
        """A list of products that never ends is left."""
        monkeypatch.setattr(ingestion, "MOST_PAGES", 3)
        page = httpx.Response(200, json={"value": [], "@nextLink": "https://x/product?a=b"})
        with pytest.raises(Unreachable, match="does not end"):
            list(Ingestion(api(*[page] * 3)).products())

    def test_odd_product(self):
        """What is no product with an offer id is passed over."""
        odd = [{"id": "product/a"}, {"id": "x/../a", "identity": {"externalId": "a"}}]
        page = httpx.Response(200, json={"value": odd})

        assert not list(Ingestion(api(page)).products())

    @pytest.mark.parametrize("job", ["", "../x"])
    def test_no_job(self, job):
        """An answer without a job's id is an error, for nobody knows what was done."""
        answered = api(httpx.Response(202, json={"jobId": job}))
        with pytest.raises(Unreachable, match="listings audit"):
            Ingestion(answered).configure({})

    def test_dictionary(self):
        """Keys are read from the answer as documented too; what is no listing's key is passed
        over.
        """
        name = "listing-a-00000000-20260101000000"
        odd = {f"{name[:-1]}1": None, "default": "x"}
        answered = api(httpx.Response(200, json={"properties": {name: "v", **odd}}))

        assert [name] == [
            key.name for keys in FunctionKeys(answered, APP).read().values() for key in keys
        ]

    def test_no_host(self):
        """Where Azure does not tell the app's address, the setting is named that can."""
        with pytest.raises(Unreachable, match="LEADSHARE_INTAKE_URL"):
            FunctionKeys(api(httpx.Response(200, json={})), APP).host()

    @pytest.mark.parametrize(("status", "raises"), [(404, False), (403, True)])
    def test_gone(self, status, raises):
        """A key that is gone already is as good as ended; one that may not be ended is not."""
        keys = FunctionKeys(
            api(
                httpx.Response(200, json={"listing-a-00000000-20260101000000": "v"}),
                httpx.Response(status),
            ),
            APP,
        )
        [[key]] = keys.read().values()
        if not raises:
            keys.drop(key)
            return
        with pytest.raises(Refused):
            keys.drop(key)


class TestDeployed:
    def test_apart(self):
        """What is deployed runs without this room."""
        code = "import sys, function_app, leadshare.app.build; print(*sys.modules)"
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603 - ours

        assert b"leadshare.app.build" in told.stdout
        assert b"leadshare.listings" not in told.stdout
