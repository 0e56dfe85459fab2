"""Asking a destination what became of leads, page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from leadshare.lifecycle.outcome import Changed, Outcome
from tests.builders import NOW


async def follow(
    page: Callable[[str], Awaitable[Changed]], cursor: str = ""
) -> tuple[list[Outcome], str]:
    """All that is told until there is no more, and the cursor then."""
    told: list[Outcome] = []
    for _ in range(400):
        one = await page(cursor)
        assert len(one.cursor) <= 1000
        told, cursor = [*told, *one.outcomes], one.cursor
        if not one.more:
            return told, cursor
    raise AssertionError("it never ends")


async def poll(crm: Any, cursor: str = "", now: datetime = NOW) -> tuple[list[Outcome], str]:
    """All that a destination tells until there is no more, and the cursor then."""
    return await follow(lambda cursor: crm.changed(cursor, now), cursor)


def lead_of(number: int) -> str:
    """The id of a lead."""
    return f"{number:032x}-fedcba9876543210"
