"""What happens to a request."""

import asyncio
import base64
import json
import logging
import re
from pathlib import Path
from uuid import UUID

import aiohttp
import pytest
from yarl import URL

from leadshare.local.host.host import Host
from leadshare.local.host.times import Times
from tests.local.host.conftest import TOY, errors, toy

KEYS = {"master": "m", "host": {"default": "h"}, "functions": {"keyed": {"one": "f"}}}


class TestRequest:
    async def test_all_of_it(self, http):
        """The function gets method, URL, headers, query, route and body as the worker passes
        them.
        """
        headers = [("X-Two", "1"), ("X-Two", "2")]
        url = "echo/a%20b?one=1&two=1&two=2&empty="
        async with http.put(url, data=b"\xff\x00", headers=headers) as response:
            seen = await response.json()

        assert "PUT" == seen["method"]
        assert seen["url"].endswith("/api/echo/a%20b?one=1&two=1&two=2&empty=")
        assert "1,2" == seen["headers"]["x-two"]
        assert {"one": "1", "two": "1,2"} == seen["params"]
        assert {"first": "a b"} == seen["route"]
        assert b"\xff\x00" == base64.b64decode(seen["body"])

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("echo/a/b", {"first": "a", "second": "b"}),
            ("echo/a%2Fb", {"first": "a%2Fb"}),
            ("files/a/b.txt", {"path": "a/b.txt"}),
            ("files", {}),
            ("numbers/7", {"id": "7"}),
        ],
    )
    async def test_route(self, http, path, expected):
        """Route parameters are strings, and those that are absent are missing."""
        async with http.get(URL(path, encoded=True)) as response:
            seen = await response.json()

        assert expected == seen["route"]
        assert seen["body"] == ""

    @pytest.mark.parametrize(
        ("method", "path"),
        [("GET", "missing"), ("GET", "echo"), ("GET", "numbers/x"), ("POST", "files/a")],
    )
    async def test_not_found(self, http, method, path):
        """No route and a wrong method are both answered with 404."""
        async with http.request(method, path) as response:
            assert 404 == response.status

    async def test_query(self, http):
        """Names in the query count in any case, and empty values not at all."""
        async with http.get("echo/a?Name=1&name=&NAME=2&other=") as response:
            seen = await response.json()

        assert {"Name": "1,2"} == seen["params"]

    async def test_waits_to_be_asked(self, http):
        """A client that sends its body only when asked for it is asked."""
        async with http.post("echo/a", data=b"body", expect100=True) as response:
            seen = await response.json()

        assert b"body" == base64.b64decode(seen["body"])


class TestForeign:
    @pytest.mark.parametrize(
        "headers",
        [{"Host": "rebind.evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
    )
    async def test_refused(self, http, queues, headers):
        """What a web page may have sent calls no function, whatever the route."""
        async with http.post("send_bytes", data=b"a", headers=headers) as response:
            assert 403 == response.status
        async with http.get("nowhere", headers=headers) as response:
            assert 403 == response.status
        assert [] == await queues.bodies("OUT")


class TestAnswer:
    async def test_http_response(self, http):
        """Status, headers, type, charset and body are the function's."""
        async with http.get("made?toy=car") as response:
            body = await response.read()

        assert 418 == response.status
        assert "car" == response.headers["X-Toy"]
        assert "text/plain; charset=latin-1" == response.headers["Content-Type"]
        assert "é".encode("latin-1") == body

    @pytest.mark.parametrize(
        ("text", "status", "expected"),
        [
            pytest.param("plain", 200, "plain", id="text"),
            pytest.param('"quoted"', 200, "quoted", id="json-string"),
            pytest.param('{"a":1}', 200, '{\n  "a": 1\n}', id="object-is-indented"),
            pytest.param('{"body":"b","status":"202"}', 202, "b", id="object-is-the-response"),
            pytest.param('{"Body":{"b":1}}', 200, '{"b":1}', id="body-is-an-object"),
        ],
    )
    async def test_str(self, http, text, status, expected):
        """A plain string is read as JSON by the host, with all that follows."""
        async with http.post("text", data=text) as response:
            assert expected == await response.text()
            assert status == response.status

    async def test_str_with_headers(self, http):
        """A JSON object with a body may bring its own headers."""
        text = '{"body": "<p>", "headers": {"Content-Type": "text/html", "X-Toy": 1}}'
        async with http.post("text", data=text) as response:
            assert "text/html" == response.headers["Content-Type"]
            assert "1" == response.headers["X-Toy"]

    @pytest.mark.parametrize(
        ("path", "error"),
        [("nothing", "TypeError"), ("fails", "the toy is broken")],
    )
    async def test_failure(self, http, caplog, path, error):
        """A failure is answered with an empty 500 and logged with its traceback."""
        async with http.get(path) as response:
            assert (500, b"") == (response.status, await response.read())
        assert error in errors(caplog)

    async def test_context(self, http):
        """A parameter named context tells who is invoked."""
        async with http.get("context") as response:
            seen = json.loads(await response.text())

        assert "context" == seen["name"]
        assert TOY == Path(seen["folder"])
        assert UUID(seen["id"])
        assert seen["id"] == seen["thread_id"]
        assert seen["retry"] is None

    async def test_trace(self, http):
        """Each invocation is in a trace of its own, not sampled, as in Azure."""
        seen = set()
        for _ in range(2):
            async with http.get("context") as response:
                seen.add(json.loads(await response.text())["trace"])

        assert 2 == len(seen)
        assert all(re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", trace) for trace in seen)


class TestRunning:
    async def test_sync_functions_block_nobody(self, http):
        """Sync functions run in threads, at the same time as others."""
        both = asyncio.gather(*(http.get("slow_sync?seconds=1") for _ in range(2)))
        async with asyncio.timeout(0.9), http.get("made") as response:
            assert 418 == response.status
        assert [200, 200] == [response.status for response in await both]

    async def test_stop_does_not_wait_for_ever(self, settings):
        """A host that stops gives requests a while, and no longer."""
        async with asyncio.timeout(5), aiohttp.ClientSession() as http:
            async with toy(settings, times=Times(drain=0.2)) as host:
                request = asyncio.create_task(http.get(f"{host.url}/api/slow?seconds=60"))
                await asyncio.sleep(0.2)
            with pytest.raises(aiohttp.ClientError):
                await request


class TestKeys:
    @pytest.mark.parametrize(
        ("path", "headers", "expected"),
        [
            ("made", {}, 418),
            ("keyed", {}, 401),
            ("keyed?code=f", {}, 200),
            ("keyed?code=h", {}, 200),
            ("keyed?code=x", {}, 401),
            ("keyed", {"X-Functions-Key": "f"}, 200),
            ("keyed?code=f", {"X-Functions-Key": "x"}, 401),
            ("keyed?code=f", {"X-Functions-Key": ""}, 401),
            ("keyed?CODE=f", {}, 200),
            ("keyed?Code=x&code=f", {}, 401),
            ("mastered?code=f", {}, 401),
            ("mastered?code=m", {}, 200),
        ],
    )
    async def test_asked_for(self, settings, path, headers, expected):
        """With keys given, a function's level is enforced; the header goes before the query."""
        async with (
            Host(TOY, settings=settings, keys=KEYS) as host,
            aiohttp.ClientSession() as http,
            http.get(f"{host.url}/api/{path}", headers=headers) as response,
        ):
            assert expected == response.status

    async def test_not_asked_for(self, http):
        """Without keys every function is open, as under Core Tools."""
        async with http.get("mastered") as response:
            assert 200 == response.status

    async def test_not_logged(self, http, caplog):
        """Nothing that is logged about a request shows its query, in which keys ride."""
        caplog.set_level(logging.DEBUG)
        for path in ("keyed", "fails", "missing"):
            async with http.get(f"{path}?code=hush"):
                pass

        assert "function.executed" in caplog.text
        assert "hush" not in "".join(str(record.__dict__) for record in caplog.records)


class TestHost:
    async def test_describe(self, host, settings):
        """There is a line about each function, as Core Tools writes it."""
        lines = list(host.describe())

        assert f"files: [GET] {host.url}/api/files/{{*path}}" in lines
        assert f"echo: [ANY] {host.url}/api/echo/{{first}}/{{second?}}" in lines
        assert f"work: queueTrigger {settings['WORK']}" in lines
        assert f"tick: timerTrigger {settings['SCHEDULE']}" in lines

    @pytest.mark.parametrize(("key", "expected"), [("", 401), ("f", 404), ("h", 404), ("m", 200)])
    async def test_disabled(self, settings, key, expected):
        """A function that a setting disables runs only for whoever has the master key."""
        settings["AzureWebJobs_keyed_Disabled"] = "true"
        async with (
            Host(TOY, settings=settings, keys=KEYS) as host,
            aiohttp.ClientSession() as http,
            http.get(f"{host.url}/api/keyed?code={key}") as response,
        ):
            assert expected == response.status
            assert "keyed: disabled" in host.describe()

    async def test_disabled_without_keys(self, settings):
        """Without keys it does not run."""
        settings["AzureWebJobs.made.Disabled"] = "true"
        async with (
            Host(TOY, settings=settings) as host,
            aiohttp.ClientSession() as http,
            http.get(f"{host.url}/api/made") as response,
        ):
            assert 404 == response.status

    async def test_allow_list(self, settings):
        """Where host.json lists functions there are no others."""
        settings["AzureFunctionsJobHost__functions__0"] = "MADE"
        async with Host(TOY, settings=settings) as host:
            assert [f"made: [GET] {host.url}/api/made"] == list(host.describe())

    @pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1"])  # noqa: S104  # to be refused
    def test_loopback_only(self, address):
        """The host can be reached from its own machine only."""
        with pytest.raises(ValueError, match="loopback"):
            Host(TOY, host=address)
