"""What a deployment keeps open for as long as its process lives, closed with the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import pytest

from leadshare.app import build as wiring
from leadshare.app import partner, stores
from leadshare.azure import queues
from leadshare.destinations import build as building

PLACES: Final = (
    (stores, "table_service"),
    (partner, "guarded_client"),
    (wiring, "marketplace_client"),
    (building, "guarded_client"),
    (queues, "_client"),
)


@asynccontextmanager
async def closing(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Close all that is opened meanwhile."""
    opened: list[Any] = []

    def kept(make: Callable[..., Any]) -> Callable[..., Any]:

        def open_one(*told: Any, **named: Any) -> Any:
            opened.append(make(*told, **named))
            return opened[-1]

        return open_one

    for room, name in PLACES:
        monkeypatch.setattr(room, name, kept(getattr(room, name)))
    try:
        yield
    finally:
        for one in opened:
            await (one.aclose() if isinstance(one, httpx.AsyncClient) else one.close())
