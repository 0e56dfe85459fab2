"""The guarded client: what it calls, what it refuses, and how much it takes."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

import httpcore
import httpx
import pytest

from leadshare.client.errors import AddressRefused, AnswerTooLarge, AnswerUnreadable
from leadshare.client.guard import (
    LARGE,
    LARGEST_ANSWER,
    Backend,
    guarded_client,
    tls_context,
)
from tests.client.servers import (
    answer,
    answers,
    client_over,
    fetch,
    local_client,
    plain_client,
    raw_server,
    sink,
)
from tests.destinations.authority import Authority, authority_in


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


@pytest.mark.parametrize("compressed", [False, True])
async def test_large(*, compressed: bool) -> None:
    """What a CRM says of its fields may be longer, and has a limit, too."""
    largest = LARGE["largest_answer"]

    async def asked(size: int) -> httpx.Response:
        body, headers = b"x" * size, ["Content-Encoding: gzip"] * compressed
        body = gzip.compress(body) if compressed else body
        async with raw_server(answer(body, *headers)) as port, plain_client() as client:
            return await client.get(f"http://127.0.0.1:{port}/", extensions=LARGE)

    assert largest == len((await asked(largest)).content)
    with pytest.raises(AnswerTooLarge):
        await asked(largest + 1)


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


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Authority:
    """An authority made for this test."""
    return authority_in(tmp_path)
