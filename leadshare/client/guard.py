"""Client: the one client for every address taken from configuration.

It resolves names itself, checks each address when it connects, and connects to what it checked:
a name that changes its answer between check and use (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpcore
import httpx

from leadshare.client.addresses import Network, Resolve, is_denied, resolve_name
from leadshare.client.bounds import LARGEST_HEAD, BoundedStream, allow
from leadshare.client.errors import AddressRefused, AnswerTooLarge, AnswerUnreadable
from leadshare.client.streaming import Pieces

LARGEST_ANSWER: Final = 1024 * 1024
"""Decoded bytes; the longest answer of a batch call is a tenth of it."""

LARGE: Final = {"largest_answer": 8 * 1024 * 1024}
"""Extensions of a request whose answer may have that many bytes: a CRM that describes itself."""

STREAMED: Final = "streamed"
"""An extension of a request whose answer is handed out while it is read; its time is the caller's,
and each read of it has the client's."""

IDLE: Final = 5.0
"""Seconds that a connection is kept unused: most servers close theirs a little later."""


def guarded_client(
    *,
    timeout: float,
    allow_networks: Sequence[Network] = (),
    local: bool = False,
    connections: int,
) -> httpx.AsyncClient:
    """Return a client whose calls take *timeout* seconds at most, body of the answer included.

    Addresses in *allow_networks* are called though denied. *local* allows loopback and http.
    """
    transport = GuardedTransport(
        Backend(allow_networks, local=local),
        tls_context(),
        schemes=frozenset({"https", "http"} if local else {"https"}),
        timeout=timeout,
        connections=connections,
    )
    return httpx.AsyncClient(
        transport=transport,
        timeout=phases(timeout),
        headers={"user-agent": "leadshare", "accept-encoding": "gzip"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=False,
        trust_env=False,
    )


def phases(timeout: float) -> httpx.Timeout:
    """Share *timeout* out, so that a call which never left is known for one when it ends.

    Waiting for a free connection, connecting and TLS have a third each.
    """
    return httpx.Timeout(timeout, connect=timeout / 3, pool=timeout / 3)


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context that all clients share: building one takes 50 ms."""
    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Backend(httpcore.AsyncNetworkBackend):
    """Connects to names whose every address may be called, and to no other."""

    def __init__(
        self, allow_networks: Sequence[Network], *, local: bool, resolve: Resolve = resolve_name
    ) -> None:
        self._allow_networks = allow_networks
        self._local = local
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of *host* that answers; *timeout* is for all of it."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._checked(host, port)
                share = timeout and timeout / max(1, len(addresses))
                for address in addresses:
                    try:
                        stream = await self._network.connect_tcp(
                            address, port, share, local_address, socket_options
                        )
                        return BoundedStream(stream)
                    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                        failure = error  # the next address may be reachable (RFC 8305)
        except TimeoutError:
            failure = httpcore.ConnectTimeout(f"{host} took too long")
        raise failure

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        """Resolve *host*; one denied address condemns the name."""
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:  # a label too long for IDNA is a UnicodeError
            raise httpcore.ConnectError(f"{host} cannot be resolved") from error
        for address in addresses:
            if is_denied(address, self._allow_networks, local=self._local):
                raise AddressRefused(f"{host} leads to an address that is not called")
        return addresses


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends over HTTP/1.1 through a `Backend`, and reads answers within bounds."""

    def __init__(
        self,
        backend: httpcore.AsyncNetworkBackend,
        tls: ssl.SSLContext,
        *,
        schemes: frozenset[str],
        timeout: float,
        connections: int,
    ) -> None:
        self._schemes = schemes
        self._timeout = timeout
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=connections,
            keepalive_expiry=IDLE,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request* and return its answer, read to the end."""
        if request.url.scheme not in self._schemes:
            raise AddressRefused(f"{request.url.host} is called over https only")
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(request)
        except TimeoutError as error:
            # Time-outs by phase never end an answer that dribbles in.
            raise httpx.ReadTimeout(f"no whole answer in {self._timeout:g} s") from error
        except _CORE_ERRORS as error:
            # Our own text, and no chain: h11 quotes what the peer sent.
            raise _MEANING[type(error)](type(error).__name__) from None

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        allow(LARGEST_HEAD)
        core_response = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        largest = request.extensions.get("largest_answer", LARGEST_ANSWER)
        headers = httpx.Headers(core_response.headers)
        coding = headers.pop("content-encoding", "identity").lower()
        if request.extensions.get(STREAMED):
            pieces = Pieces(core_response, coding, largest, _MEANING)
            return httpx.Response(core_response.status, headers=headers, stream=pieces)
        # In chunks of few bytes an answer takes several times as many.
        allow(2 * largest)
        try:
            raw = await _read_bounded(core_response, largest)
        finally:
            await core_response.aclose()
        body = _decoded(raw, coding, largest)
        return httpx.Response(core_response.status, headers=headers, stream=httpx.ByteStream(body))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


async def _read_bounded(response: httpcore.Response, largest: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_stream():
        size += len(part)
        if size > largest:
            raise AnswerTooLarge("the answer is too large")
        parts.append(part)
    return b"".join(parts)


def _decoded(raw: bytes, coding: str, largest: int) -> bytes:
    """Undo *coding*, the only one we ask for, to *largest* bytes: gzip holds bombs."""
    if coding == "identity" or not raw:
        return raw
    if coding not in {"gzip", "x-gzip"}:
        raise AnswerUnreadable("the answer is coded as was not asked for")
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: gzip, by zlib's manual
    try:
        body = decoder.decompress(raw, largest + 1)
    except zlib.error as error:
        raise AnswerUnreadable("the answer's gzip is broken") from error
    if len(body) > largest:
        raise AnswerTooLarge("the answer is too large")
    if not decoder.eof:
        raise AnswerUnreadable("the answer's gzip is cut off")
    return body


_MEANING: Final[dict[type[Exception], type[httpx.TransportError]]] = {
    httpcore.TimeoutException: httpx.TimeoutException,
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.NetworkError: httpx.NetworkError,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.ProtocolError: httpx.ProtocolError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
}
_CORE_ERRORS: Final = tuple(_MEANING)
