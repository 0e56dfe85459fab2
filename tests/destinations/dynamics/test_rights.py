"""What the preflight tells of the rights of our user in Dynamics 365."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.builders import NOW
from tests.destinations.simulators.dynamics import Account


async def lacking(account: Account, **changes: Any) -> tuple[str, str, str]:
    """What the check finds missing: for timelines, for tasks, for erasing."""
    told = await account.destination(**changes).describe(NOW)
    return told.timeline_lacks, told.tasks_lack, told.erasure_lacks


@pytest.mark.parametrize(
    ("lacks", "changes", "told"),
    [
        ({}, {"erase": "delete"}, ("", "", "")),
        ({"prvCreateNote"}, {}, ("prvCreateNote", "", "")),
        ({"prvCreateNote"}, {"timeline": False}, ("", "", "")),
        ({"prvCreateActivity"}, {}, ("", "prvCreateActivity", "")),
        ({"prvDeleteLead"}, {"erase": "delete"}, ("", "", "prvDeleteLead")),
        ({"prvDeleteLead"}, {"erase": "anonymise"}, ("", "", "")),
        ({"prvDeleteNote"}, {"erase": "anonymise"}, ("", "", "prvDeleteNote")),
    ],
)
async def test_lacks(lacks, changes, told):
    """What is configured and our user's roles do not allow is told by the privilege."""
    account = Account()
    account.service.beside.lacks = {*lacks}

    assert told == await lacking(account, **changes)


async def test_untold():
    """Where our user may not read its privileges, nothing is told of them."""
    account = Account()
    account.service.beside.lacks = {"prvCreateNote"}
    refused = httpx.Response(403, json={"error": {"code": "0x80040220", "message": "no"}})
    account.played = lambda request: refused if b"WhoAmI" in request.content else None

    assert ("", "", "") == await lacking(account)
