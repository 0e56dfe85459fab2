"""Marketo's erasing: whose person it is, and what goes with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred
from tests.builders import NOW
from tests.destinations.contract import forgetting, person, told
from tests.destinations.simulators.marketo import DELETE, PEOPLE, Account

SUMMARY = "leadshareSummary"


async def forgotten(account: Account, how: str = "", **changes: Any) -> Any:
    """What became of the order to forget a person who has ended so."""
    there: Any = account.destination(**{"erase": "delete", **changes})
    [outcome] = (await there.deliver([person(1)], NOW)).outcomes
    if how == "merged":
        account.end(person(1), how)
    if how == "cleared":
        account.people[int(outcome.record_id)][SUMMARY] = None
    order = forgetting(person(1), outcome.record_id)
    [became] = (await there.forget([order], NOW)).outcomes
    return became


class TestOurs:
    @pytest.mark.parametrize(
        ("how", "changes", "did"),
        [
            pytest.param("", {}, "deleted", id="ours"),
            pytest.param("cleared", {}, "task", id="no-text"),
            pytest.param("", {"fields": {SUMMARY: ""}}, "task", id="text-left-out"),
            pytest.param(
                *("", {"fields": {SUMMARY: {"field": "summary", "write": "always"}}}),
                "task",
                id="text-always-written",
            ),
            pytest.param("merged", {}, "not_there", id="merged"),
        ],
    )
    async def test_proof(self, account, how, changes, did):
        """A person is ours who shows the text that only the call writes which makes one."""
        became = await forgotten(account, how, **changes)

        assert isinstance(became, Accepted)
        assert did == became.did

    async def test_before_us(self, account):
        """Who was there before us is never deleted, whatever we have written of them since."""
        account.put_before(person(1), {"email": person(1).record["email"], "lastName": "Buyer 1"})

        became = await forgotten(account)

        assert isinstance(became, Accepted)
        assert "task" == became.did
        assert not [r for r in account.requests if r.url.path == DELETE]


class TestAnonymise:
    async def test_company(self, account):
        """A company that is not ours to change stays; the person goes all the same."""
        account.locked = True

        became = await forgotten(account, erase="anonymise")

        assert isinstance(became, Accepted)
        assert "anonymised" == became.did
        [row] = account.people.values()
        assert ("(erased)", None, "Fabrikam GmbH") == (
            row["lastName"],
            row["email"],
            row["company"],
        )
        writes = [r for r in account.requests if r.url.path == PEOPLE and account.is_write(r)]
        written = json.loads(writes[-1].content)
        assert "company" not in written["input"][0]

    async def test_no_object(self, account):
        """Without the custom object there are no entries, and the person goes."""
        account.object_lacks = {"leadshareTouch_c"}

        became = await forgotten(account)

        assert isinstance(became, Accepted)
        assert "deleted" == became.did
        assert "buyer1@fabrikam.example" not in told(account.shows())


async def test_task_refused(account):
    """Where there is no custom object, nobody can be given the task: the order waits."""
    account.object_lacks = {"leadshareTouch_c"}

    assert Deferred("forget_refused") == await forgotten(account, erase="task")
