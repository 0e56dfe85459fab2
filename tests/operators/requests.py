"""A configuration that can run, and what is said about a request."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from leadshare.configuration.clock import Clock
from leadshare.deliveries.lanes.rate import Rate
from leadshare.errors import BadRequest


@dataclass
class Configured:
    """What a configuration that can run offers."""

    classifier: Any
    rates: dict[str, Rate | None]
    unrouted: Any
    tables: tuple[str, ...] = ()
    coverage: tuple[Any, ...] = ("who gets what",)
    links: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    recorder: Any = None
    sources: tuple[str, ...] = ("crm", "sellers", "shop")
    records_in: Callable[[str], Mapping[str, str]] = lambda _: {}
    clock: Clock | None = None
    books_off: str = "[analytics] is not configured"
    retainer: Any = None


async def wrong(asked: Awaitable[Any]) -> str:
    """What is said about a wrong request, which never repeats what it found."""
    with pytest.raises(BadRequest) as caught:
        await asked
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__ or not caught.value.__context__
    return str(caught.value)


def body(**values: Any) -> bytes:
    """An order."""
    return json.dumps({"by": "zoe"} | values).encode()
