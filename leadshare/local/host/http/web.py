"""Local host: serve the functions that have HTTP triggers."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from leadshare.local.host.http import kestrel
from leadshare.local.host.http.answers import to_response
from leadshare.local.host.http.keys import Keys
from leadshare.local.host.http.loopback import REFUSED, is_foreign
from leadshare.local.host.http.routes import Route
from leadshare.local.host.http.throttle import Throttle
from leadshare.local.host.settings.config import HttpOptions
from leadshare.local.host.worker.invocation import InvocationFailed, Runner

KEY_HEADER, KEY_PARAMETER = "x-functions-key", "code"
HOME = "<!DOCTYPE html><title>Your Azure Function App is up and running.</title>"

log = logging.getLogger("leadshare.local.host")


@dataclass(frozen=True)
class Endpoint:
    """A function with its route."""

    runner: Runner
    route: Route
    level: str
    disabled: bool = False


class Broken:
    """Answers for a host that cannot start."""

    def __init__(self, status: int) -> None:
        self._status = status
        self._text = "Function host is not running." if status == 503 else ""  # noqa: PLR2004  # Service Unavailable

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer any request alike."""
        if status := kestrel.fault(request):
            return kestrel.refuse(status)
        return web.Response(status=self._status, text=self._text)


class Site:
    """Finds the function for a request, checks the key, calls it and answers."""

    def __init__(
        self, endpoints: Sequence[Endpoint], keys: Keys | None, options: HttpOptions
    ) -> None:
        self._endpoints = endpoints
        self._keys = keys
        self._options = options
        self._throttle = Throttle(options.max_outstanding_requests, options.max_concurrent_requests)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if status := kestrel.fault(request):
            return kestrel.refuse(status)
        if is_foreign(request.headers):
            log.error("request.foreign", extra={"bytes": request.content_length or 0})
            return web.Response(status=403, text=REFUSED)
        if self._throttle.is_full:
            return web.Response(status=429)
        async with self._throttle.turn():
            return await self._answer(request)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.rel_url.path_safe
        for endpoint in self._endpoints:
            parameters = endpoint.route.match(request.method, path)
            if parameters is not None:
                return await self._invoke(endpoint, request, parameters)
        if path != "/":
            return web.Response(status=404)
        if not self._options.homepage:
            return web.Response(status=204)
        return web.Response(text=HOME, content_type="text/html")

    async def _invoke(
        self,
        endpoint: Endpoint,
        request: web.BaseRequest,
        route_params: dict[str, str],
    ) -> web.Response:
        runner, query = endpoint.runner, query_of(request)
        name = runner.function.name
        key = key_of(request, query)
        if self._keys and not self._keys.allow(endpoint.level, name, key):
            return web.Response(status=401)
        # A disabled function still runs for whoever has the master key.
        if endpoint.disabled and not (self._keys and self._keys.allow("ADMIN", name, key)):
            return web.Response(status=404)
        if has_length(request) and (request.content_length or 0) > self._options.body_limit:
            log.error("body.too_large", extra={"function": name, "bytes": request.content_length})
            return kestrel.refuse(500)
        try:
            body = await body_of(request)
        except (ConnectionError, web.RequestPayloadError):  # whoever sent it is gone
            log.warning("body.cut_short", extra={"function": name})
            return kestrel.refuse(400)
        data = to_data(request, query, route_params, body)
        try:
            response = to_response(await runner.run(lambda: data))
        except InvocationFailed:
            return web.Response(status=500)
        return kestrel.in_chunks(request, response)


def query_of(request: web.BaseRequest) -> dict[str, list[str]]:
    """Give the values of each parameter of the query, whose names count in any case."""
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in request.query.items():
        values.setdefault(names.setdefault(name.lower(), name), []).append(value)
    return values


def key_of(request: web.BaseRequest, query: dict[str, list[str]]) -> str:
    """Find the key that came with a request; a header, even an empty one, goes before the query."""
    if KEY_HEADER in request.headers:
        return request.headers[KEY_HEADER]
    return next((values[0] for name, values in query.items() if name.lower() == KEY_PARAMETER), "")


def has_length(request: web.BaseRequest) -> bool:
    """Tell whether the host hands the body on: it drops one that does not say its length.

    Azure/azure-functions-host#4926: a body sent in chunks is lost, whatever its size.
    """
    return "transfer-encoding" not in request.headers and bool(request.content_length)


async def body_of(request: web.BaseRequest) -> bytes:
    """Read the body that the function gets."""
    if not has_length(request):
        return b""
    await _continue(request)
    return await request.read()


def to_data(
    request: web.BaseRequest,
    query: dict[str, list[str]],
    route_params: dict[str, str],
    body: bytes,
) -> dict[str, Any]:
    """Make what the worker is sent of a request."""
    headers = {name.lower(): _join(request.headers.getall(name)) for name in request.headers}
    params = {name: _join(values) for name, values in query.items()}
    return {
        "method": request.method,
        "url": f"{request.scheme}://{request.host}{request.raw_path}",
        "headers": headers,
        "params": {name: value for name, value in params.items() if value},
        "route_params": route_params,
        "body": body,
    }


def _join(values: list[str]) -> str:
    return ",".join(value for value in values if value)


async def _continue(request: web.BaseRequest) -> None:
    """Ask for the body of a client that waits to be asked."""
    if request.headers.get("expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
