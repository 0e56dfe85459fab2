"""Destinations: what our user may do in Dynamics 365 besides writing leads, by its roles.

Vendor: WhoAmI and RetrieveUserPrivileges functions (the Web API reference of Dataverse).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx

from leadshare.client.answers.json_values import objects, text
from leadshare.client.answers.response import object_in
from leadshare.client.guard import LARGE
from leadshare.destinations.description import Description
from leadshare.destinations.dynamics.batch import get
from leadshare.destinations.dynamics.environment import HEADERS, Environment, parts_of
from leadshare.destinations.settings import Erasure

TIMELINE: Final = ("prvCreateNote", "prvAppendNote", "prvAppendToLead")
TASKS: Final = ("prvCreateActivity", "prvAppendActivity", "prvAppendToLead")
ERASURES: Final = {
    Erasure.TASK: (),
    Erasure.ANONYMISE: ("prvReadNote", "prvDeleteNote"),
    Erasure.DELETE: ("prvReadNote", "prvDeleteNote", "prvDeleteLead"),
}
"""The privileges that each takes, by their names in roles."""


async def with_rights(
    environment: Environment, description: Description, now: datetime
) -> Description:
    """Return *description* with what our user lacks; as it is, where that is not told."""
    has = await _privileges(environment, now)
    if not has:
        return description
    told = environment.settings
    return replace(
        description,
        timeline_lacks=_first(TIMELINE, has) if told.timeline else "",
        tasks_lack=_first(TASKS, has),
        erasure_lacks=_first(ERASURES[told.erase], has),
    )


def _first(wanted: Iterable[str], has: frozenset[str]) -> str:
    return next((name for name in wanted if name not in has), "")


async def _privileges(environment: Environment, now: datetime) -> frozenset[str]:
    """Return the names of our user's privileges; none where it may not read them."""
    user = text((await _asked(environment, "WhoAmI", now)).get("UserId"))
    if not user:
        return frozenset()
    asked = f"systemusers({user})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()"
    rows = objects((await _asked(environment, asked, now)).get("RolePrivileges"))
    return frozenset(text(row.get("PrivilegeName")) for row in rows)


async def _asked(environment: Environment, asked: str, now: datetime) -> dict[str, object]:
    response = await environment.post([get(asked, HEADERS)], now, extensions=LARGE)
    [part] = parts_of(response, 1)
    return object_in(part) if part and part.status_code == httpx.codes.OK else {}
