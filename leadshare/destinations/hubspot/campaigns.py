"""Destinations: HubSpot's lists, whose members are contacts; those that a rule fills take none.

Vendor: the 2026-03 specification of lists in HubSpot/HubSpot-public-api-spec-collection.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, Literal
from urllib.parse import quote

import httpx

from leadshare.client.sentences import said
from leadshare.deliveries.delivery import Accepted, Deferred
from leadshare.destinations.campaigns import Change, Member
from leadshare.destinations.hubspot.answers import refused
from leadshare.destinations.replies import Verdict
from leadshare.reason import Vendor

VERSION: Final = "2026-03"

Call = Callable[..., Awaitable[httpx.Response]]
"""Call by method and path, with more for the request."""


def members(call: Call, how: Literal["add", "remove"], now: datetime) -> Change:
    """Return what makes contacts members of a list, or takes them off it.

    Who is a member, or none, already stays so.
    """

    async def change(into: str, some: Sequence[Member]) -> Verdict:
        path = f"lists/{VERSION}/{quote(into, safe='')}/memberships/{how}"
        ids = list(dict.fromkeys(one.record_id for one in some))
        response = await call("PUT", path, json=ids)
        status = response.status_code
        if response.is_success:
            return Verdict(Accepted(), status)
        whole = refused(response, now, [one.delivery for one in some])
        waits = Deferred(Vendor.HUBSPOT.reason(status), said=said(response))
        return whole or Verdict(waits, status)

    return change
