"""The guarded client: what it calls, what it refuses, and how much it takes."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import httpcore
import httpx
import pytest
from aiohttp import web

from leadshare.destinations.errors import AddressRefused
from leadshare.destinations.guard import (
    LARGEST_ANSWER,
    AnswerTooLarge,
    AnswerUnreadable,
    Backend,
    GuardedTransport,
    guarded_client,
    phases,
    tls_context,
)
from tests.destinations.authority import Authority, authority_in

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "017700000001", "localhost"],
)
async def test_notation(host: str) -> None:
    """Loopback is refused in whatever notation it is written."""
    async with guarded_client(timeout=5, connections=1) as client:
        with pytest.raises(AddressRefused) as caught:
            await client.get(f"https://{host}/path?token=canary")

    assert f"{host} leads to an address that is not called" == str(caught.value)


@pytest.mark.parametrize("host", ["[::1]", "[::ffff:127.0.0.1]", "[fd00::1]", "[fe80::1%251]"])
async def test_ipv6_literal(host: str) -> None:
    """An IPv6 address in the URL is checked like any other."""
    async with guarded_client(timeout=5, connections=1) as client:
        with pytest.raises(AddressRefused):
            await client.get(f"https://{host}/")


async def test_plain_http_is_refused() -> None:
    """Plain http is refused outside local mode, by name only."""
    async with guarded_client(timeout=5, connections=1) as client:
        with pytest.raises(AddressRefused) as caught:
            await client.get("http://crm.example/path?token=canary")

    assert "crm.example is called over https only" == str(caught.value)


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "192.168.1.1"])
async def test_local_mode_is_loopback_only(host: str) -> None:
    """Local mode opens loopback and no other private network."""
    async with guarded_client(timeout=5, local=True, connections=1) as client:
        with pytest.raises(AddressRefused):
            await client.get(f"http://{host}/")


async def test_one_denied_address_condemns_the_name() -> None:
    """A name with a public and a private address is refused."""
    async with sink() as (port, calls), local_client(answers("127.0.0.1", "10.0.0.1")) as client:
        with pytest.raises(AddressRefused):
            await client.get(f"http://crm.example:{port}/")

    assert [] == calls


async def test_pinned() -> None:
    """The call goes to the checked address, and the Host header keeps the name."""
    async with sink() as (port, calls), local_client(answers("127.0.0.1")) as client:
        await client.get(f"http://no-such-name.invalid:{port}/")

    assert [f"no-such-name.invalid:{port}"] == [call.headers["host"] for call in calls]


async def test_rebinding() -> None:
    """A name that led to a public address is refused once it leads to a private one.

    127.0.0.2 is in an allowed network here and so stands for the Internet.
    """
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

    backend = Backend([ip_network("127.0.0.2/32")], local=False, resolve=rebinding)
    async with (
        sink("127.0.0.2") as (port, public),
        sink("127.0.0.1", port) as (_, private),
        client_over(backend) as client,
    ):
        await client.get(f"http://rebind.example:{port}/first", headers={"connection": "close"})
        with pytest.raises(AddressRefused):
            await client.get(f"http://rebind.example:{port}/second")

    assert ["/first"] == [call.path for call in public]
    assert [] == private
    assert 2 == len(asked)  # once for each connection: what was checked is what was called


async def test_next_address() -> None:
    """If the first address does not answer, the next one is called."""
    async with (
        sink() as (port, calls),
        local_client(answers("127.0.0.77", "127.0.0.1")) as client,
    ):
        response = await client.get(f"http://crm.example:{port}/")

    assert 200 == response.status_code
    assert 1 == len(calls)


async def test_no_address() -> None:
    """A name that has no address is unreachable."""
    async with local_client(answers()) as client:
        with pytest.raises(httpx.ConnectError, match=r"^ConnectError$"):
            await client.get("http://crm.example/")


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".example"])
async def test_unresolvable(host: str) -> None:
    """A name that cannot be resolved is unreachable, not refused."""
    async with guarded_client(timeout=5, connections=1) as client:
        with pytest.raises(httpx.ConnectError) as caught:
            await client.get(f"https://{host}/")

    assert not isinstance(caught.value, AddressRefused)


async def test_nobody_listens() -> None:
    """A closed port is unreachable."""
    async with sink() as (port, _):
        pass
    async with guarded_client(timeout=5, local=True, connections=1) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/")


async def test_tls_keeps_the_name(authority: Authority) -> None:
    """TLS asks for, and verifies, the name, though the call goes to the checked address."""
    backend = Backend([ip_network("127.0.0.0/8")], local=False, resolve=answers("127.0.0.1"))
    async with (
        sink(tls=authority.server) as (port, calls),
        client_over(backend, tls=authority.client) as client,
    ):
        await client.get(f"https://crm.example:{port}/")

    assert [f"crm.example:{port}"] == [call.headers["host"] for call in calls]
    assert ["crm.example"] == authority.names_asked


async def test_tls_of_another_name(authority: Authority) -> None:
    """A certificate for another name is no connection, and nothing is sent."""
    async with (
        sink(tls=authority.server) as (port, calls),
        local_client(answers("127.0.0.1"), tls=authority.client) as client,
    ):
        with pytest.raises(httpx.ConnectError):
            await client.get(f"https://other.example:{port}/")

    assert [] == calls


async def test_tls_of_an_unknown_authority(authority: Authority) -> None:
    """A certificate that no known authority signed is no connection."""
    async with (
        sink(tls=authority.server) as (port, calls),
        local_client(answers("127.0.0.1"), tls=tls_context()) as client,
    ):
        with pytest.raises(httpx.ConnectError):
            await client.get(f"https://crm.example:{port}/")

    assert [] == calls


def test_tls_context() -> None:
    """TLS is 1.2 or later, with the certificate and its name verified."""
    context = tls_context()

    assert ssl.TLSVersion.TLSv1_2 <= context.minimum_version
    assert ssl.CERT_REQUIRED == context.verify_mode
    assert context.check_hostname


async def test_no_redirects() -> None:
    """A redirect is an answer, and is not followed."""
    async with sink() as (port, calls), plain_client() as client:
        response = await client.get(f"http://127.0.0.1:{port}/redirect")

    assert 302 == response.status_code
    assert ["/redirect"] == [call.path for call in calls]


async def test_no_cookies_kept() -> None:
    """A cookie from one answer is not sent with the next call."""
    async with sink() as (port, calls), plain_client() as client:
        await client.get(f"http://127.0.0.1:{port}/cookie")
        await client.get(f"http://127.0.0.1:{port}/")

    assert [False, False] == ["cookie" in call.headers for call in calls]
    assert 0 == len(client.cookies)


async def test_no_proxies_or_logins_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither proxy variables nor .netrc have a say."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary")
    monkeypatch.setenv("NETRC", str(netrc))
    async with sink() as (port, calls), sink() as (proxy, proxied):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
            monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv("NO_PROXY", "")
        async with plain_client() as client:
            await client.get(f"http://127.0.0.1:{port}/")

    assert [] == proxied
    assert [False] == ["authorization" in call.headers for call in calls]


async def test_connection_is_kept() -> None:
    """Calls to one host, one after the other, share a connection."""
    async with sink() as (port, calls), plain_client() as client:
        for _ in range(3):
            await client.get(f"http://127.0.0.1:{port}/")

    assert 1 == len({call.peer for call in calls})


async def test_connections_are_bounded() -> None:
    """No more connections are opened than were asked for."""
    async with (
        sink() as (port, calls),
        guarded_client(timeout=5, local=True, connections=2) as client,
    ):
        await asyncio.gather(*(client.get(f"http://127.0.0.1:{port}/") for _ in range(8)))

    assert 8 == len(calls)
    assert 2 >= len({call.peer for call in calls})


@pytest.mark.parametrize("chunked", [False, True])
async def test_answer_at_the_limit(*, chunked: bool) -> None:
    """An answer of just the largest size is read."""
    response = await fetch(answer(b"x" * LARGEST_ANSWER, chunked=chunked))

    assert LARGEST_ANSWER == len(response.content)


@pytest.mark.parametrize("chunked", [False, True])
async def test_answer_over_the_limit(*, chunked: bool) -> None:
    """An answer of one byte more is refused."""
    with pytest.raises(AnswerTooLarge):
        await fetch(answer(b"x" * (LARGEST_ANSWER + 1), chunked=chunked))


async def test_gzip() -> None:
    """A gzip answer is decoded, and its headers no longer call it coded."""
    body = gzip.compress(b'{"id": 1}')
    response = await fetch(answer(body, "Content-Encoding: gzip"))

    assert {"id": 1} == response.json()
    assert "content-encoding" not in response.headers


async def test_gzip_at_the_limit() -> None:
    """A gzip answer of just the largest size is read."""
    body = gzip.compress(bytes(LARGEST_ANSWER))
    response = await fetch(answer(body, "Content-Encoding: GZIP"))

    assert LARGEST_ANSWER == len(response.content)


@pytest.mark.parametrize("size", [LARGEST_ANSWER + 1, 16 * LARGEST_ANSWER])
async def test_gzip_bomb(size: int) -> None:
    """A small answer that decodes to more than the limit is refused."""
    body = gzip.compress(bytes(size))
    assert len(body) < LARGEST_ANSWER
    with pytest.raises(AnswerTooLarge):
        await fetch(answer(body, "Content-Encoding: gzip"))


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        pytest.param(b"not gzip", "gzip", id="broken"),
        pytest.param(gzip.compress(b"cut off here")[:-4], "gzip", id="cut off"),
        pytest.param(b"anything", "br", id="not asked for"),
        pytest.param(gzip.compress(gzip.compress(b"x")), "gzip, gzip", id="twice"),
    ],
)
async def test_unreadable_coding(body: bytes, coding: str) -> None:
    """An answer that cannot be decoded is a transport error, which destinations expect."""
    with pytest.raises(AnswerUnreadable):
        await fetch(answer(body, f"Content-Encoding: {coding}"))


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"])
async def test_dribble(head: bytes) -> None:
    """An answer that dribbles in ends with the time-out, and its connection is free again."""
    connections = 0

    async def dribble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections > 1:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return
        writer.write(head)
        for byte in b"HTTP/1.1 200 " + b"x" * 900:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)

    async with (
        raw_server(dribble) as port,
        guarded_client(timeout=0.2, local=True, connections=1) as client,
    ):
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"http://127.0.0.1:{port}/")
        took = time.monotonic() - began
        response = await client.get(f"http://127.0.0.1:{port}/")

    assert 0.15 < took < 1
    assert 200 == response.status_code


async def test_slow_resolver() -> None:
    """A name that is not resolved in time is known as a call that never left."""

    async def slow(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(30)
        return []

    async with local_client(slow, timeout=0.2) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await client.get("http://crm.example/")


async def test_silent_tls() -> None:
    """A server that never shakes hands is known as a call that never left."""
    async with (
        raw_server(silent) as port,
        guarded_client(timeout=0.2, local=True, connections=1) as client,
    ):
        with pytest.raises(httpx.ConnectTimeout):
            await client.get(f"https://127.0.0.1:{port}/")


async def test_waiting_for_a_connection() -> None:
    """A call that got no free connection is known as one that never left."""
    async with (
        raw_server(silent) as port,
        guarded_client(timeout=0.3, local=True, connections=1) as client,
    ):
        calls = (client.get(f"http://127.0.0.1:{port}/") for _ in range(3))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

    kinds = [type(outcome) for outcome in outcomes]
    assert [httpx.ReadTimeout, httpx.PoolTimeout, httpx.PoolTimeout] == kinds


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Listen and say nothing."""
    await reader.read()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(b"", httpx.RemoteProtocolError, id="nothing"),
        pytest.param(b"canary, not HTTP\r\n\r\n", httpx.RemoteProtocolError, id="not HTTP"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
            httpx.RemoteProtocolError,
            id="cut off",
        ),
    ],
)
async def test_no_answer(said: bytes, expected: type[Exception]) -> None:
    """What is no whole HTTP answer is a transport error that does not quote the peer."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)

    with pytest.raises(expected) as caught:
        await fetch(handler)

    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b"])
async def test_illegal_header(value: str) -> None:
    """A header that would break out of its line is never sent."""
    async with sink() as (port, calls), plain_client() as client:
        with pytest.raises(httpx.LocalProtocolError) as caught:
            await client.get(f"http://127.0.0.1:{port}/", headers={"x-test": value})

    assert [] == calls
    assert value not in str(caught.value)


async def test_post() -> None:
    """Method, path, query, headers and body arrive as they were given."""
    async with sink() as (port, calls), plain_client() as client:
        url = f"http://127.0.0.1:{port}/a%20b?c=%26"
        await client.post(url, content="ü".encode(), headers={"x-a": "b"})

    (call,) = calls
    assert ("POST", "/a%20b?c=%26", "b", "ü".encode()) == (
        call.method,
        call.path,
        call.headers["x-a"],
        call.body,
    )


CORE_ERRORS = [
    name for name in httpcore.__all__ if name.endswith(("Error", "Timeout", "TimeoutException"))
] + ["UnsupportedProtocol"]


@pytest.mark.parametrize("name", CORE_ERRORS)
async def test_core_errors(name: str) -> None:
    """Each of httpcore's errors becomes httpx's of the same name, and brings no text along."""

    class Failing(httpcore.AsyncNetworkBackend):
        async def connect_tcp(self, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
            raise getattr(httpcore, name)("canary")

    async with client_over(Failing()) as client:
        with pytest.raises(httpx.TransportError) as caught:
            await client.get("http://crm.example/")

    assert getattr(httpx, name) is type(caught.value)
    assert "canary" not in str(caught.value)


@dataclass(frozen=True)
class Call:
    """A request as the sink got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    peer: object


@asynccontextmanager
async def sink(
    host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[Call]]]:
    """A real server that keeps what it gets; yields its port and the calls."""
    calls: list[Call] = []

    async def keep(request: web.Request) -> web.Response:
        assert request.transport is not None
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        peer = request.transport.get_extra_info("peername")
        calls.append(Call(request.method, request.raw_path, headers, body, peer))
        if request.path == "/redirect":
            raise web.HTTPFound("/elsewhere")
        response = web.Response()
        if request.path == "/cookie":
            response.set_cookie("session", "canary")
        return response

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", keep)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
        yield runner.addresses[0][1], calls
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(handler: Handler) -> AsyncIterator[int]:
    """A server on loopback that says just what *handler* writes; yields its port."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
            await writer.drain()
        except ConnectionError:
            pass  # the client has heard enough
        finally:
            writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def answer(body: bytes, *headers: str, chunked: bool = False) -> Handler:
    """A handler that answers 200 with *body*."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    head = "\r\n".join(["HTTP/1.1 200 OK", length, *headers, "", ""]).encode()
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + framed)

    return handler


def answers(*addresses: str) -> Resolve:
    """A resolver that gives *addresses* for any name."""

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


def client_over(
    backend: httpcore.AsyncNetworkBackend, *, tls: ssl.SSLContext | None = None, timeout: float = 5
) -> httpx.AsyncClient:
    """A client over the guarded transport and *backend*."""
    transport = GuardedTransport(
        backend,
        tls or tls_context(),
        schemes=frozenset({"http", "https"}),
        timeout=timeout,
        connections=4,
    )
    return httpx.AsyncClient(transport=transport, timeout=phases(timeout))


def local_client(
    resolve: Resolve, *, tls: ssl.SSLContext | None = None, timeout: float = 5
) -> httpx.AsyncClient:
    """A client in local mode with a resolver of the test's own."""
    return client_over(Backend([], local=True, resolve=resolve), tls=tls, timeout=timeout)


async def fetch(handler: Handler) -> httpx.Response:
    """What the client makes of a server that says what *handler* writes."""
    async with raw_server(handler) as port, plain_client() as client:
        return await client.get(f"http://127.0.0.1:{port}/")


def plain_client() -> httpx.AsyncClient:
    """The client as leadshare builds it, in local mode."""
    return guarded_client(timeout=5, local=True, connections=4)


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Authority:
    """An authority made for this test."""
    return authority_in(tmp_path)
