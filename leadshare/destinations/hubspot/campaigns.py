"""Destinations: HubSpot's lists, whose members are contacts; those that a rule fills take none.

Vendor: the 2026-03 specification of lists in HubSpot/HubSpot-public-api-spec-collection.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal
from urllib.parse import quote

import httpx

from leadshare.client.answers.json_values import part
from leadshare.client.answers.response import object_in
from leadshare.client.answers.sentences import said
from leadshare.deliveries.delivery import Accepted, Deferred
from leadshare.destinations.campaigns import Change, Member
from leadshare.destinations.errors import Refused
from leadshare.destinations.hubspot.answers import refused
from leadshare.destinations.replies import Verdict, Verdicts
from leadshare.reason import Vendor

VERSION: Final = "2026-03"

BY_HAND: Final = {"MANUAL", "SNAPSHOT"}
"""How lists come to their members that may be added one by one."""

CONTACTS: Final = "0-1"
"""The type of object that contacts are."""

_ABSENT: Final = {400, 403, 404}
"""Statuses of a list that is not there, or that our token may not read."""

Call = Callable[..., Awaitable[httpx.Response]]
"""Call by method and path, with more for the request."""


def members(call: Call, how: Literal["add", "remove"], now: datetime) -> Change:
    """Return what makes contacts members of a list, or takes them off it.

    Who is a member, or none, already stays so.
    """

    async def change(into: str, some: Sequence[Member]) -> Verdicts:
        path = f"{_path(into)}/memberships/{how}"
        ids = list(dict.fromkeys(one.record_id for one in some))
        response = await call("PUT", path, json=ids)
        status = response.status_code
        if response.is_success:
            return dict.fromkeys(ids, Verdict(Accepted(), status))
        whole = refused(response, now, [one.delivery for one in some])
        waits = Deferred(Vendor.HUBSPOT.reason(status), said=said(response))
        return dict.fromkeys(ids, whole or Verdict(waits, status))

    return change


async def lacking(call: Call, campaigns: Mapping[str, str], now: datetime) -> list[str]:
    """Return those of *campaigns* whose lists are not there, or take no members of ours."""
    return [one for one, into in campaigns.items() if not await _takes(call, into, now)]


async def _takes(call: Call, into: str, now: datetime) -> bool:
    response = await call("GET", _path(into))
    if response.is_success:
        told = part(object_in(response), "list")
        by_hand = told.get("processingType") in BY_HAND
        return by_hand and told.get("objectTypeId") == CONTACTS
    verdict = refused(response, now, ())
    if verdict and response.status_code not in _ABSENT:
        raise Refused(verdict.reason)
    return False


def _path(into: str) -> str:
    return f"lists/{VERSION}/{quote(into, safe='')}"
