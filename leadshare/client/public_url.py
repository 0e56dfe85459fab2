"""Client: intake's public URL, as whoever posts leads from elsewhere calls it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import httpx

from leadshare.client.guard import guarded_client
from leadshare.errors import Unreachable

PATIENCE: Final = 30.0
"""Seconds that a POST may take, a cold start of intake included."""


@dataclass(frozen=True, slots=True)
class PublicUrl:
    """What a listing posts to, and a function key for it."""

    url: str
    key: str = field(repr=False)
    local: bool

    async def post(self, body: bytes) -> int:
        """Post *body*; return the status, or raise `Unreachable`."""
        # The key goes in a header, for a URL ends up in logs.
        headers = {"x-functions-key": self.key, "content-type": "application/json"}
        try:
            async with guarded_client(timeout=PATIENCE, local=self.local, connections=1) as client:
                answer = await client.post(self.url, content=body, headers=headers)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(type(error).__name__) from None
        return answer.status_code
