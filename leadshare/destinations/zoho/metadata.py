"""Destinations: what Zoho says of its fields, and which scopes the client lacks.

Vendor: field-meta.html, scopes.html.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from leadshare.client.guard import LARGE
from leadshare.destinations.description import Description
from leadshare.destinations.errors import Refused
from leadshare.destinations.settings import Erasure
from leadshare.destinations.zoho.calls import Line, data
from leadshare.destinations.zoho.fields import described
from leadshare.destinations.zoho.settings import ZohoSettings

NOTES: Final = "/Notes?fields=Note_Title&per_page=1"
TASKS: Final = "/Tasks?fields=Subject&per_page=1"
USER: Final = "/users?type=CurrentUser"
"""What a client without the scope is refused."""


async def describe(line: Line, settings: ZohoSettings) -> Description:
    """Read the metadata of the module's fields, and whether notes and tasks can be read."""
    answer = await line.call("GET", "/settings/fields?module=Leads", extensions=LARGE)
    rows = data(answer, "fields")
    if rows is None:
        raise Refused(line.refuses(answer, ()).reason)
    notes = await _lacks(line, NOTES, "ZohoCRM.modules.notes") if settings.timeline else ""
    tasks = await _lacks(line, TASKS, "ZohoCRM.modules.tasks")
    itself = settings.erase is not Erasure.TASK
    users = await _lacks(line, USER, "ZohoCRM.users", "users") if itself else ""
    fields = described(rows, settings.key)
    return replace(fields, timeline_lacks=notes, tasks_lack=tasks, erasure_lacks=users)


async def _lacks(line: Line, path: str, scope: str, name: str = "data") -> str:
    answer = await line.call("GET", path)
    if data(answer, name) is not None:
        return ""
    refused = line.refuses(answer, ())
    if answer.is_server_error or refused.hold:  # which says nothing of scopes
        raise Refused(refused.reason)
    return scope
