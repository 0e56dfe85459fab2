"""`/api/manage` as the host serves it, over a deployment in memory: a WSGI application."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

import azure.functions as func

from tests.app.triggers import registered

HOST_KEY = "a host key"
PREFIX = "manage/"


@dataclass(frozen=True)
class Served:
    """One function of the app that a request can reach."""

    name: str
    route: str
    methods: tuple[str, ...]
    call: Callable[[func.HttpRequest], Any]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """What the path names, None if this function does not answer it."""
        pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+?)", f"/api/{self.route}/?")
        found = re.fullmatch(pattern, path, re.IGNORECASE | re.DOTALL)
        return found.groupdict() if found and method in self.methods else None


def served() -> list[Served]:
    """All functions below `/api/manage`, as the app registers them."""
    found = []
    for function in registered():
        told = function.get_trigger().get_dict_repr()
        if str(told.get("route", "")).startswith(PREFIX):
            methods = tuple(str(getattr(one, "value", one)) for one in told["methods"])
            call = function.get_user_function()
            name = str(function.get_function_name())
            found.append(Served(name, told["route"], methods, call))
    return found


SERVED = served()
REASONS = {200: "OK"}

Start = Callable[[str, list[tuple[str, str]]], object]


def application(environ: Mapping[str, Any], start: Start) -> Iterable[bytes]:
    """Answer a request; 401 without a key and 404 where no function answers, as the host does."""
    path = environ["PATH_INFO"].encode("latin-1").decode()
    routes = [(one, one.match(environ["REQUEST_METHOD"], path)) for one in SERVED]
    found = [(one, named) for one, named in routes if named is not None]
    if not found:
        start("404 Not Found", [])
        return []
    if environ.get("HTTP_X_FUNCTIONS_KEY") != HOST_KEY:
        start("401 Unauthorized", [])
        return []
    [(function, named)] = found
    response = asyncio.run(function.call(_request(environ, named)))
    headers = [*response.headers.items(), ("content-type", response.mimetype)]
    start(f"{response.status_code} {REASONS.get(response.status_code, 'Refused')}", headers)
    return [response.get_body()]


def _request(environ: Mapping[str, Any], named: dict[str, str]) -> func.HttpRequest:
    """The request as the worker makes it of what the host got."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return func.HttpRequest(
        method=environ["REQUEST_METHOD"],
        url="http://localhost",
        # What a query says twice the host joins by commas.
        params={name: ",".join(v for n, v in pairs if n == name) for name, _ in pairs},
        headers=headers,
        route_params={name: unquote(value) for name, value in named.items()},
        body=environ["wsgi.input"].read(),
    )
