"""Zoho's erasing: whose a lead is, and what is told where part of it is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted
from tests.builders import NOW
from tests.destinations.contract import forgetting, person, told
from tests.destinations.simulators.zoho import Account, fault, refused
from tests.destinations.zoho.builders import rows

SCOPE = refused(401, "OAUTH_SCOPE_MISMATCH")
GONE = rows(fault("INVALID_DATA", id="42"), status=400)
BUSY = refused(429, "TOO_MANY_REQUESTS")


async def forgotten(account: Account, erase: str, path: str, answer: httpx.Response) -> Any:
    """What became of an order, where what takes away at a path, or asks there, is answered so."""
    there: Any = account.destination(erase=erase)
    [outcome] = (await there.deliver([person(1)], NOW)).outcomes
    record = account.records[outcome.record_id]
    account.notes.append(
        {**record, "id": "9", "parent": f"Leads/{record['id']}", "Note_Title": "Words of Buyer"}
    )

    def played(request: httpx.Request) -> httpx.Response | None:
        at = f"{request.method} {request.url.path.removeprefix('/crm/v8/')}"
        return answer if at == path.format(record["id"]) else None

    account.played = played
    reply = await there.forget([forgetting(person(1), outcome.record_id)], NOW)
    [became] = reply.outcomes
    return (became.did if isinstance(became, Accepted) else became.reason), reply


@pytest.mark.parametrize("erase", ["delete", "anonymise"])
class TestUser:
    async def test_hidden(self, account, erase):
        """Where the client may not see who it is, no lead is proven ours: people are asked."""
        became, _ = await forgotten(account, erase, "GET users", SCOPE)

        assert "task" == became
        assert "Buyer 1" in told(account.shows())

    async def test_busy(self, account, erase):
        """Where it is only too early to ask, all wait, and nobody is given a task for good."""
        became, reply = await forgotten(account, erase, "GET users", BUSY)

        assert "throttled" == became
        assert reply.hold
        assert [] == account.tasks


class TestRefused:
    @pytest.mark.parametrize(
        ("erase", "path", "answer", "became"),
        [
            pytest.param("delete", "DELETE Leads", SCOPE, "forget_refused", id="delete"),
            pytest.param("delete", "DELETE Leads", BUSY, "throttled", id="busy"),
            pytest.param("anonymise", "PUT Leads", SCOPE, "forget_refused", id="overwrite"),
            pytest.param("anonymise", "GET Leads/{}/Notes", SCOPE, "forget_refused", id="notes"),
            pytest.param("anonymise", "DELETE Notes", SCOPE, "forget_refused", id="note"),
            pytest.param("delete", "POST coql", SCOPE, "forget_refused", id="search"),
        ],
    )
    async def test_waits(self, account, erase, path, answer, became):
        """What is refused is not told as done: the record still shows the person, and waits."""
        assert became == (await forgotten(account, erase, path, answer))[0]

        [record] = account.records.values()
        assert "Buyer 1" == record["Last_Name"]

    async def test_gone(self, account):
        """What somebody deleted since it was looked at is deleted."""
        became, _ = await forgotten(account, "delete", "DELETE Leads", GONE)

        assert "deleted" == became
