"""Answers of receivers of events (Standard Webhooks 1.0.0)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import httpx

from tests.destinations.answers.harness import Read, Row

KIND: Final = "webhook"

PLACES: Final[Mapping[str, Callable[[httpx.Request], bool]]] = {
    "write": lambda request: request.method == "POST",
}

SPECIFICATION: Final = "standard-webhooks/standard-webhooks, spec"

ROWS: Final = [
    Row("W200", Read.ACCEPT, httpx.Response(200), SPECIFICATION),
    Row("W204", Read.ACCEPT, httpx.Response(204), SPECIFICATION),
    Row("W410", Read.GONE, httpx.Response(410), SPECIFICATION, "gone"),
    Row(
        "W429",
        Read.THROTTLE,
        httpx.Response(429, headers={"Retry-After": "Tue, 01 Dec 2026 00:00:00 GMT"}),
        "RFC 9110, section 10.2.3",
        "throttled",
    ),
    Row("W400", Read.RETRY, httpx.Response(400, json={"error": "no"}), SPECIFICATION, "http_400"),
    Row("W404", Read.RETRY, httpx.Response(404), SPECIFICATION, "http_404"),
    Row("W401", Read.AUTH, httpx.Response(401), SPECIFICATION, "unauthorised"),
    Row("W500", Read.CONFIG, httpx.Response(500), SPECIFICATION, "http_500"),
]
