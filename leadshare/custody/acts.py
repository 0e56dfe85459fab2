"""Custody: the one place that records what is ordered: before it is done, and how it ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from leadshare.custody.chain import DONE, FAILED, Chain


@dataclass(frozen=True, slots=True)
class Acts:
    """Two links of the chain for each act, its beginning and its end."""

    chain: Chain

    async def carry_out(
        self,
        what: str,
        by: str,
        asked: Mapping[str, object],
        deed: Callable[[], Awaitable[dict[str, Any]]],
        told: Callable[[dict[str, Any]], Mapping[str, object]] = dict,
    ) -> dict[str, Any]:
        """Return what *deed* returns, *asked* for *by* somebody; nothing of it is done unrecorded.

        What it came to is recorded as *told*, which leaves persons out.

        Raises `StorageError` where that cannot be written: before the deed, or after it.
        """
        begun = await self.chain.begin(what, by, asked)
        try:
            came_to = await deed()
        except Exception as error:
            fault = {"fault": type(error).__name__}
            await self.chain.end(what, begun, FAILED, fault)
            raise
        await self.chain.end(what, begun, DONE, told(came_to))
        return came_to
