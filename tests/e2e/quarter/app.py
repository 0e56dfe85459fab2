"""The app as it is deployed, but for two things: its clock, and where Partner Center is.

Partner Center's addresses are its own, in the code and not in settings, so that nobody can send
what is asked for it to somebody else. Here its simulator stands in for it.
"""

from __future__ import annotations

import os
from datetime import datetime, tzinfo
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Final

import httpx

from leadshare.app import books
from leadshare.azure.clock import StorageClock
from leadshare.intake import functions
from tests.e2e.process import ROOT
from tests.e2e.quarter.clock import Clock
from tests.e2e.quarter.wiring import CLOCK_FILE, MEANT_FOR, PARTNER_CENTER

CLOCK: Final = Clock(Path(os.environ[CLOCK_FILE]))


class Wound(datetime):
    """A datetime whose `now` is the clock's."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Wound:
        """Return what the clock shows."""
        return cls.fromtimestamp(CLOCK.now().timestamp(), tz)


class Redirected(httpx.AsyncHTTPTransport):
    """Takes to the simulator whatever is asked of Partner Center."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask the simulator, and tell it which address was meant."""
        headers = [(k, v) for k, v in request.headers.items() if k != "host"]
        told = httpx.Request(
            request.method,
            os.environ[PARTNER_CENTER],
            headers=[*headers, (MEANT_FOR, str(request.url))],
            content=await request.aread(),
            extensions=request.extensions,
        )
        return await super().handle_async_request(told)


def _client(*, timeout: float, connections: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=connections)
    return httpx.AsyncClient(transport=Redirected(limits=limits), timeout=timeout)


def _now(_: StorageClock) -> datetime:
    return CLOCK.now()


StorageClock.now = _now  # type: ignore[method-assign,assignment]  # it is what this module is for
functions.datetime = Wound  # type: ignore[attr-defined]  # the same
books.guarded_client = _client  # type: ignore[assignment,attr-defined]  # the same

_SPEC = spec_from_file_location("deployed", ROOT / "function_app.py")
assert _SPEC is not None
assert _SPEC.loader is not None
_DEPLOYED = module_from_spec(_SPEC)
_SPEC.loader.exec_module(_DEPLOYED)
app = _DEPLOYED.app
