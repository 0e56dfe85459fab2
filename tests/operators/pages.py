"""All entries of a list, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


async def pages(ask: Any, name: str, limit: int, where: Mapping[str, str] | None = None) -> Any:
    """All entries that come by pages of so many, and how many each page had."""
    found: list[Any] = []
    sizes, after = [], ""
    while True:
        page = await ask(where or {}, limit, after)
        found += page[name]
        sizes.append(len(page[name]))
        if "next" not in page:
            return found, sizes
        after = page["next"]
