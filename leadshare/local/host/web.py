"""Local host: serve the functions that have HTTP triggers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from azure.functions.http import HttpRequest

from .answers import to_response
from .invocation import InvocationFailed, Runner
from .keys import Keys
from .routes import Route

BODY_LIMIT = 100 * 1024**2
KEY_HEADER, KEY_PARAMETER = "x-functions-key", "code"


@dataclass(frozen=True)
class Endpoint:
    """A function with its route."""

    runner: Runner
    route: Route
    level: str


def make_request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    """Make a request whose body may be as large as the real host allows."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(
        message, payload, protocol, writer, task, loop, client_max_size=BODY_LIMIT
    )


class Site:
    """Finds the function for a request, checks the key, calls it and answers."""

    def __init__(self, endpoints: Sequence[Endpoint], keys: Keys | None) -> None:
        self._endpoints = endpoints
        self._keys = keys

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path = request.rel_url.path_safe
        for endpoint in self._endpoints:
            parameters = endpoint.route.match(request.method, path)
            if parameters is not None:
                return await self._invoke(endpoint, request, parameters)
        return web.Response(status=404)

    async def _invoke(
        self,
        endpoint: Endpoint,
        request: web.BaseRequest,
        route_params: dict[str, str],
    ) -> web.Response:
        runner = endpoint.runner
        key = request.headers.get(KEY_HEADER) or request.query.get(KEY_PARAMETER, "")
        if self._keys and not self._keys.allow(endpoint.level, runner.function.name, key):
            return web.Response(status=401)
        await _continue(request)
        argument = to_argument(request, route_params, await request.read())
        try:
            return to_response(await runner.run(lambda: argument))
        except InvocationFailed:
            return web.Response(status=500)


def to_argument(request: web.BaseRequest, route_params: dict[str, str], body: bytes) -> HttpRequest:
    """Make the request that the worker would pass to the function."""
    headers = {name: ",".join(request.headers.getall(name)) for name in request.headers}
    query = {name: ",".join(request.query.getall(name)) for name in request.query}
    return HttpRequest(
        method=request.method,
        url=f"{request.scheme}://{request.host}{request.raw_path}",
        headers=headers,
        params={name: value for name, value in query.items() if value},
        route_params=route_params,
        body_type="bytes",
        body=body,
    )


async def _continue(request: web.BaseRequest) -> None:
    """Ask for the body of a client that waits to be asked."""
    if request.headers.get("expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
