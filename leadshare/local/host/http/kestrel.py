"""Local host: what the real host's web server refuses, before any function is looked for."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpVersion11, RawRequestMessage

LINE_LIMIT = 8 * 1024  # bytes of the first line, its end included
HEADERS_LIMIT = 32 * 1024  # bytes of all headers, their ends included
HEADERS_COUNT = 100
ANY = 2**31 - 1  # the limits above are ours to look at, for aiohttp answers 400 at its own

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def serve(handle: Handler) -> web.Server:
    """Make a server that hands on what Kestrel would: bodies as they came, of any size."""
    return web.Server(
        handle,
        request_factory=_make_request,
        access_log=None,
        auto_decompress=False,
        max_line_size=ANY,
        max_field_size=ANY,
        max_headers=ANY,
    )


def _make_request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=0)


def fault(request: web.BaseRequest) -> int:
    """Give the status by which the request is refused, or 0."""
    if len(request.method) + len(request.raw_path) + len("  HTTP/1.1\r\n") > LINE_LIMIT:
        return 414
    headers = request.raw_headers
    size = sum(len(name) + len(value) + len(": \r\n") for name, value in headers)
    if size + len("\r\n") > HEADERS_LIMIT or len(headers) > HEADERS_COUNT:
        return 431
    return 0


def refuse(status: int) -> web.Response:
    """Answer with nothing but a status, and close the connection."""
    response = web.Response(status=status)
    response.force_close()
    return response


def in_chunks(request: web.BaseRequest, response: web.Response) -> web.Response:
    """Send a function's answer in chunks, unless it says its length or the client is too old."""
    if request.version >= HttpVersion11 and "content-length" not in response.headers:
        response.enable_chunked_encoding()
    return response
