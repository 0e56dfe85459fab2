"""Which deployment is meant, and what opens it: no key goes where it should not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from leadshare.commands.deployment.azure_app import find
from leadshare.commands.deployment.connection import connected
from leadshare.errors import BadRequest, ConfigurationError, Unreachable
from tests.commands.conftest import said

KEY = "canary-host-key"
HOST = "contoso-leads.azurewebsites.net"
SITE = "/subscriptions/0/resourceGroups/g/providers/Microsoft.Web/sites/contoso-leads"


class Azure(BaseHTTPRequestHandler):
    """Resource Graph and a function app's keys, as their reference documents them."""

    apps: list[dict[str, str]]
    keys: dict[str, object]
    asked: list[str]

    def do_POST(self) -> None:
        """Answer a query, or tell the keys of a host."""
        body = self.rfile.read(int(self.headers["content-length"] or 0)).decode()
        self.asked.append(f"{self.path} {body}")
        graph = self.path.startswith("/providers/Microsoft.ResourceGraph/resources?")
        site = f"{SITE}/host/default/listkeys?api-version=2024-11-01"
        found = {"data": self.apps} if graph else self.keys
        self.send_response(200 if graph or self.path == site else 404)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(name="azure")
def _azure() -> Iterator[tuple[type[Azure], dict[str, str]]]:
    """Azure with one app, and the environment that leads there."""

    class Simulated(Azure):
        apps = [{"id": SITE, "host": HOST}]  # noqa: RUF012 - made anew for each test
        keys = {"functionKeys": {"default": KEY}}  # noqa: RUF012 - as above
        asked = []  # noqa: RUF012 - as above

    server = ThreadingHTTPServer(("127.0.0.1", 0), Simulated)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield (
        Simulated,
        {
            "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
            "LEADSHARE_ARM_URL": f"http://127.0.0.1:{server.server_port}",
        },
    )
    server.shutdown()
    thread.join()
    server.server_close()


class TestConnected:
    @pytest.mark.parametrize(
        ("environment", "url", "key"),
        [
            pytest.param({}, "http://127.0.0.1:7071", None, id="local"),
            pytest.param(
                {"LEADSHARE_MANAGE_URL": "http://127.0.0.1:8000/", "LEADSHARE_KEY": KEY},
                "http://127.0.0.1:8000",
                None,
                id="other-port",
            ),
            pytest.param(
                {"LEADSHARE_MANAGE_URL": "https://contoso.example", "LEADSHARE_KEY": KEY},
                "https://contoso.example",
                KEY,
                id="deployment",
            ),
        ],
    )
    def test_place(self, environment, url, key):
        """Without anything said it is the local host, which gets no key."""
        with connected("", environment=environment) as manage:
            assert (url, key) == (manage.url, manage.client.headers.get("x-functions-key"))

    @pytest.mark.parametrize(
        ("url", "named"),
        [
            pytest.param("http://contoso.example", "MANAGE_URL", id="http"),
            pytest.param("https://contoso.example", "KEY", id="no-key"),
        ],
    )
    def test_wrong(self, url, named):
        """What is missing or would show the key on its way is told by its setting."""
        there = connected("", environment={"LEADSHARE_MANAGE_URL": url})
        with pytest.raises(ConfigurationError, match=f"LEADSHARE_{named}: expected"), there:
            pass

    def test_privacy_key(self):
        """What opens persons is sent only where persons are asked for."""
        environment = {"LEADSHARE_PRIVACY_KEY": "canary-key"}
        header = "x-leadshare-privacy-key"
        with connected("", environment=environment) as manage:
            assert header not in manage.client.headers
        with connected("", persons=True, environment=environment) as manage:
            assert "canary-key" == manage.client.headers[header]

    def test_who_opens(self):
        """Who opens something is sent where that is told, in whatever script."""
        with connected("") as manage:
            assert "x-leadshare-by" not in manage.client.headers
        with connected("", by="Zoë 1%") as manage:
            assert "Zo%C3%AB%201%25" == manage.client.headers["x-leadshare-by"]

    def test_nobody(self, monkeypatch):
        """Where nobody answers, that is an exit code of its own."""
        monkeypatch.setenv("LEADSHARE_MANAGE_URL", "http://127.0.0.1:9")
        told = said("health")

        assert (5, "127.0.0.1:9 does not answer: ConnectError\n") == (told.code, told.err)


class TestFind:
    def test_found(self, azure):
        """An app is found in all subscriptions by its name, with its default host key."""
        simulated, environment = azure

        assert (f"https://{HOST}", KEY) == find("contoso-leads", environment)
        assert "name =~ 'contoso-leads'" in simulated.asked[0]

    @pytest.mark.parametrize("name", ["", "x' or 1", "a/b", "-a"])
    def test_no_name(self, azure, name):
        """What is no app's name is not asked for."""
        simulated, environment = azure
        with pytest.raises(BadRequest, match="--app: expected the name"):
            find(name, environment)
        assert [] == simulated.asked

    @pytest.mark.parametrize(("count", "told"), [(0, "no such app"), (2, "2 apps of this name")])
    def test_not_one(self, azure, count, told):
        """What is not there, or there twice, is told as such, and no key is asked for."""
        simulated, environment = azure
        simulated.apps = simulated.apps * count
        with pytest.raises(BadRequest, match=told):
            find("contoso-leads", environment)
        assert 1 == len(simulated.asked)

    def test_no_key(self, azure):
        """Without a host key there is nothing to ask with."""
        simulated, environment = azure
        simulated.keys = {"masterKey": "x"}
        with pytest.raises(Unreachable, match="no host key"):
            find("contoso-leads", environment)
