"""What the real host's web server does with requests, before and after the functions."""

import asyncio
import base64
import gzip
import json

import aiohttp
import pytest

from leadshare.local.host.host import Host
from leadshare.local.host.http.throttle import Throttle
from leadshare.local.host.settings.options import UNBOUNDED

from .conftest import TOY

KEYS = {"master": "m", "functions": {"keyed": {"one": "f"}}}
CLOSE = b"Host: localhost\r\nConnection: close\r\n"
LINE = len(b"GET /api/echo/ HTTP/1.1\r\n")
HEADERS = len(CLOSE + b"X-Long: \r\n\r\n")


def status(answer):
    """Read the status of an answer."""
    return int(answer.split(b" ", 2)[1])


def body(answer):
    """Read the JSON of an answer that came in one chunk."""
    _, _, chunks = answer.partition(b"\r\n\r\n")
    return json.loads(chunks.split(b"\r\n")[1])


def get(path=b"/api/echo/a", headers=b""):
    """Write a request without a body."""
    return b"GET %b HTTP/1.1\r\n%b%b\r\n" % (path, CLOSE, headers)


def post(content, headers=b"", path=b"/api/echo/a"):
    """Write a request with a body."""
    return b"POST %b HTTP/1.1\r\n%b%b\r\n%b" % (path, CLOSE, headers, content)


def long(size):
    """Tell the length of a body."""
    return b"Content-Length: %d\r\n" % size


class TestBody:
    @pytest.mark.parametrize("size", [1, 100, 200_000])
    async def test_chunked(self, host, exchange, size):
        """A body sent in chunks is lost, whatever its size; its header tells of it."""
        chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"x" * size)
        seen = body(await exchange(host, post(chunks, b"Transfer-Encoding: chunked\r\n")))

        assert seen["body"] == ""
        assert "chunked" == seen["headers"]["transfer-encoding"]
        assert "content-length" not in seen["headers"]

    async def test_compressed(self, host, exchange):
        """A compressed body is passed on as it came."""
        packed = gzip.compress(b"a lead")
        headers = b"Content-Encoding: gzip\r\n" + long(len(packed))
        seen = body(await exchange(host, post(packed, headers)))

        assert packed == base64.b64decode(seen["body"])
        assert "gzip" == seen["headers"]["content-encoding"]

    async def test_over_the_limit(self, settings, exchange):
        """Over the limit of sizes the answer is an empty 500, and the connection ends."""
        settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] = "1000"
        request = post(b"x" * 1001, long(1001)).replace(b"Connection: close\r\n", b"")
        async with Host(TOY, settings=settings) as host:
            answer = await exchange(host, request)

        assert 500 == status(answer)
        assert b"\r\nConnection: close\r\n" in answer
        assert answer.endswith(b"\r\n\r\n")

    async def test_up_to_the_limit(self, settings, exchange):
        """Up to the limit the function answers."""
        settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] = "1000"
        async with Host(TOY, settings=settings) as host:
            answer = await exchange(host, post(b"x" * 1000, long(1000)))

        assert 1000 == len(base64.b64decode(body(answer)["body"]))

    async def test_declared(self, host, exchange):
        """Without a setting the limit is 100 MiB, and what a request declares counts."""
        answer = await exchange(host, post(b"", long(100 * 1024**2 + 1)), head=True)

        assert 500 == status(answer)

    @pytest.mark.parametrize(("key", "expected"), [(b"f", 500), (b"x", 401)])
    async def test_key_first(self, settings, exchange, key, expected):
        """The key is looked at before the size."""
        settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] = "1"
        async with Host(TOY, settings=settings, keys=KEYS) as host:
            answer = await exchange(host, post(b"xx", long(2), b"/api/keyed?code=" + key))

        assert expected == status(answer)

    async def test_cut_short(self, host, exchange, queues, caplog):
        """A body that ends before its length is answered with nothing, and nothing is queued."""
        request = post(b"half", long(8), b"/api/send_bytes")
        answer = await exchange(host, request, end=True)
        for _ in range(200):
            if "body.cut_short" in caplog.text:
                break
            await asyncio.sleep(0.01)

        assert b"" == answer
        assert ["body.cut_short"] == [
            r.getMessage() for r in caplog.records if r.levelname != "DEBUG"
        ]
        assert [] == await queues.bodies("OUT")


class TestLine:
    @pytest.mark.parametrize(
        ("size", "expected"),
        [(8192 - LINE, 200), (8193 - LINE, 414), (9000, 414), (2_000_000, 414)],
    )
    async def test_url(self, host, exchange, size, expected):
        """The first line has 8 KiB at most."""
        assert expected == status(await exchange(host, get(b"/api/echo/" + b"a" * size)))

    @pytest.mark.parametrize(
        ("size", "expected"),
        [(32768 - HEADERS, 200), (32769 - HEADERS, 431), (200_000, 431)],
    )
    async def test_headers(self, host, exchange, size, expected):
        """All headers have 32 KiB at most."""
        header = b"X-Long: %b\r\n" % (b"a" * size)

        assert expected == status(await exchange(host, get(headers=header)))

    @pytest.mark.parametrize(("count", "expected"), [(98, 200), (99, 431)])
    async def test_number_of_headers(self, host, exchange, count, expected):
        """There are 100 headers at most."""
        headers = b"".join(b"X-%d: a\r\n" % number for number in range(count))

        assert expected == status(await exchange(host, get(headers=headers)))

    async def test_refused(self, host, exchange):
        """Such a request is answered with nothing else, and the connection ends."""
        request = get(b"/api/" + b"a" * 9000).replace(b"Connection: close\r\n", b"")
        answer = await exchange(host, request)

        assert b"\r\nConnection: close\r\n" in answer
        assert answer.endswith(b"\r\n\r\n")


class TestAnswer:
    async def test_in_chunks(self, host, exchange):
        """What a function answers is sent in chunks, without a length."""
        answer = await exchange(host, post(b"hello", long(5), b"/api/text"))

        assert b"\r\nTransfer-Encoding: chunked\r\n" in answer
        assert b"Content-Length" not in answer
        assert answer.endswith(b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")

    async def test_old_client(self, host, exchange):
        """A client of HTTP/1.0 is told the length."""
        request = post(b"hello", long(5), b"/api/text").replace(b"HTTP/1.1", b"HTTP/1.0")
        answer = await exchange(host, request)

        assert b"\r\nContent-Length: 5\r\n" in answer
        assert answer.endswith(b"\r\n\r\nhello")

    @pytest.mark.parametrize(
        "request_of",
        [
            pytest.param(get(b"/api/made?status=204"), id="no-content"),
            pytest.param(get().replace(b"GET", b"HEAD"), id="head"),
        ],
    )
    async def test_no_body(self, host, exchange, request_of):
        """An answer that may have no body has no chunks either."""
        answer = await exchange(host, request_of)

        assert status(answer) in {200, 204}
        assert answer.endswith(b"\r\n\r\n")
        assert b"chunked" not in answer


class TestHome:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_page(self, host, method):
        """The host has a page of its own."""
        async with aiohttp.request(method, f"{host.url}/") as response:
            assert 200 == response.status
            assert "text/html" == response.content_type
            assert "up and running" in await response.text()

    async def test_disabled(self, settings):
        """It can be left away."""
        settings["AzureWebJobsDisableHomepage"] = "true"
        async with (
            Host(TOY, settings=settings) as host,
            aiohttp.request("GET", host.url) as response,
        ):
            assert (204, b"") == (response.status, await response.read())

    async def test_prefix(self, settings):
        """Nothing else outside the prefix is there."""
        async with (
            Host(TOY, settings=settings) as host,
            aiohttp.request("GET", f"{host.url}/made") as response,
        ):
            assert (404, b"") == (response.status, await response.read())


class TestThrottle:
    async def test_turned_away(self, settings):
        """More requests than host.json lets be outstanding are turned away."""
        settings["AzureFunctionsJobHost__extensions__http__maxOutstandingRequests"] = "1"
        async with Host(TOY, settings=settings) as host, aiohttp.ClientSession() as http:
            slow = [http.get(f"{host.url}/api/slow?seconds=1") for _ in range(2)]
            both = await asyncio.gather(*slow)
            async with http.get(f"{host.url}/api/made") as later:
                assert 418 == later.status

        assert [200, 429] == sorted(response.status for response in both)

    async def test_room(self):
        """Those that may be here wait for their turn, and each is counted until it ends."""
        throttle, waited = Throttle(2, 1), asyncio.Event()

        async def wait():
            async with throttle.turn():
                waited.set()

        async with throttle.turn():
            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
            assert throttle.is_full
            assert not waited.is_set()
        await waiting
        assert not throttle.is_full

    async def test_no_limit(self):
        """Without limits nobody waits and nobody is turned away."""
        throttle = Throttle(UNBOUNDED, UNBOUNDED)

        async with throttle.turn(), throttle.turn():
            assert not throttle.is_full
