"""Servers that say what a test says, and clients that call them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpcore
import httpx
from aiohttp import web

from leadshare.client.guard import Backend, GuardedTransport, guarded_client, phases, tls_context

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


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
